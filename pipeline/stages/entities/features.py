"""Character features of the linear-chain CRF.

What helps a tagger with little data, by the table in the model card: characters around, the
segmenter's word borders and words, and whether a known name stands there.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.stages.entities.lexicon import flags

_NORMAL = str.maketrans("，；：（）！？、“”‘’１２３４５６７８９０％．", ",;:()!?," + '""' + "''" + "1234567890%.")


def _kind(char: str) -> str:
    if char.isdigit():
        return "0"
    if "\u4e00" <= char <= "\u9fff":
        return "H"
    if char.isascii() and char.isalpha():
        return "A"
    if char in "零〇一二两三四五六七八九十百千万亿":
        return "N"
    return "S" if char.isspace() else "P"


def featurize(words: Sequence[str]) -> list[list[str]]:
    """Features of one sentence.

    Parameters
    ----------
    words : sequence of str
        The segmenter's words; joined they are the sentence.

    Returns
    -------
    list of list of str
        One list a character.
    """
    text = "".join(words)
    size = len(text)
    known = flags(text)
    normal = text.translate(_NORMAL)
    chars = ["0" if char.isdigit() else char for char in normal]
    kinds = [_kind(char) for char in text]
    edges: list[str] = []
    index: list[int] = []
    for number, word in enumerate(words):
        length = len(word)
        edges += ["S"] if length == 1 else ["B", *["M"] * (length - 2), "E"]
        index += [number] * length
    padded = ["<", "<", "<", *chars, ">", ">", ">"]
    last = len(words) - 1
    found = []
    for i in range(size):
        a, b, c, d, e = padded[i + 1 : i + 6]
        word = words[index[i]]
        before = words[index[i] - 1] if index[i] else "<"
        after = words[index[i] + 1] if index[i] < last else ">"
        previous = known[i - 1] if i else "<"
        following = known[i + 1] if i + 1 < size else ">"
        found.append(
            [
                "c" + c,
                "b" + b,
                "d" + d,
                "a" + a,
                "e" + e,
                "bc" + b + c,
                "cd" + c + d,
                "ab" + a + b,
                "de" + d + e,
                "bcd" + b + c + d,
                "abc" + a + b + c,
                "cde" + c + d + e,
                "t" + "".join(kinds[max(0, i - 1) : i + 2]),
                "s" + edges[i] + (edges[i + 1] if i + 1 < size else ">"),
                "w" + edges[i] + word,
                "v" + edges[i] + word[-1] + str(min(len(word), 4)),
                "x" + before,
                "y" + after,
                "z" + after[-1],
                "k" + known[i],
                "l" + previous + known[i],
                "m" + known[i] + following,
                "ks" + known[i] + edges[i] + c,
                "kn" + known[i] + d,
            ]
        )
    return found

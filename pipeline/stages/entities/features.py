"""Character features of the linear-chain CRF.

What helps a tagger with little data, by the table in the model card: characters around, the
segmenter's word borders and words, and whether a known name stands there.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.stages.entities.lexicon import cluster, flags

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


_JOINERS = frozenset("和与及等至在")
"""One-character words that end a list item as punctuation does."""


def _items(words: Sequence[str], kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    """For each character what ends its list item and what ends the next one.

    Names of one kind stand in lists, and what they are stands at their end (A工业园、B工业园), too far
    from their beginning for a window of characters.
    """
    ends: list[str] = []
    nexts: list[str] = []
    item = ""
    items: list[tuple[int, str, str]] = []
    position = 0
    for word in words:
        if kinds[position] in "PS" or word in _JOINERS:
            items.append((len(item), item[-2:], word))
            item = ""
        else:
            item += word
        position += len(word)
    items.append((len(item), item[-2:], ""))
    for (length, end, mark), (_, following, _) in zip(items, [*items[1:], (0, "", "")], strict=True):
        after = following[-1:] if mark in ("、", "和", "与", "及") else ">"
        ends += [f"{end}{min(length - i, 5)}" for i in range(length)] + ["|"] * len(mark)
        nexts += [end[-1:] + after] * length + ["|"] * len(mark)
    return ends, nexts


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
    ends, nexts = _items(words, kinds)
    groups = [cluster(word) for word in words]
    padded = ["<", "<", "<", *chars, ">", ">", ">"]
    last = len(words) - 1
    found = []
    for i in range(size):
        a, b, c, d, e = padded[i + 1 : i + 6]
        word = words[index[i]]
        before = words[index[i] - 1] if index[i] else "<"
        after = words[index[i] + 1] if index[i] < last else ">"
        group = groups[index[i]]
        group_before = groups[index[i] - 1] if index[i] else "<"
        group_after = groups[index[i] + 1] if index[i] < last else ">"
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
                "g" + edges[i] + group,
                "h" + edges[i] + group_before + "," + group,
                "i" + edges[i] + group + "," + group_after,
                "f" + ends[i],
                "fe" + ends[i][:-1],
                "fn" + nexts[i],
                "k" + known[i],
                "l" + previous + known[i],
                "m" + known[i] + following,
                "ks" + known[i] + edges[i] + c,
                "kn" + known[i] + d,
            ]
        )
    return found

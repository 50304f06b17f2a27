"""Character features of the linear-chain CRF.

What helps a tagger with little data: characters around, the segmenter's word borders and words,
whether a known name stands there, and the clusters of the terms around.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pipeline.stages.entities.lexicon import Term, flags, terms

_NORMAL = str.maketrans("，；：（）！？、“”‘’１２３４５６７８９０％．", ",;:()!?," + '""' + "''" + "1234567890%.")


class _Shapes(dict[int, str]):
    """What the tagger sees of a character: half-width punctuation, and one digit for all; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        char = chr(code).translate(_NORMAL)
        return self.setdefault(code, "0" if char.isdigit() else char)


_SHAPES = _Shapes()


@lru_cache(maxsize=1 << 14)
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


def _items(words: Sequence[str], kinds: str) -> tuple[list[str], list[str]]:
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


def _company(text: str) -> list[tuple[str, ...]]:
    """For each character the clusters of the term it stands in, of two terms before it and two after."""
    edge = Term(0, 0, ">", ">")
    found: list[tuple[str, ...]] = []
    cut = terms(text)
    for before, term, after, beyond in zip([edge, *cut], cut, [*cut[1:], edge], [*cut[2:], edge, edge], strict=False):
        fine, own, left, right, far = term.fine, term.coarse, before.coarse, after.coarse, beyond.coarse
        length = term.end - term.start
        for place in "S" if length == 1 else f"B{'M' * (length - 2)}E":
            found.append(
                (
                    f"A{place}{fine}",
                    f"B{place}{own}",
                    f"C{place}{left},{own}",
                    f"D{place}{own},{right}",
                    f"E{place}{fine},{after.fine}",
                    f"F{place}{before.fine},{fine}",
                    f"G{place}{own},{right},{far}",
                    f"H{place}{left},{own},{right}",
                    f"I{place}{after.fine}",
                    f"J{place}{before.fine}",
                    f"K{place}{far}",
                )
            )
    return found


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
    known = ["<", *flags(text), ">"]
    chars = f"<<<{text.translate(_SHAPES)}>>>"
    kinds = "".join(map(_kind, text))
    ends, nexts = _items(words, kinds)
    company = _company(text)
    found = []
    i = 0
    before = "<"
    # What a word's characters share is put together once a word, not once a character: this loop is what tagging costs.
    for word, after in zip(words, [*words[1:], ">"], strict=True):
        length = len(word)
        edges = "S" if length == 1 else f"B{'M' * (length - 2)}E"
        edges += ">" if i + length == len(text) else "S" if len(after) == 1 else "B"
        shape = f"{word[-1]}{min(length, 4)}"
        behind, ahead, first = f"x{before}", f"y{after}", f"z{after[-1]}"
        for k in range(length):
            edge, flag, end = edges[k], known[i + 1], ends[i]
            c, d = chars[i + 3], chars[i + 4]
            found.append(
                [
                    f"c{c}",
                    f"b{chars[i + 2]}",
                    f"d{d}",
                    f"a{chars[i + 1]}",
                    f"e{chars[i + 5]}",
                    f"bc{chars[i + 2 : i + 4]}",
                    f"cd{chars[i + 3 : i + 5]}",
                    f"ab{chars[i + 1 : i + 3]}",
                    f"de{chars[i + 4 : i + 6]}",
                    f"bcd{chars[i + 2 : i + 5]}",
                    f"abc{chars[i + 1 : i + 4]}",
                    f"cde{chars[i + 3 : i + 6]}",
                    f"t{kinds[i - 1 if i else 0 : i + 2]}",
                    f"s{edges[k : k + 2]}",
                    f"w{edge}{word}",
                    f"v{edge}{shape}",
                    behind,
                    ahead,
                    first,
                    f"f{end}",
                    f"fe{end[:-1]}",
                    f"fn{nexts[i]}",
                    f"k{flag}",
                    f"l{known[i]}{flag}",
                    f"m{flag}{known[i + 2]}",
                    f"ks{flag}{edge}{c}",
                    f"kn{flag}{d}",
                    *company[i],
                ]
            )
            i += 1
        before = word
    return found

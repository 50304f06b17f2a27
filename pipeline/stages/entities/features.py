"""Character features of the linear-chain CRF.

What helps a tagger with little data, by the table in the model card: characters around, the
segmenter's word borders and words, and whether a known name stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import add

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

_AROUND = 2
"""Characters before and behind that are looked at."""
_RUNS = {1: (("c", 0), ("b", -1), ("d", 1), ("a", -2), ("e", 2)), 2: (("bc", -1), ("cd", 0), ("ab", -2), ("de", 1))}
_RUNS[3] = (("bcd", -1), ("abc", -2), ("cde", 0))
"""By length, the runs of characters that are looked at: name of the feature, and where the run begins."""

Column = Sequence[str]


def featurize(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Features of one sentence.

    Parameters
    ----------
    words : sequence of str
        The segmenter's words; joined they are the sentence.

    Returns
    -------
    list of tuple of str
        One tuple a character.
    """
    text = "".join(words)
    kinds = "".join(map(_kind, text))
    shapes = text.translate(_SHAPES)
    borders = "".join("S" if len(word) == 1 else f"B{'M' * (len(word) - 2)}E" for word in words) + ">"
    # One kind of feature for all characters at a time: putting them together is half of what tagging costs.
    columns = (
        *_characters(shapes),
        ["t" + kinds[max(0, i - 1) : i + 2] for i in range(len(text))],
        *_words(words, borders),
        *_items(words, kinds),
        *_names(text, shapes, borders),
        *_company(text),
    )
    return list(zip(*columns, strict=True))


def _characters(shapes: str) -> Iterator[Column]:
    """The character, those around it, and runs of two and three."""
    one: Column = f"{'<' * (_AROUND + 1)}{shapes}{'>' * (_AROUND + 1)}"
    two = list(map(add, one, one[1:]))
    three = list(map(add, two, one[2:]))
    for runs, kinds in zip((one, two, three), _RUNS.values(), strict=True):
        for name, begin in kinds:
            first = _AROUND + 1 + begin
            yield [name + run for run in runs[first : first + len(shapes)]]


def _words(words: Sequence[str], borders: str) -> Iterator[Column]:
    """The word, where in it the character stands, and the words beside it."""
    lengths = [len(word) for word in words]

    def spread(values: Iterable[str]) -> Column:
        return [value for value, length in zip(values, lengths, strict=False) for _ in range(length)]

    following = [*words[1:], ">"]
    yield ["s" + borders[i : i + 2] for i in range(len(borders) - 1)]
    yield [f"w{edge}{word}" for edge, word in zip(borders, spread(words), strict=False)]
    shapes = spread(f"{word[-1]}{min(length, 4)}" for word, length in zip(words, lengths, strict=True))
    yield [f"v{edge}{shape}" for edge, shape in zip(borders, shapes, strict=False)]
    yield spread("x" + word for word in ("<", *words))
    yield spread("y" + word for word in following)
    yield spread("z" + word[-1] for word in following)


def _items(words: Sequence[str], kinds: str) -> tuple[Column, Column, Column]:
    """What ends the character's list item, and what ends the next one.

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
        ends += [f"f{end}{min(length - i, 5)}" for i in range(length)] + ["f|"] * len(mark)
        nexts += ["fn" + end[-1:] + after] * length + ["fn|"] * len(mark)
    return ends, ["fe" + end[1:-1] for end in ends], nexts


def _names(text: str, shapes: str, borders: str) -> Iterator[Column]:
    """Whether a known name stands there."""
    known = flags(text)
    yield ["k" + flag for flag in known]
    yield [f"l{before}{flag}" for before, flag in zip(("<", *known), known, strict=False)]
    yield [f"m{flag}{behind}" for flag, behind in zip(known, (*known[1:], ">"), strict=False)]
    yield [f"ks{flag}{edge}{char}" for flag, edge, char in zip(known, borders, shapes, strict=False)]
    yield [f"kn{flag}{char}" for flag, char in zip(known, (*shapes[1:], ">"), strict=False)]


def _company(text: str) -> Iterable[Column]:
    """The clusters of the term a character stands in, of two terms before it and two after."""
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
    return zip(*found, strict=True)

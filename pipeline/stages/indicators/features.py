"""What the learnt models see of a quantity: the words of its sentence, its place in it, and the grammar's answer."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

Span = tuple[int, int]

LEFT, RIGHT = 40, 6
"""Words before and behind a quantity among which its name is looked for."""
_SENTENCE = re.compile(r"[。！？!?\n]")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_BREAK = re.compile(r"[，,；;：:、]")
_NONE, _EDGE = "-", "^"
_NEAR = 3
_LEAN = 6


@dataclass(slots=True)
class Scene:
    """A paragraph as the models read it.

    Attributes
    ----------
    text : str
    words : list of (int, int)
    quantities : list of (int, int)
        Amounts and rates in order.
    labels : list of str
        Their labels.
    entities : sequence of (int, int, str)
    headings : sequence of str
        What the paragraph stands under.
    """

    text: str
    words: list[Span]
    quantities: list[Span]
    labels: list[str]
    entities: Sequence[tuple[int, int, str]]
    headings: Sequence[str] = ()
    forms: list[str] = field(init=False)
    starts: list[int] = field(init=False)
    marks: list[str] = field(init=False)
    firsts: list[int] = field(init=False)
    ends: list[int] = field(init=False)
    all_forms: list[str] = field(init=False)
    breaks: list[int] = field(init=False)
    stops: list[int] = field(init=False)
    _fixed: dict[int, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Look up once what every quantity asks for."""
        self.forms = [_DIGITS.sub("0", self.text[a:b]) for a, b in self.words]
        self.starts = [start for start, _ in self.words]
        self.marks = self._marks()
        self.ends = [match.end() for match in _SENTENCE.finditer(self.text)]
        self.all_forms = sorted({f"all={form}" for form in self.forms})
        self.firsts = [self.at(start) for start, _ in self.quantities]
        self.breaks = list(accumulate((bool(_BREAK.fullmatch(form)) for form in self.forms), initial=0))
        self.stops = list(accumulate((form in "；;" for form in self.forms), initial=0))
        self._fixed = {}

    def _marks(self) -> list[str]:
        marks = [_NONE] * len(self.words)
        for start, end, label in self.entities:
            first, last = self.at(start), min(self.at(end), len(marks))
            for number in range(first, last):
                marks[number] = ("b" if number == first else "e" if number == last - 1 else "i") + label
        return marks

    def at(self, offset: int) -> int:
        """Number of the first word that does not begin before a character."""
        return bisect_left(self.starts, offset)

    def form(self, number: int) -> str:
        """A word with its digits made alike; a mark beyond the edges."""
        return self.forms[number] if 0 <= number < len(self.forms) else _EDGE

    def window(self, quantity: Span) -> Span:
        """Words of the quantity's sentence that are near enough to name it."""
        before, behind = bisect_right(self.ends, quantity[0]), bisect_right(self.ends, quantity[1])
        begin = self.at(self.ends[before - 1]) if before else 0
        end = self.at(self.ends[behind] - 1) if behind < len(self.ends) else len(self.words)
        return max(begin, self.at(quantity[0]) - LEFT), min(end, self.at(quantity[1]) + RIGHT)

    def fixed(self, number: int) -> list[str]:
        """Features of a word that are the same for every quantity."""
        found = self._fixed.get(number)
        if found is None:
            word, before, behind = self.form(number), self.form(number - 1), self.form(number + 1)
            found = self._fixed[number] = [
                f"w={word}",
                f"w-1={before}",
                f"w+1={behind}",
                f"w-1,0={before}|{word}",
                f"w0,1={word}|{behind}",
                f"first={word[0]}",
                f"last={word[-1]}",
                f"last2={word[-2:]}",
                f"e={self.marks[number]}",
            ]
        return found


def split_words(words: Iterable[Span], edges: Iterable[int]) -> list[Span]:
    """Words, cut wherever a name by the grammar begins or ends inside one."""
    cuts = sorted(edges)
    return [
        part
        for start, end in words
        for part in pairwise([start, *cuts[bisect_right(cuts, start) : bisect_left(cuts, end)], end])
    ]


def name_features(
    scene: Scene, index: int, proposed: Span | None, previous: Span | None
) -> tuple[int, list[list[str]]]:
    """Features of the words that may name a quantity.

    Parameters
    ----------
    scene : Scene
    index : int
        Which quantity.
    proposed : (int, int), optional
        Its name by the grammar.
    previous : (int, int), optional
        The name of the quantity before.

    Returns
    -------
    int
        Number of the first word.
    list of list of str
        Features of it and of the words that follow.
    """
    quantity, label = scene.quantities[index], scene.labels[index]
    first, last = scene.window(quantity)
    at, behind = scene.at(quantity[0]), scene.at(quantity[1])
    verb = scene.form(at - 1)
    verbs = f"{scene.form(at - 2)}|{verb}"
    own, before = _inside(scene, proposed), _inside(scene, previous)
    rows = []
    for number in range(first, last):
        side = "<" if number < at else "=" if number < behind else ">"
        place = f"{side}{min(abs(scene.breaks[number] - scene.breaks[at]), 3)}"
        stops = min(abs(scene.stops[number] - scene.stops[at]), 2)
        between = 0 if number >= at else min(bisect_left(scene.firsts, at) - bisect_right(scene.firsts, number), 3)
        distance = min(at - number if number < at else number - behind, 8)
        mine, earlier = own.get(number, _NONE), before.get(number, _NONE)
        rows.append(
            [
                *scene.fixed(number),
                f"g={mine}",
                f"gp={mine}{earlier}",
                f"d={side}{distance}",
                f"cs={place}{stops}",
                f"q={place}{between}",
                f"vv={place}{verbs}",
                f"gl={mine}{place}{label}",
                f"gq={mine}{earlier}{between}",
                f"gv={mine}{place}{verb}",
                f"wc={place}{scene.forms[number]}",
                f"wg={mine}{scene.forms[number]}",
            ]
        )
    return first, rows


def _inside(scene: Scene, name: Span | None) -> dict[int, str]:
    """Words of a name, by number: where in it they stand."""
    if name is None:
        return {}
    first, last = bisect_right(scene.starts, name[0]) - 1, scene.at(name[1])
    tags = ["s"] if last - first == 1 else ["b", *"i" * (last - first - 2), "e"]
    return dict(zip(range(first, last), tags, strict=False))


def name_tags(scene: Scene, first: int, count: int, name: Span) -> list[str] | None:
    """BIOES tags of a name among ``count`` words; None where it doesn't begin and end with one of them."""
    start, stop = scene.at(name[0]) - first, scene.at(name[1]) - first
    if not 0 <= start < stop <= count or (scene.starts[first + start], scene.words[first + stop - 1][1]) != name:
        return None
    inside = ["S"] if stop - start == 1 else ["B", *"I" * (stop - start - 2), "E"]
    return [*"O" * start, *inside, *"O" * (count - stop)]


def tagged_name(scene: Scene, first: int, tags: Sequence[str]) -> Span | None:
    """The last whole name among the tags; the inverse of `name_tags`."""
    begin, found = None, None
    for number, tag in enumerate(tags, first):
        if tag in "BS":
            begin = number
        elif tag == "O":
            begin = None
        if tag in "ES" and begin is not None:
            found, begin = (scene.words[begin][0], scene.words[number][1]), None
    return found


def role_features(scene: Scene, index: int, role: str, status: str, lean: float) -> list[str]:
    """Features of what is said of a quantity: role and direction.

    Parameters
    ----------
    scene : Scene
    index : int
    role, status : str
        By the grammar; the role with its direction.
    lean : float
        How much the paragraph speaks of what is to come, see `pipeline.stages.indicators.status.prior`.
    """
    start, end = scene.quantities[index]
    first, last = scene.window((start, end))
    at, behind = scene.at(start), scene.at(end)
    clause = [number for number in range(first, at) if scene.breaks[number + 1] == scene.breaks[at]]
    return [
        f"role={role}",
        f"status={status}",
        f"both={role}{status}",
        f"label={scene.labels[index]}",
        f"lean={max(-_LEAN, min(_LEAN, round(lean)))}",
        f"unit={scene.form(behind - 1)[-2:]}",
        *(f"b{n}={scene.form(at - n)}" for n in range(1, _NEAR + 2)),
        *(f"bb{n}={scene.form(at - n - 1)}|{scene.form(at - n)}" for n in range(1, _NEAR)),
        *(f"a{n}={scene.form(behind + n)}" for n in range(_NEAR)),
        *(f"in={scene.forms[number]}" for number in clause),
        *(f"pre={scene.forms[number]}" for number in range(first, at)),
        *(f"post={scene.forms[number]}" for number in range(behind, last)),
        *(f"open={scene.form(number)}" for number in range(_NEAR)),
        f"open2={scene.form(0)}|{scene.form(1)}",
        f"sentence={scene.form(first)}",
        f"sentence2={scene.form(first)}|{scene.form(first + 1)}",
        *(f"h={heading[n : n + 2]}" for heading in scene.headings for n in range(len(heading) - 1)),
    ]


def status_features(scene: Scene, of_roles: Sequence[str]) -> list[str]:
    """Features of the status: those of the role, and all words of the paragraph, which looks back or ahead."""
    return [*of_roles, *scene.all_forms]

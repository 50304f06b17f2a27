"""Counts and measures with their units: 新增就业5.12万人, 18家优质企业, 绿化面积超1000亩."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from pipeline.numerals import SCALES, parse, plain
from pipeline.stages.indicators import naming
from pipeline.stages.indicators.grammar import PLACED, QUANTITIES, SENTENCE, Mention, Statement, around, bound_of
from pipeline.stages.indicators.naming import Name, Owner
from pipeline.stages.indicators.periods import period_of
from pipeline.stages.indicators.status import prior, status_of
from pipeline.stages.indicators.words import Words, load_words

_DIGITS = r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
# Below ten 个 and 家 in words are mostly figures of speech: 两个文明, 一家亲.
_WORDS = r"(?P<words>[一二两三四五六七八九十百千〇零]{2,})"


_SHORTEST = 2
_JOINING = "和与及的、"


@dataclass(frozen=True, slots=True)
class Count:
    """A number with its unit ``[start, end)`` and its value in the unit itself."""

    start: int
    end: int
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Units:
    pattern: re.Pattern[str]
    bases: dict[str, str]
    verbs: frozenset[str]
    lead: frozenset[str]


@lru_cache(maxsize=1)
def _units() -> _Units:
    table = tomllib.loads(files(__package__).joinpath("counts.toml").read_text("utf-8"))
    bases = {name: base for base, names in table["units"].items() for name in names}
    names = "|".join(re.escape(name) for name in sorted(bases, key=len, reverse=True))
    pattern = re.compile(
        rf"(?<![\d.,/:：\-—年第前])(?:{_DIGITS}|{_WORDS})[多余]?(?P<scale>[百千十]?万亿?|[百千]?亿|千|百)?[多余]?"
        rf"(?P<unit>{names})(?!{table['not_before']})"
    )
    return _Units(pattern, bases, frozenset(table["verbs"]), frozenset(table["lead"]))


def base_unit(name: str) -> str | None:
    """A unit as records write it: 公里 for km; None for what is none of the table."""
    return _units().bases.get(name)


def find_counts(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Count]:
    """Counts and measures of a paragraph.

    Parameters
    ----------
    text : str
    taken : sequence of (int, int)
        Entities, in order: a number inside one is no count.

    Yields
    ------
    Count
    """
    units = _units()
    for match in units.pattern.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        try:
            value = parse(match["digits"] or match["words"]) * SCALES[match["scale"] or ""]
        except (ValueError, KeyError):
            continue
        yield Count(match.start(), match.end(), plain(value), units.bases[match["unit"]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Statement):
    """A count with what is said of it."""

    count: Count


def extract(
    text: str,
    mentions: Sequence[Mention],
    borders: Sequence[tuple[int, int]],
    section: str | None = None,
    headings: Sequence[str] = (),
) -> list[Counted]:
    """Read the counts of one paragraph by the grammar; parameters as of `grammar.extract`."""
    words = load_words()
    taken = [(mention.start, mention.end) for mention in mentions]
    counts = list(find_counts(text, taken))
    if not counts:
        return []
    owners = [(m.start, m.end, m.label in PLACED) for m in mentions if m.label not in QUANTITIES]
    numbers = sorted([(c.start, c.end) for c in counts] + [(m.start, m.end) for m in mentions if m.label in QUANTITIES])
    lean = prior(text, numbers, section, headings, words)
    found = []
    for count in counts:
        start, end = around(SENTENCE, text, count.start, count.end)
        previous = max((b for _, b in numbers if b <= count.start), default=0)
        following = min((a for a, _ in numbers if a >= count.end), default=len(text))
        edge = naming.left_edge(text, count.start, previous)
        name = _name(text, count, edge, min(end, following), borders, owners, words)
        if name is None:
            continue
        role = name.role if name.role == "change" else "level"
        found.append(
            Counted(
                count=count,
                indicator=text[name.start : name.end],
                role=role,
                direction=name.direction if role == "change" else None,
                status=status_of(text, count.start, count.end, lean, words),
                bound=bound_of(text, count.start, count.end, words),
                period=period_of(text, start, count.start, name.start, words),
                start=start,
                end=end,
            )
        )
    return found


def _name(
    text: str,
    count: Count,
    edge: int,
    stop: int,
    borders: Sequence[tuple[int, int]],
    owners: Sequence[Owner],
    words: Words,
) -> Name | None:
    """What is counted: the noun right behind the unit, else the words before the number."""
    raw = naming.name_before(text, edge, count.start, words)
    before = naming.trim(text, raw, borders, owners, words)
    behind = _behind(text, count, stop, borders, words)
    if behind is not None:
        role = before.role if before.role == "change" else None
        return Name(*behind, role, before.direction)
    last = next((text[a:b] for a, b in reversed(borders) if b == before.end), "")
    if before.end - before.start < _SHORTEST or last in words.cut or last in _units().verbs:
        return None
    name = text[before.start : before.end]
    if name.count("“") != name.count("”"):
        return None  # the number belongs to what is quoted: “惠企十条”
    start = before.end - len(name.lstrip(_JOINING))
    for a, b in borders:
        if a == start and text[a:b] in _units().lead and before.end - b >= _SHORTEST:
            start = before.end - len(text[b : before.end].lstrip(_JOINING))  # 新建和改造大棚
            break
    return replace(before, start=start) if before.end - start >= _SHORTEST else None


def _behind(
    text: str, count: Count, stop: int, borders: Sequence[tuple[int, int]], words: Words
) -> tuple[int, int] | None:
    """The noun behind a unit; None where a verb or the end of the clause follows."""
    found = naming.name_behind(text, count.end, stop, borders, words)
    if found is None or text[found.start] in _JOINING:
        return None
    end = found.end
    for a, b in borders:
        if found.start <= a < end and (text[a:b] in _units().verbs or text[a:b] in words.verbs):
            end = a
            break
    return (found.start, end) if end - found.start >= _SHORTEST or text[found.start : end] in naming.UNITS else None

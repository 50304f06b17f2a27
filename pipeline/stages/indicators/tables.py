"""Rows of tables: a name, perhaps its unit, then figures whose column says what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.numerals import SCALES, parse, plain
from pipeline.stages.indicators import naming
from pipeline.stages.indicators.counts import Count, Counted, base_unit, find_counts
from pipeline.stages.indicators.grammar import QUANTITIES, Found, Mention, bound_of
from pipeline.stages.indicators.status import prior, status_of
from pipeline.stages.indicators.words import Words, load_words

_LONGEST_CELL = 60
_MINUS = ("-", "−", "－")
_DIGIT = re.compile(r"\d")
_PROSE = re.compile("[。；]")
_HAN = re.compile("[\u4e00-\u9fff]{2,}")
_NUMBER = re.compile(r"[-−－+＋]?(?P<digits>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)")
_BEFORE_NAME = re.compile(r"(?:其中[:：]?|#|\d{1,2}[.、．]|[（(]?[一二三四五六七八九十]{1,3}[）)、.]|\s)+")
_BRACKETS = re.compile(r"\s*[（(](?P<unit>[^（）()]{1,8})[）)]$")
_UNIT = re.compile(r"(?P<scale>[百千十]?万亿?|[百千]?亿|千|百)?(?P<unit>元|[^\d\s]{1,6})")
_UNIT_HEAD = re.compile("(?:计量)?单位")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a column says of its figures."""

    title: str = ""
    role: str | None = None
    direction: str | None = None
    status: str | None = None
    period: str = ""
    unit: str = ""


_NO_HEAD = Head()


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that isn't empty: characters ``[start, end)``."""

    start: int
    end: int
    text: str
    head: Head


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    unit: str


def is_row(text: str) -> bool:
    """Whether a paragraph is the row of a table: short cells with tabs between them."""
    cells = text.split("\t")
    return len(cells) > 1 and all(len(cell) <= _LONGEST_CELL and not _PROSE.search(cell) for cell in cells)


def read_heads(text: str) -> list[Head] | None:
    """What the columns hold, if the row is the head of a table: words and years, no figures."""
    words = load_words()
    cells = [cell.strip() for cell in text.split("\t")]
    if any(_DIGIT.search(words.period.sub("", cell)) for cell in cells):
        return None
    heads = [_head(cell, words) for cell in cells]
    return heads if any(head.role or head.status or head.period or _is_unit(head) for head in heads) else None


def _head(text: str, words: Words) -> Head:
    bracket = _BRACKETS.search(text)
    title = text[: bracket.start()] if bracket else text
    role = "change" if words.column["change"].search(title) else "share" if words.share.search(title) else None
    fall = words.down.search(title) is not None
    target, period = words.column["target"].search(title), words.period.search(title)
    return Head(
        title=title,
        role=role,
        direction=None if role != "change" else "down" if fall else "up",
        status="target" if target else "actual" if words.column["actual"].search(title) else None,
        period=period[0] if period else "",
        unit=bracket["unit"] if bracket and _is_known(bracket["unit"]) else "%" if role else "",
    )


def _is_unit(head: Head) -> bool:
    return _UNIT_HEAD.fullmatch(head.title) is not None


def extract(
    text: str,
    mentions: Sequence[Mention],
    heads: Sequence[Head] | None = None,
    section: str | None = None,
    headings: Sequence[str] = (),
) -> tuple[list[Found], list[Counted]]:
    """Read the figures of one row.

    Parameters
    ----------
    text : str
        Its cells, with tabs between them.
    mentions : sequence of Mention
        Every entity in order.
    heads : sequence of Head, optional
        Of the table's columns, see `read_heads`.
    section, headings
        Where the table stands.

    Returns
    -------
    found : list of Found
        Of MONEY and PERCENT.
    counted : list of Counted
        Of counts, and of numbers whose unit stands in another cell.
    """
    words = load_words()
    cells = list(_cells(text, heads))
    named = next(((at, name) for at, cell in enumerate(cells) if (name := _name(cell.text))), None)
    if named is None:
        return [], []
    at, name = named
    cells = cells[at + 1 :]
    unit = name.unit or next((cell.text for cell in cells if _is_unit(cell.head)), "")
    quantities = [mention for mention in mentions if mention.label in QUANTITIES]
    lean = prior(text, [(q.start, q.end) for q in quantities], section, headings, words)

    def facts(cell: _Cell, start: int, end: int) -> dict[str, Any]:
        fall = text[max(cell.start, start - 1) : start] in _MINUS
        said = naming.name_before(text, cell.start, start, words)
        role, direction = (said.role, said.direction) if said.role else (cell.head.role, cell.head.direction)
        return {
            "indicator": name.text,
            "role": "change" if fall else role or "level",
            "direction": "down" if fall else direction,
            "status": cell.head.status or status_of(text, start, end, lean, words),
            "bound": bound_of(text[: cell.end], start, end, words),
            "period": cell.head.period,
            "start": 0,
            "end": len(text),
        }

    found: list[Found] = []
    counted: list[Counted] = []
    for cell in cells:
        inside = [(number, q) for number, q in enumerate(quantities) if cell.start <= q.start and q.end <= cell.end]
        found += [Found(mention=number, **facts(cell, q.start, q.end)) for number, q in inside]
        if inside or _is_unit(cell.head):
            continue
        number = _NUMBER.fullmatch(cell.text)
        if number and (of := cell.head.unit or unit):
            start = cell.start + number.start("digits")
            counted.append(Counted(count=_count(start, cell.end, number["digits"], of), **facts(cell, start, cell.end)))
            continue
        for match in find_counts(cell.text, ()):
            count = replace(match, start=cell.start + match.start, end=cell.start + match.end)
            counted.append(Counted(count=count, **facts(cell, count.start, count.end)))
    return found, [replace(c, role="level") if c.role == "share" else c for c in counted]


def _cells(text: str, heads: Sequence[Head] | None) -> Iterator[_Cell]:
    parts = text.split("\t")
    known = heads if heads is not None and len(heads) == len(parts) else [_NO_HEAD] * len(parts)
    start = 0
    for part, head in zip(parts, known, strict=True):
        if stripped := part.strip():
            first = start + part.index(stripped)
            yield _Cell(first, first + len(stripped), stripped, head)
        start += len(part) + 1


def _name(cell: str) -> _Name | None:
    """The words of the cell that names what a row holds, and the unit in brackets behind them."""
    bracket = _BRACKETS.search(cell)
    unit = bracket["unit"] if bracket and _is_known(bracket["unit"]) else ""
    name = cell[: bracket.start()] if bracket and unit else cell
    lead = _BEFORE_NAME.match(name)
    name = name[lead.end() :] if lead else name
    return _Name(name, unit) if _HAN.search(name) else None


def _is_known(unit: str) -> bool:
    """Whether the brackets hold a unit: 亿元, 万人, not 街道 or 含税."""
    match = _UNIT.fullmatch(unit)
    return match is not None and (unit == "%" or unit.endswith("元") or base_unit(match["unit"]) is not None)


def _count(start: int, end: int, digits: str, unit: str) -> Count:
    match = _UNIT.fullmatch(unit)
    scale, name = (match["scale"] or "", match["unit"]) if match else ("", unit)
    return Count(start, end, plain(parse(digits) * SCALES[scale]), base_unit(name) or name)

"""Which year a figure is of: its period, read in the light of what the document looks back on and plans."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline import years

_MID_YEAR = 6
_LATE_IN_YEAR = 11
_COUNTS = {digit: value for value, digit in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_LOOKING_AHEAD = ("targets", "tasks", "livelihood_projects", "situation")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年?(?!\d)")
_PLANNED = re.compile(r"(?<![到至\d])((?:19|20)\d{2})年(?![^，。]*持平)")
_PLAN_END = re.compile("末|期末|收官")

UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Words:
    """``words.toml``, compiled."""

    title: dict[str, re.Pattern[str]]
    year: dict[str, re.Pattern[str]]
    period: dict[str, re.Pattern[str]]
    average: re.Pattern[str]
    lower: re.Pattern[str]
    general: re.Pattern[str]


@cache
def words() -> Words:
    """The words of this package."""
    data = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    title, year, period = (
        {name: re.compile(pattern) for name, pattern in data[table].items()} for table in ("title", "year", "period")
    )
    average, lower, general = data["average"]["before"], data["better"]["lower"], data["general"]["names"]
    return Words(title, year, period, re.compile(average), re.compile(lower), re.compile(general))


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The years a document speaks from.

    Attributes
    ----------
    now : int, optional
        What it calls this year.
    reviewed, planned : int, optional
        The year whose results it tells and the one whose targets it sets.
    doubtful : bool
        They rest on a title that the content contradicts.
    """

    now: int | None = None
    reviewed: int | None = None
    planned: int | None = None
    doubtful: bool = False


def standpoint(record: dict[str, Any]) -> Standpoint:
    """Find out when a document speaks: from its headings, title or date, else from the years in its text or file name.

    Examples
    --------
    >>> meta = {"title": "河口镇2017年政府工作报告", "date": "", "issuer": {"name": "河口镇", "code": None}}
    >>> standpoint({"meta": meta, "text": "", "paragraphs": []})
    Standpoint(now=2017, reviewed=2016, planned=2017, doubtful=False)
    """
    reviewed, planned = _from_headings(record)
    title = years.plain(record["meta"]["title"] or "")
    said = _from_title(title)
    date = record["meta"]["date"] or ""
    dated, month = (int(date[:4]), int(date[5:7])) if re.match(r"\d{4}-\d{2}", date) else (None, 0)
    doubtful = not reviewed and not planned and years.contradiction(record) is not None
    reviewed = reviewed or said["reviewed"]
    planned = planned or said["planned"]
    if reviewed and not planned:
        planned = reviewed + 1
    if planned and not reviewed:
        reviewed = planned - 1
    if reviewed is None and dated is not None:
        reviewed = dated if month >= _MID_YEAR else dated - 1
        planned = dated + 1 if month >= _LATE_IN_YEAR else dated
    if reviewed is None and (found := _from_content(record)):
        reviewed, planned = found - 1, found
    now = dated if dated is not None and dated in (reviewed, planned) else planned
    return Standpoint(now, reviewed, planned, doubtful)


def _from_headings(record: dict[str, Any]) -> tuple[int | None, int | None]:
    found: dict[str, Counter[int]] = {"review": Counter(), "plan": Counter()}
    for paragraph in record["paragraphs"]:
        if paragraph["role"] != "heading":
            continue
        text = years.plain(record["text"][paragraph["start"] : paragraph["end"]])
        kind = "review" if paragraph["section"] == "review" else "plan"
        if paragraph["section"] == "review" or paragraph["section"] in _LOOKING_AHEAD:
            found[kind].update(int(match[1]) for match in re.finditer(r"(?<!\d)((?:19|20)\d{2})年", text))
    reviewed, planned = (max(counts, default=None) for counts in found.values())
    return reviewed, planned


def _from_title(title: str) -> dict[str, int | None]:
    found: dict[str, int | None] = {"reviewed": None, "planned": None}
    for match in _YEAR.finditer(title):
        rest = title[match.end() :]
        after = rest[: next((m.start() for m in _YEAR.finditer(rest)), len(rest))]
        kinds = {kind: pattern.search(after) for kind, pattern in words().title.items()}
        at = {kind: hit.start() for kind, hit in kinds.items() if hit}
        kind = min(at, key=lambda name: at[name], default="planned")
        found[kind] = int(match[1])
    return found


def _from_content(record: dict[str, Any]) -> int | None:
    """The year that what is still to be done is most often dated with; else that of the file's name."""
    counts: Counter[int] = Counter()
    for paragraph in record["paragraphs"]:
        if paragraph["section"] in _LOOKING_AHEAD:
            text = years.plain(record["text"][paragraph["start"] : paragraph["end"]])
            counts.update(int(match[1]) for match in _PLANNED.finditer(text))
    named = [int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", record["doc_id"].rpartition("/")[2])]
    return max(counts, key=lambda year: (counts[year], year), default=named[-1] if named else None)


def label(period: str, status: str, place: Standpoint) -> str:
    """The column a figure stands in: a year, a span of years, or a year with the part of it.

    Parameters
    ----------
    period : str
        As the text says it; may be empty.
    status : str
        ``actual`` or ``target``.
    place : Standpoint

    Returns
    -------
    str
        Such as ``2017``, ``2016–2020``, ``2017 1–8月`` or `UNKNOWN`.

    Examples
    --------
    >>> place = Standpoint(now=2017, reviewed=2016, planned=2017)
    >>> [label(period, "actual", place) for period in ("", "今年1-8月", "“十三五”时期", "过去五年")]
    ['2016', '2017 1–8月', '2016–2020', '2012–2016']
    """
    period = years.plain(period)
    base = place.planned if status == "target" else place.reviewed
    span = _span(period, place)
    if span is not None:
        return years.span(*span)
    year = _year(period, place, base)
    if year is None:
        return UNKNOWN
    part = "" if status == "target" and re.search("[前底]$", period) else _part(period)
    return f"{year} {part}".rstrip()


def _span(period: str, place: Standpoint) -> tuple[int, int] | None:
    for match in re.finditer(r"((?:19|20)\d{2})年?(?:[-–—~～]+|至|到)((?:19|20)\d{2})", period):
        return int(match[1]), int(match[2])
    for first, last in years.plans(period):
        return (last, last) if _PLAN_END.search(period) else (first, last)
    back, ahead = words().period["back"].search(period), words().period["ahead"].search(period)
    if back and place.reviewed:
        return place.reviewed - _count(back.groups()) + 1, place.reviewed
    if ahead and place.planned:
        return place.planned, place.planned + _count(ahead.groups()) - 1
    return None


def _count(groups: Iterable[str | None]) -> int:
    return next(_COUNTS[group] for group in groups if group)


def _year(period: str, place: Standpoint, base: int | None) -> int | None:
    if match := _YEAR.search(period):
        return int(match[1])
    steps = {"now": 0, "before": -1, "two_before": -2, "after": 1}
    for name, step in steps.items():
        if words().year[name].search(period):
            return place.now + step if place.now is not None else None
    return base


def _part(period: str) -> str:
    patterns = words().period
    rest = _YEAR.sub("", period)
    if patterns["whole"].search(rest):
        return ""
    for name, shown in (("half_first", "上半年"), ("half_second", "下半年"), ("quarters_three", "1–9月")):
        if patterns[name].search(rest):
            return shown
    if match := patterns["months"].search(rest):
        return "" if match[1] == "12" else f"1–{match[1]}月"
    if match := patterns["until_month"].search(rest):
        return "" if match[1] == "12" else f"1–{match[1]}月"
    if match := patterns["quarter"].search(rest):
        return f"{match[1]}季度"
    if match := patterns["month"].search(rest):
        return f"{match[1]}月"
    return ""

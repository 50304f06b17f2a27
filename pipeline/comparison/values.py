"""The figures of indicators with all that a comparison needs of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.comparison import periods
from pipeline.output.site import records
from pipeline.output.site.addresses import file_name
from pipeline.output.site.values import number

_AVERAGE_REACH = 8


@dataclass(frozen=True, slots=True)
class Value:
    """One figure that a text gives for an indicator.

    Attributes
    ----------
    canonical, indicator : str
        Its common name and how the text calls it.
    issuer, code : str
        Whose document it stands in.
    year : str
        See `periods.label`; a question mark after it where the document's own year is doubtful.
    status, role, direction, bound, period : str
        As in the record.
    averaged : bool
        A yearly average over several years.
    unit : str
        ``CNY``, ``%``, ``pp`` or what else is counted.
    text : str
        As it stands in the document.
    low, high : Decimal, optional
        Both the same but in a range; None where the value is not known.
    doc_id, title, link, sentence : str
        Where it stands; the link leads from the top of the document's site to the figure.
    site : str
        That site: a folder, an address, or empty where it isn't known.
    """

    canonical: str
    indicator: str
    issuer: str
    code: str
    year: str
    status: str
    role: str
    direction: str
    bound: str
    period: str
    averaged: bool
    unit: str
    text: str
    low: Decimal | None
    high: Decimal | None
    doc_id: str
    title: str
    paragraph: int
    link: str
    sentence: str
    site: str


def collect(folder: Path, site: str = "") -> Iterator[Value]:
    """Every figure of an output folder.

    Parameters
    ----------
    folder : Path
        What ``pipeline run`` wrote.
    site : str
        Where ``pipeline view --html`` wrote its pages, or where they are served.

    Yields
    ------
    Value

    Raises
    ------
    UsageError
        If the folder holds no result or a damaged one.
    """
    for line, record in records.read(folder):
        try:
            yield from values(record, site)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise records.broken(folder, line, error) from error


def values(record: dict[str, Any], site: str = "") -> Iterator[Value]:
    """Every figure of a record."""
    if not record["indicators"]:
        return
    place = periods.standpoint(record)
    meta, text = record["meta"], record["text"]
    for found in record["indicators"]:
        entity = record["entities"][found["entity"]]
        norm = entity["norm"] or {}
        exact = number(norm.get("amount", norm.get("value")))
        low, high = number(norm.get("low")), number(norm.get("high"))
        year = periods.label(found["period"], found["status"], place)
        before = text[max(entity["start"] - _AVERAGE_REACH, found["start"]) : entity["start"]]
        yield Value(
            canonical=found["canonical"],
            indicator=found["indicator"],
            issuer=meta["issuer"]["name"] or "",
            code=meta["issuer"]["code"] or "",
            year=year + ("?" if place.doubtful and year != periods.UNKNOWN else ""),
            status=found["status"],
            role=found["role"],
            direction=found["direction"] or "",
            bound=found["bound"],
            period=found["period"],
            averaged=found["role"] == "change" and bool(periods.words().average.search(before)),
            unit=str(norm.get("currency") or norm.get("unit") or ""),
            text=entity["text"],
            low=low if low is not None else exact,
            high=high if high is not None else exact,
            doc_id=record["doc_id"],
            title=meta["title"] or record["doc_id"],
            paragraph=found["paragraph"],
            link=f"documents/{file_name(record['doc_id'])}#e{entity['id']}",
            sentence=" ".join(text[found["start"] : found["end"]].split()),
            site=site,
        )

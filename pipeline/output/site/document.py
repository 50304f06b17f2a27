"""What the page of one document shows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from pipeline.output.site.addresses import file_name
from pipeline.output.site.drawing import KEYPHRASE, Mark, draw, tip
from pipeline.output.site.notices import Notice
from pipeline.output.site.values import amount, describe, number
from pipeline.output.site.vocabulary import words

_FOLDED = ("boilerplate",)
_HEADINGS = ("title", "heading")
_DEEPEST_HEADING = 4


@dataclass(slots=True)
class Part:
    """A paragraph on the page, or a gap of the source that no paragraph came from."""

    number: int
    role: str
    level: int
    section: str
    themes: list[dict[str, Any]]
    labels: list[str]
    clean: Markup
    source: Markup | None
    keyphrases: list[str]
    indicators: list[dict[str, Any]]
    is_row: bool = False
    gap: str = ""

    @property
    def tag(self) -> str:
        """The element it is: headings by level, paragraphs otherwise."""
        return f"h{self.level}" if self.level else "p"


@dataclass(slots=True)
class Name:
    """An entity with all its mentions, for the table below the text."""

    text: str
    label: str
    norm: str
    provenance: str
    mentions: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """Everything the template of a document page needs."""

    record: dict[str, Any]
    file: str
    title: str
    parts: list[Part]
    names: list[Name]
    has_source: bool
    notices: list[Notice]
    tail: str = ""

    @property
    def themes(self) -> list[str]:
        """Themes of its paragraphs in the order they come up."""
        return list(dict.fromkeys(found["theme"] for part in self.parts for found in part.themes))

    @property
    def indicators(self) -> list[dict[str, Any]]:
        """Indicators of all paragraphs, with what they were read from."""
        return [indicator for part in self.parts for indicator in part.indicators]

    @property
    def counts(self) -> list[dict[str, Any]]:
        """Counts with other units, with where they stand; older results have none."""
        text = self.record["text"]
        return [
            count
            | {
                "text": text[slice(*count["count"])],
                "norm": "" if (value := number(count["value"])) is None else amount(value, count["unit"]),
                "evidence": text[count["start"] : count["end"]],
            }
            for count in self.record.get("counts", ())
        ]

    def count(self, label: str) -> int:
        """Mentions with a label."""
        if label == KEYPHRASE:
            return sum(len(phrase["mentions"]) for phrase in self.record["keyphrases"])
        return sum(entity["label"] == label for entity in self.record["entities"])

    @property
    def outline(self) -> Iterator[tuple[Part, str]]:
        """Titles, headings and the first paragraph of each section, with what to call them."""
        section, titled = None, False
        text = self.record["text"]
        for part, paragraph in zip(self.parts, self.record["paragraphs"], strict=True):
            if part.role == "title":
                # The lines under a title, a date or a speaker, head nothing.
                if not titled:
                    yield part, self.title
                titled = True
            elif part.role in _HEADINGS:
                yield part, text[paragraph["start"] : paragraph["end"]]
            elif part.section and part.section != section and part.role == "body":
                yield part, ""
            section = part.section or section


def title(record: dict[str, Any]) -> str:
    """A document's title; the name of its file where it has none."""
    return str(record["meta"]["title"].strip() or record["doc_id"])


def make(record: dict[str, Any], source: str | None, notices: list[Notice] | None = None) -> Page:
    """Lay out one document.

    Parameters
    ----------
    record : dict
        A line of ``annotations.jsonl``.
    source : str, optional
        The text its source offsets count in.
    notices : list of Notice, optional
        What the run warns of.

    Returns
    -------
    Page
    """
    marks = _marks(record)
    indicators: dict[int, list[dict[str, Any]]] = {}
    for indicator in record["indicators"]:
        indicators.setdefault(indicator["paragraph"], []).append(indicator | _evidence(record, indicator))
    parts: list[Part] = []
    reached = 0
    for paragraph in record["paragraphs"]:
        number, start, end = paragraph["id"], paragraph["start"], paragraph["end"]
        inside = [(mark, span) for mark, span in marks if start <= mark.start and mark.end <= end]
        clean = draw(record["text"][start:end], [_moved(mark, -start) for mark, _ in inside])
        drawn, gap = None, ""
        if source is not None:
            first, last = paragraph["source_start"], paragraph["source_end"]
            same = source[first:last] == record["text"][start:end]
            spans = [
                Mark(s[0] - first, s[1] - first, mark.label, mark.tip) if s else _moved(mark, -start, "")
                for mark, s in inside
                if s or same
            ]
            drawn = draw(source[first:last], spans)
            gap = source[reached:first].strip() if first > reached else ""
            reached = max(reached, last)
        role = paragraph["role"]
        parts.append(
            Part(
                number=number,
                role=role,
                level=_level(paragraph),
                section=paragraph["section"] or "",
                themes=[] if role in ("date", *_FOLDED) else paragraph["themes"],
                labels=sorted({mark.label for mark, _ in inside}),
                clean=clean,
                source=drawn,
                keyphrases=paragraph["keyphrases"],
                indicators=indicators.get(number, []),
                is_row="\t" in record["text"][start:end],
                gap=gap,
            )
        )
    return Page(
        record=record,
        file=file_name(record["doc_id"]),
        title=title(record),
        parts=parts,
        names=_names(record),
        has_source=source is not None,
        notices=notices or [],
        tail=source[reached:].strip() if source is not None else "",
    )


def _level(paragraph: dict[str, Any]) -> int:
    if paragraph["role"] not in _HEADINGS:
        return 0
    return min(2 + len(paragraph["headings"]), _DEEPEST_HEADING)


def _marks(record: dict[str, Any]) -> list[tuple[Mark, tuple[int, int] | None]]:
    """Entities and key phrases with their spans in the source; those of key phrases are new in records."""
    labels = words()["labels"]
    found: list[tuple[Mark, tuple[int, int] | None]] = []
    for entity in record["entities"]:
        label = entity["label"]
        said = tip(label, labels.get(label, ""), *describe(entity.get("norm")), entity.get("provenance") or "")
        mark = Mark(entity["start"], entity["end"], label, said, f"e{entity['id']}")
        found.append((mark, (entity["source_start"], entity["source_end"])))
    for phrase in record["keyphrases"]:
        said = tip(labels[KEYPHRASE], f"{phrase['score']:.2f}", f"{len(phrase['mentions'])}×")
        sources = phrase.get("source_mentions") or [None] * len(phrase["mentions"])
        found += [
            (Mark(start, end, KEYPHRASE, said), None if source is None else (source[0], source[1]))
            for (start, end), source in zip(phrase["mentions"], sources, strict=True)
        ]
    return found


def _moved(mark: Mark, by: int, anchor: str | None = None) -> Mark:
    return Mark(mark.start + by, mark.end + by, mark.label, mark.tip, mark.anchor if anchor is None else anchor)


def _evidence(record: dict[str, Any], indicator: dict[str, Any]) -> dict[str, Any]:
    entity = record["entities"][indicator["entity"]]
    return {"value": entity["text"], "anchor": f"e{entity['id']}", "norm": entity.get("norm")}


def _names(record: dict[str, Any]) -> list[Name]:
    starts = [paragraph["start"] for paragraph in record["paragraphs"]]
    names: dict[tuple[str, str, str], Name] = {}
    for entity in record["entities"]:
        norm = tip(*describe(entity.get("norm")))
        key = (entity["label"], entity["text"], norm)
        name = names.setdefault(key, Name(entity["text"], entity["label"], norm, entity.get("provenance") or ""))
        index = entity["paragraph"]
        if index is None:
            index = max(bisect_right(starts, entity["start"]) - 1, 0)
        name.mentions.append((entity["id"], index))
    order = {label: number for number, label in enumerate(words()["labels"])}
    return sorted(names.values(), key=lambda name: (order.get(name.label, len(order)), -len(name.mentions)))

"""What a reader of a run's results should know of its documents: doubtful years and copied passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline import years
from pipeline.errors import Warnings as Texts
from pipeline.extensions import CONTENT_ROLES
from pipeline.output.shared import Passage, Print, SharedPassages, fingerprints

REDACTED, TITLE_YEAR, SHARED = "redacted_years", "title_year", "shared_passage"
MOST_PASSAGES = 50
"""Passages kept of one document, the longest; a copy of a whole report has no need of more."""


class Warnings:
    """Gathers warnings record by record.

    Examples
    --------
    >>> warnings = Warnings()
    >>> warnings.found()
    []
    """

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []
        self._ids: list[str] = []
        self._shared = SharedPassages()
        self._passages: list[tuple[str, Passage]] = []

    def add(self, record: dict[str, Any], own: Iterable[dict[str, Any]], prints: Iterable[Print]) -> None:
        """Take a record, the warnings `of` it alone, and its `fingerprints`."""
        self._ids.append(record["doc_id"])
        self._found += own
        shared = self._shared.add(record, prints)
        longest = sorted(shared, key=lambda passage: passage.start - passage.end)[:MOST_PASSAGES]
        self._passages += [(record["doc_id"], passage) for passage in longest]

    def found(self) -> list[dict[str, Any]]:
        """The warnings as ``run.json`` has them, by document.

        Returns
        -------
        list of dict
            Each with ``kind``, ``doc_id`` and ``message``; with ``paragraphs`` where years are redacted, ``title`` and
            ``content`` where years contradict, ``other`` and ``passages`` where text is shared.
        """
        pairs: dict[tuple[str, int], list[Passage]] = {}
        for doc_id, passage in self._passages:
            if not self._shared.is_standard(passage):
                pairs.setdefault((doc_id, passage.other), []).append(passage)
        shared = [_shared(doc_id, self._ids[other], passages) for (doc_id, other), passages in pairs.items()]
        order = {doc_id: number for number, doc_id in enumerate(self._ids)}
        return sorted([*self._found, *shared], key=lambda warning: order[warning["doc_id"]])


def find(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All warnings of some records."""
    warnings = Warnings()
    for record in records:
        warnings.add(record, of(record), fingerprints(record))
    return warnings.found()


def of(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Warnings of a record that hold whatever others there are."""
    for finder in (_redacted, _title_year):
        if warning := finder(record):
            yield {"kind": warning.pop("kind"), "doc_id": record["doc_id"], **warning}


def _redacted(record: dict[str, Any]) -> dict[str, Any] | None:
    by_paragraph = {
        paragraph["id"]: found
        for paragraph in record["paragraphs"]
        if paragraph["role"] in CONTENT_ROLES
        and (found := years.redacted(record["text"][paragraph["start"] : paragraph["end"]]))
    }
    if not by_paragraph:
        return None
    examples = [example for found in by_paragraph.values() for example in found]
    return {
        "kind": REDACTED,
        "paragraphs": list(by_paragraph),
        "message": Texts.W001.format(count=len(examples), example=examples[0]),
    }


def _title_year(record: dict[str, Any]) -> dict[str, Any] | None:
    found = years.contradiction(record)
    if found is None:
        return None
    title, content = found
    said = {"title": ", ".join(map(str, title)), "content": ", ".join(content)}
    return {"kind": TITLE_YEAR, "title": title, "content": content, "message": Texts.W002.format(**said)}


def _shared(doc_id: str, other: str, passages: list[Passage]) -> dict[str, Any]:
    characters = sum(passage.end - passage.start for passage in passages)
    return {
        "kind": SHARED,
        "doc_id": doc_id,
        "other": other,
        "passages": [
            {
                "paragraph": passage.paragraph,
                "other_paragraph": passage.other_paragraph,
                "start": passage.start,
                "end": passage.end,
            }
            for passage in sorted(passages, key=lambda passage: passage.start)
        ],
        "message": Texts.W003.format(count=len(passages), characters=characters, other=other),
    }

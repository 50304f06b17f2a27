"""Makes a record of every amount and rate that measures something."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, Span

from pipeline import extensions
from pipeline.stages.indicators import tables
from pipeline.stages.indicators.canonical import canonical, read_table
from pipeline.stages.indicators.counts import Counted
from pipeline.stages.indicators.counts import extract as extract_counts
from pipeline.stages.indicators.grammar import QUANTITIES, Found, Mention, Statement, extract
from pipeline.stages.indicators.learnt import Learnt

_NUMERAL = re.compile(r"[\d十百千万]")
_NAMES = "names.json"


@dataclass(slots=True)
class _Part:
    """A paragraph with its entities, the first of which has the number ``first`` in the document."""

    text: str
    offset: int
    ents: list[Span]
    first: int
    paragraph: dict[str, Any]
    number: int

    @property
    def mentions(self) -> list[Mention]:
        return [Mention(e.start_char - self.offset, e.end_char - self.offset, e.label_) for e in self.ents]

    @property
    def quantities(self) -> list[int]:
        return [index for index, ent in enumerate(self.ents, self.first) if ent.label_ in QUANTITIES]

    @property
    def countable(self) -> bool:
        return _NUMERAL.search(self.text) is not None

    @property
    def section(self) -> str | None:
        section: str | None = self.paragraph.get("section")
        return section

    @property
    def headings(self) -> Sequence[str]:
        return self.paragraph.get("headings") or ()


class Indicators:
    """The stage: sets ``doc._.indicators`` and ``doc._.counts``.

    Parameters
    ----------
    names : str, optional
        A table of canonical names on top of the bundled one.
    model : str, optional
        Bundled name or folder of what corrects the grammar; without it the grammar stands alone.
    counts : bool
        Read counts and measures with other units too.
    """

    def __init__(self, names: str | None = None, model: str | None = None, counts: bool = True) -> None:
        extensions.declare()
        self.table = read_table(names)
        self.learnt = Learnt(model) if model else None
        self.counts = counts

    def __call__(self, doc: Doc) -> Doc:
        """Read the content paragraphs; captions and page chrome give no records."""
        ents = list(doc.ents)
        starts = [ent.start_char for ent in ents]
        words = [(token.idx, token.idx + len(token)) for token in doc]
        word_starts = [start for start, _ in words]
        text = doc.text
        records: list[dict[str, Any]] = []
        counts: list[dict[str, Any]] = []
        heads: list[tables.Head] | None = None
        for number, paragraph in enumerate(extensions.paragraphs(doc)):
            if paragraph["role"] not in extensions.CONTENT_ROLES:
                continue
            start, end = paragraph["start"], paragraph["end"]
            is_row = tables.is_row(text[start:end])
            heads = (tables.read_heads(text[start:end]) or heads) if is_row else None
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            part = _Part(text[start:end], start, ents[first:last], first, paragraph, number)
            if not part.countable and not part.quantities:
                continue
            if is_row:
                measured, counted = tables.extract(part.text, part.mentions, heads, part.section, part.headings)
                records += self._records(part, measured)
                counts += self._counts(part, counted) if self.counts else []
                continue
            inside = words[bisect_left(word_starts, start) : bisect_left(word_starts, end)]
            borders = [(a - start, b - start) for a, b in inside]
            if part.quantities:
                found = extract(part.text, part.mentions, borders, part.section, part.headings, self.learnt)
                records += self._records(part, found)
            if self.counts and part.countable:
                counts += self._counts(
                    part, extract_counts(part.text, part.mentions, borders, part.section, part.headings)
                )
        doc._.indicators, doc._.counts = records, counts
        return doc

    def _records(self, part: _Part, found: Iterable[Found]) -> list[dict[str, Any]]:
        return [
            {
                **self._said(part, record),
                "entity": part.quantities[record.mention],
                "pair": None if record.pair is None else part.quantities[record.pair],
            }
            for record in found
        ]

    def _counts(self, part: _Part, found: Iterable[Counted]) -> list[dict[str, Any]]:
        return [
            {
                **self._said(part, record),
                "value": record.count.value,
                "unit": record.count.unit,
                "count": [part.offset + record.count.start, part.offset + record.count.end],
            }
            for record in found
        ]

    def _said(self, part: _Part, record: Statement) -> dict[str, Any]:
        """What records and counts share."""
        return {
            "indicator": record.indicator,
            "canonical": canonical(record.indicator, self.table),
            "role": record.role,
            "direction": record.direction,
            "status": record.status,
            "bound": record.bound,
            "period": record.period,
            "paragraph": part.number,
            "start": part.offset + record.start,
            "end": part.offset + record.end,
        }

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the table of names and the model."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _NAMES).write_text(json.dumps(self.table, ensure_ascii=False), encoding="utf-8")
        if self.learnt is not None:
            self.learnt.write(folder)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Indicators:
        """Load what `to_disk` saved."""
        folder = Path(path)
        if (folder / _NAMES).is_file():
            self.table = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        if self.learnt is not None:
            self.learnt = Learnt(str(folder.resolve()))
            self.learnt.read()
        return self

"""Makes a record of every amount and rate that measures something."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, Span

from pipeline import extensions
from pipeline.stages.indicators.canonical import canonical, read_table
from pipeline.stages.indicators.grammar import QUANTITIES, Mention, extract
from pipeline.stages.indicators.learnt import Learnt

_NAMES = "names.tsv"


class Indicators:
    """The stage: sets ``doc._.indicators``.

    Parameters
    ----------
    names : str, optional
        A table of canonical names on top of the bundled one.
    model : str, optional
        Bundled name or folder of what corrects the grammar; without it the grammar stands alone.
    """

    def __init__(self, names: str | None = None, model: str | None = None) -> None:
        extensions.declare()
        self.table = read_table(names)
        self.learnt = Learnt(model) if model else None

    def __call__(self, doc: Doc) -> Doc:
        """Read the content paragraphs; captions and page chrome give no records."""
        ents = list(doc.ents)
        starts = [ent.start_char for ent in ents]
        words = [(token.idx, token.idx + len(token)) for token in doc]
        word_starts = [start for start, _ in words]
        text = doc.text
        records: list[dict[str, Any]] = []
        for number, paragraph in enumerate(extensions.paragraphs(doc)):
            if paragraph["role"] not in extensions.CONTENT_ROLES:
                continue
            start, end = paragraph["start"], paragraph["end"]
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            if not any(ent.label_ in QUANTITIES for ent in ents[first:last]):
                continue
            inside = words[bisect_left(word_starts, start) : bisect_left(word_starts, end)]
            records += self._paragraph(
                text[start:end],
                start,
                ents[first:last],
                first,
                [(a - start, b - start) for a, b in inside],
                paragraph,
                number,
            )
        doc._.indicators = records
        return doc

    def _paragraph(
        self,
        text: str,
        offset: int,
        ents: list[Span],
        first: int,
        borders: list[tuple[int, int]],
        paragraph: dict[str, Any],
        number: int,
    ) -> list[dict[str, Any]]:
        mentions = [Mention(e.start_char - offset, e.end_char - offset, e.label_) for e in ents]
        quantities = [index for index, ent in enumerate(ents, first) if ent.label_ in QUANTITIES]
        found = extract(text, mentions, borders, paragraph.get("section"), paragraph.get("headings") or (), self.learnt)
        return [
            {
                "indicator": record.indicator,
                "canonical": canonical(record.indicator, self.table),
                "entity": quantities[record.mention],
                "role": record.role,
                "direction": record.direction,
                "status": record.status,
                "bound": record.bound,
                "period": record.period,
                "pair": None if record.pair is None else quantities[record.pair],
                "paragraph": number,
                "start": offset + record.start,
                "end": offset + record.end,
            }
            for record in found
        ]

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the table of names and the model."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}\t{alias}\n" for alias, name in self.table.items())
        (folder / _NAMES).write_text(lines, encoding="utf-8")
        if self.learnt is not None:
            self.learnt.write(folder)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Indicators:
        """Load what `to_disk` saved."""
        folder = Path(path)
        if (folder / _NAMES).is_file():
            self.table = read_table(str(folder / _NAMES))
        if self.learnt is not None:
            self.learnt = Learnt(str(folder.resolve()))
            self.learnt.read()
        return self

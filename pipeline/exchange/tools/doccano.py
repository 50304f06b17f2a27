"""doccano: JSONL of a project "intent detection and slot filling", which has themes (cats) and spans (entities).

Its browser part counts UTF-16 code units. Exports of projects that have only one of the two, and of sequence
labelling with relations, are read as well. doccano sorts categories; `pipeline.exchange.checking.ordered` says
which one is taken for the primary theme.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import Item, Span
from pipeline.exchange.offsets import from_utf16, to_utf16
from pipeline.exchange.tools.json_lines import given, read_lines, write_lines
from pipeline.stages.themes.table import Theme


def write(items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write one paragraph a line."""
    return write_lines((_row(item) for item in items), path)


def _row(item: Item) -> dict[str, Any]:
    spans = [[to_utf16(item.text, a), to_utf16(item.text, b), label] for a, b, label in item.spans()]
    return {"text": item.text, "entities": spans, "cats": list(item.themes), **item.facts()}


def read(path: Path) -> Iterator[Given | Unusable]:
    """Read an export of doccano's."""
    for where, row in read_lines(path):
        if isinstance(row, Unusable):
            yield row
            continue
        # Older versions keep what they don't know under "meta", newer ones beside the text.
        facts = row["meta"] if isinstance(row.get("meta"), dict) else row
        try:
            labels = row.get("label", row.get("labels"))
            spans = _spans(row["text"], row.get("entities", labels))
            themes = row.get("cats", labels)
            themes = [t for t in themes if isinstance(t, str)] if isinstance(themes, list) else None
        except (KeyError, TypeError, ValueError, IndexError) as error:
            yield Unusable(where, str(error))
            continue
        if themes == [] and "cats" not in row:  # labels that are spans, or none at all
            themes = None
        yield given(where, row["text"], facts, themes=themes, in_order=False, spans=spans)


def _spans(text: str, found: Any) -> list[Span] | None:
    """Spans as lists, or as the objects of a project with relations; None where the labels are themes."""
    if not isinstance(found, list) or (found and isinstance(found[0], str)):
        return None
    spans = []
    for span in found:
        parts = (span["start_offset"], span["end_offset"], span["label"]) if isinstance(span, dict) else span
        start, end, label = parts
        spans.append((from_utf16(text, start), from_utf16(text, end), str(label)))
    return spans

"""Prodigy: JSONL of tasks with spans and, for the ``choice`` interface, options; it counts code points.

Options come back in the order they were clicked, the primary theme first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import Item
from pipeline.exchange.tools.json_lines import given, read_lines, strings, write_lines
from pipeline.stages.themes.table import Theme

SOURCE = "source"


def write(items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write one task a line."""
    options = [{"id": theme.id, "text": f"{theme.zh} ({theme.id})"} for theme in table]
    return write_lines((_row(item, options) for item in items), path)


def _row(item: Item, options: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "text": item.text,
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in item.spans()],
        "options": options,
        "accept": list(item.themes),
        "meta": {"document": item.doc_id, "headings": " / ".join(item.headings), "score": round(item.score, 4)},
        SOURCE: item.facts(),
    }


def read(path: Path) -> Iterator[Given | Unusable]:
    """Read what ``prodigy db-out`` wrote."""
    for where, row in read_lines(path):
        if isinstance(row, Unusable):
            yield row
            continue
        answer = row.get("answer")
        if answer in ("ignore", "reject"):
            yield Unusable(where, f"answered {answer!r}", problem=False)
            continue
        try:
            found = row.get("spans")
            spans = None if found is None else [(int(s["start"]), int(s["end"]), str(s["label"])) for s in found]
        except (KeyError, TypeError, ValueError, OverflowError):
            yield Unusable(where, "a span lacks start, end or label")
            continue
        themes = strings(row["accept"]) if "accept" in row else None
        yield given(
            where,
            row.get("text"),
            row.get(SOURCE),
            themes=themes,
            spans=spans,
            reviewed=answer == "accept",
        )

"""What tools that read and write JSON have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.exchange.checking import Given, Unusable, number

Row = dict[str, Any]


def write_lines(rows: Iterable[Row], path: Path) -> list[Path]:
    """Write one object a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return [path]


def read_lines(path: Path) -> Iterator[tuple[str, Row | Unusable]]:
    """The objects of a file with their place; what is none is `Unusable`."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            where = f"line {number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield where, Unusable(where, "not JSON")
                continue
            yield where, row if isinstance(row, dict) else Unusable(where, "not a JSON object")


def given(where: str, text: object, facts: object, **layers: Any) -> Given | Unusable:
    """A `Given` from the facts a tool carried along; `Unusable` where they are lost."""
    if not isinstance(facts, dict):
        facts = {}
    doc_id, paragraph, key = facts.get("doc_id"), number(str(facts.get("paragraph"))), facts.get("key")
    if not (isinstance(text, str) and isinstance(doc_id, str) and isinstance(key, str)) or paragraph is None:
        return Unusable(where, "lacks text, doc_id, paragraph or key; keep the columns that the export wrote")
    return Given(
        where=where,
        doc_id=doc_id,
        paragraph=paragraph,
        text=text,
        key=key,
        headings=strings(facts.get("headings")),
        issuer=str(facts.get("issuer") or ""),
        predicted=strings(facts.get("predicted")),
        **layers,
    )


def strings(value: object) -> list[str]:
    """The strings of a list; none where it is no list."""
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []

"""Flat tables of the records: one whitelist of columns a table, joined by ``doc_id``."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

COLUMNS: dict[str, dict[str, str]] = {
    "documents": {
        "doc_id": "string",
        "path": "string",
        "format": "string",
        "encoding": "string",
        "sha256": "string",
        "chars": "int64",
        "title": "string",
        "date": "string",
        "issuer": "string",
        "issuer_code": "string",
        "paragraphs": "int64",
        "entities": "int64",
    },
    "paragraphs": {
        "doc_id": "string",
        "paragraph": "int64",
        "start": "int64",
        "end": "int64",
        "role": "string",
        "section": "string",
        "headings": "string",
        "theme": "string",
        "text": "string",
    },
    "entities": {
        "doc_id": "string",
        "paragraph": "int64",
        "entity": "int64",
        "start": "int64",
        "end": "int64",
        "text": "string",
        "label": "string",
        "amount": "string",
        "low": "string",
        "high": "string",
        "unit": "string",
        "bound": "string",
        "code": "string",
        "provenance": "string",
    },
    "keyphrases": {
        "doc_id": "string",
        "text": "string",
        "score": "float64",
        "mentions": "int64",
        "start": "int64",
        "end": "int64",
    },
    "themes": {"doc_id": "string", "paragraph": "int64", "rank": "int64", "theme": "string", "score": "float64"},
    "indicators": {
        "doc_id": "string",
        "paragraph": "int64",
        "entity": "int64",
        "indicator": "string",
        "canonical": "string",
        "role": "string",
        "direction": "string",
        "status": "string",
        "bound": "string",
        "period": "string",
        "pair": "int64",
        "value": "string",
        "low": "string",
        "high": "string",
        "unit": "string",
        "text": "string",
        "evidence": "string",
        "issuer": "string",
        "issuer_code": "string",
        "start": "int64",
        "end": "int64",
    },
    "counts": {
        "doc_id": "string",
        "paragraph": "int64",
        "indicator": "string",
        "canonical": "string",
        "value": "string",
        "unit": "string",
        "role": "string",
        "direction": "string",
        "status": "string",
        "bound": "string",
        "period": "string",
        "text": "string",
        "evidence": "string",
        "issuer": "string",
        "issuer_code": "string",
        "start": "int64",
        "end": "int64",
    },
    "places": {
        "doc_id": "string",
        "paragraph": "int64",
        "entity": "int64",
        "text": "string",
        "code": "string",
        "deictic": "bool_",
        "start": "int64",
        "end": "int64",
    },
}
"""Tables with their columns and Arrow types."""


def _documents(record: Row) -> Iterator[Row]:
    meta = record["meta"]
    yield {
        **record["source"],
        "title": meta["title"],
        "date": meta["date"],
        "issuer": meta["issuer"]["name"],
        "issuer_code": meta["issuer"]["code"],
        "paragraphs": len(record["paragraphs"]),
        "entities": len(record["entities"]),
    }


def _paragraphs(record: Row) -> Iterator[Row]:
    for paragraph in record["paragraphs"]:
        yield {
            **paragraph,
            "paragraph": paragraph["id"],
            "headings": " / ".join(paragraph["headings"]),
            "theme": paragraph["themes"][0]["theme"] if paragraph["themes"] else None,
            "text": record["text"][paragraph["start"] : paragraph["end"]],
        }


def _entities(record: Row) -> Iterator[Row]:
    for entity in record["entities"]:
        norm = entity["norm"] or {}
        yield {
            **entity,
            "entity": entity["id"],
            "amount": norm.get("amount", norm.get("value")),
            "low": norm.get("low"),
            "high": norm.get("high"),
            "unit": norm.get("currency", norm.get("unit")),
            "bound": norm.get("bound"),
            "code": norm.get("code"),
        }


def _keyphrases(record: Row) -> Iterator[Row]:
    for phrase in record["keyphrases"]:
        first = phrase["mentions"][0]
        yield {**phrase, "mentions": len(phrase["mentions"]), "start": first[0], "end": first[1]}


def _themes(record: Row) -> Iterator[Row]:
    for paragraph in record["paragraphs"]:
        for rank, theme in enumerate(paragraph["themes"], 1):
            yield {"paragraph": paragraph["id"], "rank": rank, **theme}


def _indicators(record: Row) -> Iterator[Row]:
    issuer = record["meta"]["issuer"]
    for indicator in record["indicators"]:
        entity = record["entities"][indicator["entity"]]
        norm = entity["norm"] or {}
        yield {
            **indicator,
            "value": norm.get("amount", norm.get("value")),
            "low": norm.get("low"),
            "high": norm.get("high"),
            "unit": norm.get("currency", norm.get("unit")),
            "text": entity["text"],
            "evidence": record["text"][indicator["start"] : indicator["end"]],
            "issuer": issuer["name"],
            "issuer_code": issuer["code"],
        }


def _counts(record: Row) -> Iterator[Row]:
    issuer = record["meta"]["issuer"]
    for count in record.get("counts", ()):
        first, last = count["count"]
        yield {
            **count,
            "text": record["text"][first:last],
            "evidence": record["text"][count["start"] : count["end"]],
            "issuer": issuer["name"],
            "issuer_code": issuer["code"],
        }


def _places(record: Row) -> Iterator[Row]:
    for entity in record["entities"]:
        code = (entity["norm"] or {}).get("code")
        if code:
            yield {**entity, "entity": entity["id"], "code": code, "deictic": False}
    for mention in record["deictic"]:
        yield {**mention, "deictic": True}


_ROWS: dict[str, Callable[[Row], Iterator[Row]]] = {
    "documents": _documents,
    "paragraphs": _paragraphs,
    "entities": _entities,
    "keyphrases": _keyphrases,
    "themes": _themes,
    "indicators": _indicators,
    "counts": _counts,
    "places": _places,
}


def rows(table: str, record: Row) -> Iterator[Row]:
    """Rows of one table from one record; what they have beside the table's columns doesn't count."""
    for row in _ROWS[table](record):
        row["doc_id"] = record["doc_id"]
        yield row


def arrow_schema(table: str) -> pa.Schema:
    """Arrow schema of a table."""
    import pyarrow as pa

    return pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS[table].items()])


def neutral(value: Any) -> Any:
    """A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


class TableWriter:
    """Writes one table as Parquet, and as CSV if asked, a batch of rows at a time.

    Parameters
    ----------
    table : str
    folder : Path
    with_csv : bool
    """

    def __init__(self, table: str, folder: Path, with_csv: bool = False) -> None:
        import pyarrow.parquet as pq

        self.table = table
        self.schema = arrow_schema(table)
        self.buffer: dict[str, list[Any]] = {column: [] for column in COLUMNS[table]}
        self.parquet = pq.ParquetWriter(folder / f"{table}.parquet", self.schema, compression="zstd")
        self.file = (folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline="") if with_csv else None
        self.csv = csv.writer(self.file) if self.file else None
        if self.csv:
            self.csv.writerow(self.buffer)

    def add(self, record: Row) -> None:
        """Take the rows of one record."""
        found = list(rows(self.table, record))
        for column, values in self.buffer.items():
            values += map(dict.get, found, repeat(column))
        if len(self.buffer["doc_id"]) >= 20_000:
            self.flush()

    def flush(self) -> None:
        """Write the rows taken so far."""
        import pyarrow as pa

        if self.buffer["doc_id"]:
            self.parquet.write_table(pa.table(self.buffer, schema=self.schema))
            if self.csv:
                self.csv.writerows(map(neutral, row) for row in zip(*self.buffer.values(), strict=True))
        for values in self.buffer.values():
            values.clear()

    def close(self) -> None:
        """Write what is left and close the files."""
        self.flush()
        self.parquet.close()
        if self.file:
            self.file.close()

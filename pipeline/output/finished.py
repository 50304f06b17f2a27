"""A finished document as it is stored until all are.

What takes time is done by the worker that finished it, so that to join many documents is little more than to copy them.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.output import docbin, warnings
from pipeline.output.shared import Print, fingerprints

if TYPE_CHECKING:
    from spacy.tokens import Doc

PARTS = ("line", "summary", *docbin.COLUMNS)
"""What is stored of a document, each part compressed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One document.

    Attributes
    ----------
    record : dict
    line : bytes
        The record in ``annotations.jsonl``.
    warnings : list of dict
        See `warnings.of`.
    prints : list of Print
        See `shared.fingerprints`.
    docs : dict of str to bytes
        See `docbin.pack`.
    """

    record: dict[str, Any]
    line: bytes
    warnings: list[dict[str, Any]]
    prints: list[Print]
    docs: dict[str, bytes]

    @classmethod
    def of(cls, record: dict[str, Any], doc: Doc) -> Finished:
        """Make it of a record and its Doc."""
        return cls(record, dump(record), list(warnings.of(record)), list(fingerprints(record)), docbin.pack(doc))

    def parts(self) -> list[bytes]:
        """The `PARTS`."""
        summary = dump({"warnings": self.warnings, "prints": self.prints})
        return [zlib.compress(part) for part in (self.line, summary, *self.docs.values())]

    @classmethod
    def load(cls, parts: list[bytes], path: str) -> Finished:
        """Make it of the `PARTS`, and of the path its source has now."""
        line, summary, *docs = map(zlib.decompress, parts)
        record = json.loads(line)
        if record["source"]["path"] != path:
            record["source"]["path"] = path
            line = dump(record)
        return cls(record, line, **json.loads(summary), docs=dict(zip(docbin.COLUMNS, docs, strict=True)))


def dump(value: dict[str, Any]) -> bytes:
    """A line of JSON."""
    # A lone surrogate, as JSON can escape it, has no UTF-8; escaped again it is the same.
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")

"""A finished document as it is stored until all are.

What takes time is done by the worker that finished it, so that to join many documents is little more than to copy them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pipeline.output import warnings
from pipeline.output.shared import Print, fingerprints

PARTS = ("line", "summary")
"""What is stored of it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One document, but for its Doc.

    Attributes
    ----------
    record : dict
    line : bytes
        The record in ``annotations.jsonl``.
    warnings : list of dict
        See `warnings.of`.
    prints : list of Print
        See `shared.fingerprints`.
    """

    record: dict[str, Any]
    line: bytes
    warnings: list[dict[str, Any]]
    prints: list[Print]

    @classmethod
    def of(cls, record: dict[str, Any]) -> Finished:
        """Make it of a record."""
        return cls(record, dump(record), list(warnings.of(record)), list(fingerprints(record)))

    def parts(self) -> list[bytes]:
        """The `PARTS`."""
        return [self.line, dump({"warnings": self.warnings, "prints": self.prints})]

    @classmethod
    def load(cls, path: str, line: bytes, summary: bytes) -> Finished:
        """Make it of the path its source has now and of the `PARTS`."""
        record = json.loads(line)
        if record["source"]["path"] != path:
            record["source"]["path"] = path
            line = dump(record)
        return cls(record, line, **json.loads(summary))


def dump(value: dict[str, Any]) -> bytes:
    """A line of JSON."""
    # A lone surrogate, as JSON can escape it, has no UTF-8; escaped again it is the same.
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")

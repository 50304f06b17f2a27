"""The source text of records: read again from where it was, if it still is what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.documents import read
from pipeline.documents.types import Source


class Sources:
    """Finds the text that source offsets count in.

    A .jsonl file is kept while records from it follow each other.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._texts: dict[str, str] = {}

    def text(self, record: dict[str, Any]) -> str | None:
        """The source text of a record; None where the file is gone or has changed."""
        source = record["source"]
        path = Path(source["path"].rpartition("#")[0] if source["format"] == "jsonl" else source["path"])
        if path != self._path:
            self._path = path
            self._texts = {found.sha256: found.text for found in read(path, path.name) if isinstance(found, Source)}
        text = self._texts.get(source["sha256"])
        return text if text is not None and len(text) == source["chars"] else None

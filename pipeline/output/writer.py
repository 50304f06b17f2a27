"""The output folder: written beside its final name, moved into place when whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.errors import Errors, UsageError
from pipeline.output.tables import COLUMNS, TableWriter

if TYPE_CHECKING:
    from spacy.tokens import Doc

ANNOTATIONS = "annotations.jsonl"
FAILURES = "failures.jsonl"
MANIFEST = "run.json"
DOCS = "docs.spacy"
TABLES = "tables"
FILES = (ANNOTATIONS, FAILURES, MANIFEST, DOCS, TABLES)


class OutputFolder:
    """Takes records and failures; on leaving the ``with`` block without an error all files appear at once.

    Parameters
    ----------
    path : Path
        The output folder.
    with_csv : bool
        Write CSV beside Parquet.
    force : bool
        Replace a result that is there already.

    Raises
    ------
    UsageError
        If the folder holds a result and ``force`` is not set, or can't be written.
    """

    def __init__(self, path: Path, *, with_csv: bool = False, force: bool = False) -> None:
        self.path = path
        self.partial = path / ".partial"
        if not force and any((path / name).exists() for name in FILES):
            raise UsageError(Errors.E003.format(path=path))
        try:
            shutil.rmtree(self.partial, ignore_errors=True)
            (self.partial / TABLES).mkdir(parents=True)
        except OSError as error:
            raise UsageError(Errors.E004.format(path=path, reason=error.strerror)) from None
        from spacy.tokens import DocBin

        self.annotations = (self.partial / ANNOTATIONS).open("w", encoding="utf-8")
        self.failures = (self.partial / FAILURES).open("w", encoding="utf-8")
        self.tables = [TableWriter(table, self.partial / TABLES, with_csv) for table in COLUMNS]
        self.docs = DocBin(store_user_data=True)

    def add(self, record: dict[str, Any], doc: Doc) -> None:
        """Take one finished document."""
        self.annotations.write(_line(record))
        for table in self.tables:
            table.add(record)
        self.docs.add(doc)

    def fail(self, failure: dict[str, Any]) -> None:
        """Take one input that could not be processed."""
        self.failures.write(_line(failure))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Close the files and move them into place."""
        self._close()
        self.docs.to_disk(self.partial / DOCS)
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        (self.partial / MANIFEST).write_text(text, encoding="utf-8")
        for name in FILES:
            target = self.path / name
            if target.is_dir():
                shutil.rmtree(target)
            (self.partial / name).replace(target)
        self.partial.rmdir()

    def _close(self) -> None:
        self.annotations.close()
        self.failures.close()
        for table in self.tables:
            table.close()

    def __enter__(self) -> OutputFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.partial.exists():
            self._close()
            shutil.rmtree(self.partial, ignore_errors=True)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"

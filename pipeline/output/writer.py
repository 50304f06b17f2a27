"""The output folder: written beside its final name, moved into place when whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.errors import Errors, UsageError
from pipeline.output import docbin
from pipeline.output.finished import Finished, dump
from pipeline.output.tables import COLUMNS, TableWriter

ANNOTATIONS = "annotations.jsonl"
FAILURES = "failures.jsonl"
MANIFEST = "run.json"
DOCS = docbin.FIRST
TABLES = "tables"
SHARDS = ".shards"
RESULT = (ANNOTATIONS, FAILURES, DOCS, TABLES, MANIFEST)
"""What a run leaves for its users; the manifest appears last, so that a folder with it is whole."""

FILES = (*RESULT, SHARDS)


def holds_result(path: Path) -> bool:
    """Whether a folder holds a result, even if not the whole of it."""
    return any((path / name).exists() for name in RESULT)


class OutputFolder:
    """Takes documents and failures; on leaving the ``with`` block without an error all files appear at once.

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
        if not force and holds_result(path):
            raise UsageError(Errors.E003.format(path=path))
        try:
            shutil.rmtree(self.partial, ignore_errors=True)
            (self.partial / TABLES).mkdir(parents=True)
            self.annotations = (self.partial / ANNOTATIONS).open("wb")
            self.failures = (self.partial / FAILURES).open("wb")
            self.tables = [TableWriter(table, self.partial / TABLES, with_csv) for table in COLUMNS]
        except OSError as error:
            raise UsageError(Errors.E004.format(path=path, reason=error.strerror)) from None

    def add(self, document: Finished) -> None:
        """Take one finished document."""
        self.annotations.write(document.line)
        for table in self.tables:
            table.add(document.record)

    def add_docs(self, docs: Iterable[tuple[docbin.Key, dict[str, bytes]]]) -> Generator[list[docbin.Key], None, None]:
        """Take the Docs of all documents; see `docbin.write`."""
        return docbin.write(self.partial, docs)

    def fail(self, failure: dict[str, Any]) -> None:
        """Take one input that could not be processed."""
        self.failures.write(dump(failure))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Close the files and move them into place."""
        self._close()
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        (self.partial / MANIFEST).write_text(text, encoding="utf-8")
        new = sorted((p.name for p in self.partial.iterdir()), key=lambda name: name == MANIFEST)
        for path in (path for path in self.partial.rglob("*") if path.is_file()):
            _sync(path)
        (self.path / MANIFEST).unlink(missing_ok=True)
        for stale in (*docbin.paths(self.path), self.path / TABLES):
            if stale.is_dir():
                shutil.rmtree(stale)
            elif stale.name not in new:
                stale.unlink()
        for name in new:
            (self.partial / name).replace(self.path / name)
        self.partial.rmdir()
        _sync(self.path)

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
            with suppress(OSError):  # what is thrown away needn't be written whole; a full disk refuses even that
                self._close()
            shutil.rmtree(self.partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise UsageError(Errors.E704.format(path=self.path, reason=error.strerror or error)) from None


def _sync(path: Path) -> None:
    """See to it that a file or folder outlasts a crash of the machine."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

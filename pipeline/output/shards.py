"""Finished documents, stored durably as they come: one SQLite file for each worker that ever wrote.

A document is there whole or not at all, whenever its worker or the machine dies. Nobody but the worker writes
to its file, and only runs on the same folder, which a lock keeps apart, read it afterwards.
"""

from __future__ import annotations

import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import Errors, UsageError
from pipeline.output import docbin
from pipeline.output.finished import PARTS, Finished

SUFFIX = ".sqlite"
_OPEN_FILES = 64
_TABLE = f"""
PRAGMA auto_vacuum = FULL;
CREATE TABLE documents (
    name TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, key TEXT NOT NULL,
    {", ".join(f"{part} BLOB NOT NULL" for part in (*PARTS, *docbin.COLUMNS))}
);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that an earlier run finished."""

    name: str
    path: str
    sha256: str
    key: str
    shard: str
    row: int


class ShardWriter:
    """A worker's own shard; the file appears with its first document.

    Parameters
    ----------
    folder : Path
    run : int
        Number of the run; what a later run stores of a document counts.
    key : str
        What results depend on besides the source.
    """

    def __init__(self, folder: Path, run: int, key: str) -> None:
        self.folder = folder
        self.key = key
        self.name = f"{run:06d}-{uuid.uuid4().hex[:12]}{SUFFIX}"
        self.connection: sqlite3.Connection | None = None

    def add(self, sha256: str, document: Finished, docs: dict[str, bytes]) -> int:
        """Store a document and return its row; on return it is on disk.

        Raises
        ------
        UsageError
            If it can't be written, as when the disk is full.
        """
        record = document.record
        parts = map(zlib.compress, (*document.parts(), *docs.values()))
        values = (record["doc_id"], record["source"]["path"], sha256, self.key, *parts)
        insert = f"INSERT INTO documents VALUES ({', '.join('?' * len(values))})"
        try:
            if self.connection is None:
                self.connection = sqlite3.connect(self.folder / self.name)
                self.connection.executescript(_TABLE)
            with self.connection as transaction:
                row = transaction.execute(insert, values).lastrowid
        except (sqlite3.OperationalError, OSError) as error:
            raise UsageError(Errors.E704.format(path=self.folder, reason=error)) from None
        assert row is not None
        return row

    def close(self) -> None:
        """Close the file."""
        if self.connection is not None:
            self.connection.close()


class Shards:
    """What the workers of all runs on a folder stored.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = lru_cache(maxsize=_OPEN_FILES)(self._connect)

    def files(self) -> list[Path]:
        """All shards, those of the first run first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def next_run(self) -> int:
        """Number for a new run."""
        return 1 + max((int(path.name.split("-")[0]) for path in self.files()), default=0)

    def entries(self) -> Iterator[Entry]:
        """Every document of every shard; of two with one name the later counts."""
        for path in self.files():
            try:
                rows = self._open(path.name).execute("SELECT name, path, sha256, key, rowid FROM documents")
                for name, source, sha256, key, row in rows:
                    yield Entry(name, source, sha256, key, path.name, row)
            except sqlite3.DatabaseError:
                # A worker died before its first document was whole, or the file is damaged: what it held is done again.
                continue

    def read(self, shard: str, row: int, path: str) -> Finished:
        """One document, whose source has this path now.

        Raises
        ------
        UsageError
            If the shard is damaged.
        """
        with self._told(shard):
            return Finished.load(path, *self._parts(PARTS, shard, row))

    def docs(self, shard: str, row: int) -> dict[str, bytes]:
        """Its Doc as `docbin.pack` gave it; raises as `read` does."""
        with self._told(shard):
            return dict(zip(docbin.COLUMNS, self._parts(docbin.COLUMNS, shard, row), strict=True))

    def _parts(self, names: tuple[str, ...], shard: str, row: int) -> Iterator[bytes]:
        cursor = self._open(shard).execute(f"SELECT {', '.join(names)} FROM documents WHERE rowid = ?", (row,))
        return map(zlib.decompress, cursor.fetchone())

    @contextmanager
    def _told(self, shard: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, TypeError, ValueError, zlib.error) as error:
            raise UsageError(Errors.E705.format(path=self.folder / shard, reason=error)) from None

    def retain(self, rows: set[tuple[str, int]]) -> None:
        """Delete all documents but these."""
        for path in self.files():
            try:
                connection = self._open(path.name)
                there = {row for (row,) in connection.execute("SELECT rowid FROM documents")}
                dead = [(row,) for row in there if (path.name, row) not in rows]
                if dead and len(dead) < len(there):
                    with connection:
                        connection.executemany("DELETE FROM documents WHERE rowid = ?", dead)
            except sqlite3.DatabaseError:
                there, dead = set(), []
            if len(dead) == len(there):
                self._remove(path)

    def clear(self) -> None:
        """Delete all documents."""
        for path in self.files():
            self._remove(path)

    def close(self) -> None:
        """Close the files."""
        self._open.cache_clear()

    def _connect(self, name: str) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / name)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        path.with_name(path.name + "-journal").unlink(missing_ok=True)

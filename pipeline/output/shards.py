"""Finished documents, stored durably as they come: one SQLite file for each worker that ever wrote.

A document is there whole or not at all, whenever its worker or the machine dies. Nobody but the worker writes
to its file, and only runs on the same folder, which a lock keeps apart, read it afterwards.
"""

from __future__ import annotations

import errno
import sqlite3
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import DiskFull, Errors, UsageError
from pipeline.output import docbin
from pipeline.output.finished import PARTS, Finished

SUFFIX = ".sqlite"
_OPEN_FILES = 64
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_WRITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC}
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
    """A worker's own shard; the file appears with its first document, and another after a fault.

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
        self.run = run
        self.name = _new_name(run)
        self.connection: sqlite3.Connection | None = None
        self.stored = 0

    def add(self, sha256: str, document: Finished, docs: dict[str, bytes]) -> int:
        """Store a document and return its row; on return it is on disk.

        Raises
        ------
        DiskFull
            If there is no room for it; there may be for the next.
        UsageError
            If nothing can be written there.
        """
        record = document.record
        parts = map(zlib.compress, (*document.parts(), *docs.values()))
        values = (record["doc_id"], record["source"]["path"], sha256, self.key, *parts)
        try:
            return self._insert(values)
        except sqlite3.OperationalError:
            self._begin()
        try:  # in a file of its own, since the size of files may be what is limited
            return self._insert(values)
        except sqlite3.OperationalError as error:
            self._begin()
            if not self._lacks_room(error):
                raise UsageError(Errors.E704.format(path=self.folder, reason=error)) from None
            message = Errors.E714.format(path=record["source"]["path"], folder=self.folder, reason=error)
            raise DiskFull(message) from None

    def close(self) -> None:
        """Close the file."""
        if self.connection is not None:
            self.connection.close()

    def _begin(self) -> None:
        """Go on with a new file, leaving none behind that holds nothing."""
        self.close()
        if self.connection is not None and not self.stored:
            with suppress(OSError):
                _remove(self.folder / self.name)
        self.connection = None
        self.name = _new_name(self.run)
        self.stored = 0

    def _insert(self, values: tuple[object, ...]) -> int:
        if self.connection is None:
            self.connection = sqlite3.connect(self.folder / self.name)
            self.connection.executescript(_TABLE)
        insert = f"INSERT INTO documents VALUES ({', '.join('?' * len(values))})"
        with self.connection as transaction:
            row = transaction.execute(insert, values).lastrowid
        assert row is not None
        self.stored += 1
        return row

    def _lacks_room(self, error: sqlite3.OperationalError) -> bool:
        """Whether more space would help: SQLite often doesn't say, but what the system says to a write does."""
        try:
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"0")
        except OSError as found:
            return found.errno in _NO_ROOM
        return error.sqlite_errorcode in _NO_WRITE


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
        kept = {shard for shard, _ in rows}
        for path in self.files():
            if path.name not in kept:
                _remove(path)
                continue
            # A full disk refuses even this. Then what was dropped comes back with the next run, to be dropped again.
            with suppress(sqlite3.DatabaseError), self._open(path.name) as connection:
                there = [row for (row,) in connection.execute("SELECT rowid FROM documents")]
                dead = [(row,) for row in there if (path.name, row) not in rows]
                if dead:
                    connection.executemany("DELETE FROM documents WHERE rowid = ?", dead)

    def clear(self) -> None:
        """Delete all documents."""
        for path in self.files():
            _remove(path)

    def close(self) -> None:
        """Close the files."""
        self._open.cache_clear()

    def _connect(self, name: str) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / name)


def _new_name(run: int) -> str:
    return f"{run:06d}-{uuid.uuid4().hex[:12]}{SUFFIX}"


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + "-journal").unlink(missing_ok=True)

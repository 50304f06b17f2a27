"""``docs.spacy``: DocBins written document by document, in constant memory, and split where one grows too large.

A `DocBin` of spaCy holds all its Docs in memory, several times over while it is written. This one keeps each of
its columns in a temporary file and joins them at the end to the very bytes that spaCy would write.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

FIRST = "docs.spacy"
TOKENS_A_FILE = 2_000_000
"""Some 500 long reports; reading a file takes about half a gigabyte."""

_CHUNK = 1 << 20
_ARRAYS = ("tokens", "spaces", "lengths")
_OBJECTS = ("cats", "flags", "span_groups", "user_data")
COLUMNS = (*_ARRAYS, *_OBJECTS, "strings")


def pack(doc: Doc) -> dict[str, bytes]:
    """What a Doc adds to each of the `COLUMNS`."""
    from spacy.tokens import DocBin
    from srsly import msgpack_dumps

    bin = DocBin(store_user_data=True, docs=[doc])
    (tokens,), (spaces,) = bin.tokens, bin.spaces
    objects = {name: msgpack_dumps(value) for name in _OBJECTS for value in getattr(bin, name)}
    return {
        "tokens": tokens.tobytes("C"),
        "spaces": spaces.tobytes("C"),
        "lengths": len(tokens).to_bytes(4, "little"),
        **objects,
        "strings": json.dumps(sorted(bin.strings), ensure_ascii=False).encode(),
    }


def write(folder: Path, docs: Iterable[dict[str, bytes]], tokens_a_file: int = TOKENS_A_FILE) -> None:
    """Write ``docs.spacy`` and, for a large run, ``docs-2.spacy`` and so on.

    Parameters
    ----------
    folder : Path
    docs : iterable of dict
        Each from `pack`.
    tokens_a_file : int
        A file is full from so many tokens on.
    """
    writer = _Writer(folder, tokens_a_file)
    try:
        for packed in docs:
            writer.add(packed)
        writer.finish()
    finally:
        writer.close()


class _Writer:
    def __init__(self, folder: Path, tokens_a_file: int) -> None:
        self.folder = folder
        self.tokens_a_file = tokens_a_file
        self.number = 0
        self._start()

    def add(self, packed: dict[str, bytes]) -> None:
        """Take a Doc."""
        tokens = int.from_bytes(packed["lengths"], "little")
        if self.tokens and self.tokens + tokens > self.tokens_a_file:
            self.finish()
            self._start()
        self.docs += 1
        self.tokens += tokens
        self.strings.update(json.loads(packed["strings"]))
        for name, column in self.columns.items():
            column.write(packed[name])

    def close(self) -> None:
        for column in self.columns.values():
            column.close()

    def _start(self) -> None:
        from spacy.tokens import DocBin

        self.number += 1
        self.docs = self.tokens = 0
        empty = DocBin(store_user_data=True)
        self.version, self.attrs = empty.version, empty.attrs
        self.strings: set[str] = set()
        self.columns: dict[str, IO[bytes]] = {
            name: tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115
            for name in (*_ARRAYS, *_OBJECTS)
        }

    def finish(self) -> None:
        from srsly import msgpack_dumps
        from srsly.msgpack import Packer

        packer = Packer()
        squeeze = zlib.compressobj()
        with (self.folder / (FIRST if self.number == 1 else f"docs-{self.number}.spacy")).open("wb") as file:

            def write(data: bytes) -> None:
                file.write(squeeze.compress(data))

            def copy(name: str) -> None:
                self.columns[name].seek(0)
                while data := self.columns[name].read(_CHUNK):
                    write(data)
                self.columns[name].close()

            write(packer.pack_map_header(3 + len(self.columns)))
            for name, value in (("version", self.version), ("attrs", self.attrs)):
                write(msgpack_dumps(name) + msgpack_dumps(value))
            for name in _ARRAYS:
                write(msgpack_dumps(name) + _bin_header(self.columns[name].tell()))
                copy(name)
            write(msgpack_dumps("strings") + msgpack_dumps(sorted(self.strings)))
            for name in _OBJECTS:
                write(msgpack_dumps(name) + packer.pack_array_header(self.docs))
                copy(name)
            file.write(squeeze.flush())


def paths(folder: Path) -> list[Path]:
    """The files of Docs in an output folder, in order."""
    found, number = [], 1
    while (path := folder / (FIRST if number == 1 else f"docs-{number}.spacy")).is_file():
        found.append(path)
        number += 1
    return found


def read(folder: Path, vocab: Vocab) -> Iterator[Doc]:
    """The Docs of an output folder, in the order of its records."""
    from spacy.tokens import DocBin

    for path in paths(folder):
        yield from DocBin().from_disk(path).get_docs(vocab)


def _bin_header(size: int) -> bytes:
    """What msgpack puts before so many bytes."""
    if size < 1 << 8:
        return b"\xc4" + size.to_bytes(1, "big")
    if size < 1 << 16:
        return b"\xc5" + size.to_bytes(2, "big")
    return b"\xc6" + size.to_bytes(4, "big")

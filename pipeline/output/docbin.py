"""``docs.spacy``: DocBins written document by document, in constant memory, and split where one grows too large.

A `DocBin` of spaCy holds all its Docs in memory, several times over while it is written. This one keeps each of
its columns in a temporary file and joins them at the end to the very bytes that spaCy would write.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

FIRST = "docs.spacy"
TOKENS_A_FILE = 2_000_000
"""Some 500 long reports; reading a file takes about half a gigabyte."""

Key = TypeVar("Key")

_CHUNK = 8 << 20  # what zlib takes at a time, so that other threads needn't be waited for often
_ARRAYS = ("tokens", "spaces", "lengths")
_OBJECTS = ("cats", "flags", "span_groups", "user_data")
COLUMNS = (*_ARRAYS, *_OBJECTS, "strings")


def pack(doc: Doc) -> dict[str, bytes]:
    """What a Doc adds to each of the `COLUMNS`."""
    from spacy.tokens import DocBin
    from srsly import msgpack_dumps
    from srsly.msgpack import Packer

    plain = Packer(use_bin_type=True)  # srsly's own function looks for plugins with each call, which takes longer
    bin = DocBin(store_user_data=True, docs=[doc])
    (tokens,), (spaces,) = bin.tokens, bin.spaces
    (cats,), (flags,), (groups,), (data,) = (getattr(bin, name) for name in _OBJECTS)
    return {
        "tokens": tokens.tobytes("C"),
        "spaces": spaces.tobytes("C"),
        "lengths": len(tokens).to_bytes(4, "little"),
        "cats": msgpack_dumps(cats),
        "flags": plain.pack(flags),
        "span_groups": plain.pack(groups),
        "user_data": plain.pack(data),
        "strings": json.dumps(sorted(bin.strings), ensure_ascii=False).encode(),
    }


def write(
    folder: Path, docs: Iterable[tuple[Key, dict[str, bytes]]], tokens_a_file: int = TOKENS_A_FILE
) -> Generator[list[Key], None, None]:
    """Write ``docs.spacy`` and, for a large run, ``docs-2.spacy`` and so on.

    Parameters
    ----------
    folder : Path
    docs : iterable of (key, dict)
        Each Doc as `pack` gave it, and what stands for it.
    tokens_a_file : int
        A file is full from so many tokens on.

    Yields
    ------
    list
        What stands for the Docs of each file, while a thread compresses it: there is time to do something else.
    """
    waiting = iter(docs)
    ahead = next(waiting, None)
    with ThreadPoolExecutor(1) as beside:
        for number in count(1):
            with _File(folder) as file:
                keys = []
                while ahead is not None and (not file.tokens or file.tokens + _length(ahead[1]) <= tokens_a_file):
                    keys.append(ahead[0])
                    file.add(ahead[1])
                    ahead = next(waiting, None)
                written = beside.submit(file.write, folder / (FIRST if number == 1 else f"docs-{number}.spacy"))
                yield keys
                written.result()
            if ahead is None:
                return


def _length(packed: dict[str, bytes]) -> int:
    """Length of a Doc."""
    return int.from_bytes(packed["lengths"], "little")


class _File:
    """The columns of a file, until it is full."""

    def __init__(self, folder: Path) -> None:
        self.docs = self.tokens = 0
        self.strings: set[str] = set()
        with ExitStack() as stack:
            self.columns: dict[str, IO[bytes]] = {
                name: stack.enter_context(tempfile.TemporaryFile(dir=folder)) for name in (*_ARRAYS, *_OBJECTS)
            }
            self.stack = stack.pop_all()

    def add(self, packed: dict[str, bytes]) -> None:
        self.docs += 1
        self.tokens += _length(packed)
        self.strings.update(json.loads(packed["strings"]))
        for name, column in self.columns.items():
            column.write(packed[name])

    def write(self, path: Path) -> None:
        from spacy.tokens import DocBin
        from srsly import msgpack_dumps
        from srsly.msgpack import Packer

        empty = DocBin(store_user_data=True)
        packer = Packer()
        squeeze = zlib.compressobj()
        with path.open("wb") as file:

            def write(data: bytes) -> None:
                file.write(squeeze.compress(data))

            def copy(name: str) -> None:
                self.columns[name].seek(0)
                while data := self.columns[name].read(_CHUNK):
                    write(data)

            write(packer.pack_map_header(3 + len(self.columns)))
            for name, value in (("version", empty.version), ("attrs", empty.attrs)):
                write(msgpack_dumps(name) + msgpack_dumps(value))
            for name in _ARRAYS:
                write(msgpack_dumps(name) + _bin_header(self.columns[name].tell()))
                copy(name)
            write(msgpack_dumps("strings") + msgpack_dumps(sorted(self.strings)))
            for name in _OBJECTS:
                write(msgpack_dumps(name) + packer.pack_array_header(self.docs))
                copy(name)
            file.write(squeeze.flush())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()


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

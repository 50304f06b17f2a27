"""Find the files a run was given and read them."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.documents.decoding import decode
from pipeline.documents.formats import Extract
from pipeline.documents.types import Source
from pipeline.errors import DocumentError, Errors

MAX_BYTES = 20_000_000
FORMATS = {".txt": "txt", ".md": "md", ".html": "html", ".htm": "html", ".docx": "docx", ".pdf": "pdf"}
_LIST_OF_FORMATS = " ".join(FORMATS)
_ABOUT = {"README", "LICENSE", "LICENCE"}


def find(inputs: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Find every document below the inputs.

    Folders are walked recursively in sorted order. Hidden files and those that speak of the folder
    (README, LICENSE) are left out, linked folders aren't entered, and a file met twice counts once.
    An input that is missing, or a folder without documents, comes back as it is, so that `read`
    reports it like any other failure.

    Parameters
    ----------
    inputs : sequence of Path
        Files and folders; a .jsonl file only counts when it is named itself.

    Yields
    ------
    path : Path
        The file.
    name : str
        Its id, unique over the run: its path below the folder that was named.
    """
    seen: set[str] = set()
    names: set[str] = set()
    for top in inputs:
        found = False
        for path, name in _walk(top):
            found = True
            real = os.path.realpath(path)  # Path.resolve raises where links lead in a circle
            if real not in seen:
                seen.add(real)
                yield path, _unique(name, top, names)
        if not found:
            yield top, _unique(top.name or str(top), top, names)


def _walk(top: Path) -> Iterator[tuple[Path, str]]:
    if not top.is_dir():
        yield top, top.name
        return
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
        except OSError:
            yield folder, folder.relative_to(top).as_posix() if folder != top else top.name
            continue
        below: list[Path] = []
        for entry in entries:
            if entry.name.startswith(".") or entry.stem.upper() in _ABOUT:
                continue
            if entry.is_dir():
                if not entry.is_symlink():
                    below.append(entry)
            elif entry.suffix.lower() in FORMATS:
                yield entry, entry.relative_to(top).as_posix()
        folders.extend(reversed(below))


def _unique(name: str, top: Path, names: set[str]) -> str:
    """A name that no other document of the run has, and that UTF-8 can hold."""
    name = _printable(name)
    folder = top if top.is_dir() else top.parent
    candidates = [name, _printable(f"{folder.resolve().name}/{name}")]
    number = 2
    while candidates[0] in names:
        candidates.pop(0)
        if not candidates:
            candidates.append(f"{name}~{number}")
            number += 1
    names.add(candidates[0])
    return candidates[0]


def _printable(name: str) -> str:
    """A file name's bytes that are no text, escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def read(path: Path, name: str, *, max_bytes: int = MAX_BYTES) -> Iterator[Source | DocumentError]:
    """Read one file: one document, or as many as a .jsonl file has lines.

    What can't be read comes back as an error instead of being raised, so a bad line of a .jsonl
    file doesn't stop the others.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its id, as `find` gives it.
    max_bytes : int
        Larger files are refused.

    Yields
    ------
    Source or DocumentError
        A document, or why there is none.
    """
    try:
        if path.suffix.lower() == ".jsonl" and path.is_file():
            yield from _read_jsonl(path, name, max_bytes)
        else:
            yield _read_file(path, name, max_bytes)
    except DocumentError as error:
        yield DocumentError(_printable(str(error)))


def _read_file(path: Path, name: str, max_bytes: int) -> Source:
    suffix = path.suffix.lower()
    if path.is_dir():
        _refuse_folder(path)
    if suffix not in FORMATS and path.exists():
        raise DocumentError(Errors.E107.format(path=path, formats=_LIST_OF_FORMATS + " .jsonl"))
    data = _load(path, max_bytes)
    extract = _extract(FORMATS[suffix], data, str(path))
    text = extract.text()
    if not text.strip():
        raise DocumentError(Errors.E106.format(path=path))
    return Source(
        path=_printable(str(path)),
        format=FORMATS[suffix],
        encoding=extract.encoding,
        sha256=hashlib.sha256(data).hexdigest(),
        text=text,
        name=name,
        title=extract.title,
        date=extract.date,
        headings=extract.headings(),
    )


def _refuse_folder(path: Path) -> None:
    try:
        next(path.iterdir(), None)
    except OSError as error:
        raise DocumentError(Errors.E101.format(path=path, reason=error.strerror)) from error
    raise DocumentError(Errors.E002.format(path=path, formats=_LIST_OF_FORMATS))


def _load(path: Path, max_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # Reading a pipe would wait for ever.
            raise DocumentError(Errors.E101.format(path=path, reason="not a regular file"))
        if status.st_size > max_bytes:
            raise DocumentError(_too_large(path, status.st_size, max_bytes))
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DocumentError(Errors.E001.format(path=path)) from error
    except (OSError, ValueError) as error:
        # A path with a NUL in it is a ValueError.
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(Errors.E101.format(path=path, reason=reason)) from error
    if not data.strip():
        raise DocumentError(Errors.E102.format(path=path))
    return data


def _too_large(path: Path, size: int, max_bytes: int) -> str:
    return Errors.E103.format(path=path, size=f"{size / 1e6:.1f}", limit=f"{max_bytes / 1e6:g}")


def _extract(kind: str, data: bytes, path: str) -> Extract:
    # Each format's library loads only when a file needs it.
    if kind == "html":
        from pipeline.documents.formats import html

        return html.extract(data, path)
    if kind == "docx":
        from pipeline.documents.formats import docx

        return docx.extract(data, path)
    if kind == "pdf":
        from pipeline.documents.formats import pdf

        return pdf.extract(data, path)
    text, encoding = decode(data, path)
    return Extract(lines=[text], encoding=encoding)


def _read_jsonl(path: Path, name: str, max_bytes: int) -> Iterator[Source | DocumentError]:
    """One document a line; the size limit holds for each line, so any number of lines will do."""
    try:
        with path.open("rb") as lines:
            empty = True
            number = 0
            keys: set[str] = set()
            while line := lines.readline(max_bytes + 1):
                number += 1
                if len(line) > max_bytes:
                    yield _bad_line(path, number, f"longer than {max_bytes / 1e6:g} MB")
                    while line and not line.endswith(b"\n"):
                        line = lines.readline(max_bytes)
                    empty = False
                elif line.strip():
                    empty = False
                    yield _parse_line(line, path, name, number, keys)
            if empty:
                yield DocumentError(Errors.E102.format(path=path))
    except OSError as error:
        yield DocumentError(Errors.E101.format(path=path, reason=error.strerror))


def _bad_line(path: Path, number: int, reason: str) -> DocumentError:
    return DocumentError(Errors.E113.format(path=path, line=number, reason=reason))


def _parse_line(line: bytes, path: Path, name: str, number: int, keys: set[str]) -> Source | DocumentError:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _bad_line(path, number, f"not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return _bad_line(path, number, f"not JSON ({error})")
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return _bad_line(path, number, 'no string "text"')
    text: str = record["text"]
    if not text.strip():
        return _bad_line(path, number, '"text" is empty')
    given = record.get("id")
    if given is not None and not isinstance(given, (str, int)):
        return _bad_line(path, number, '"id" is neither string nor number')
    key = str(number if given is None else given)
    if key in keys:
        return _bad_line(path, number, f'"id" {key} stands on an earlier line too')
    keys.add(key)
    return Source(
        path=f"{path}#{key}",
        format="jsonl",
        encoding="utf-8",
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        text=text,
        name=f"{name}#{key}",
    )

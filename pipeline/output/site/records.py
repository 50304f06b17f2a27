"""Read what ``pipeline run`` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import Errors, UsageError
from pipeline.output.record import SCHEMA
from pipeline.output.writer import ANNOTATIONS, FAILURES, MANIFEST


def read(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Records of an output folder with the lines they stand on, one at a time.

    Raises
    ------
    UsageError
        If the folder holds no result, or a line is no record.
    """
    path = _file(folder, ANNOTATIONS)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                if record["schema"] != SCHEMA:
                    raise ValueError(f"schema {record['schema']!r} instead of {SCHEMA!r}")
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise broken(folder, number, error) from None
            yield number, record


def broken(folder: Path, line: int, error: Exception) -> UsageError:
    """The error for a line that is no record."""
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    return UsageError(Errors.E006.format(path=folder / ANNOTATIONS, line=line, reason=reason))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The content of ``run.json``."""
    try:
        found: dict[str, Any] = json.loads(_file(folder, MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(Errors.E007.format(path=folder / MANIFEST, reason=error)) from None
    return found


def read_failures(folder: Path) -> list[dict[str, Any]]:
    """Inputs that failed; none where the file is missing."""
    path = folder / FAILURES
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    except ValueError as error:
        raise UsageError(Errors.E007.format(path=path, reason=error)) from None


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise UsageError(Errors.E005.format(path=folder, name=name))
    return path

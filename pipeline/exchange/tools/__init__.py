"""One module a tool, each with ``write(items, path, table)`` and ``read(path)``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.errors import Errors, UsageError
from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import Item
from pipeline.stages.themes.table import Theme

TOOLS = {
    "csv": ("pipeline.exchange.tools.csv_file", ".csv"),
    "xlsx": ("pipeline.exchange.tools.xlsx", ".xlsx"),
    "doccano": ("pipeline.exchange.tools.doccano", ".jsonl"),
    "label-studio": ("pipeline.exchange.tools.label_studio", ".json"),
    "prodigy": ("pipeline.exchange.tools.prodigy", ".jsonl"),
}
"""Name, module and suffix of each tool's file."""


def write(tool: str, items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write paragraphs for a tool.

    Returns
    -------
    list of Path
        What was written; Label Studio gets the config of its interface beside the tasks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = _module(tool).write(items, path, table)
    return written


def read(path: Path, tool: str | None = None) -> Iterator[Given | Unusable]:
    """Read what a tool gave back.

    Parameters
    ----------
    path : Path
    tool : str, optional
        Found out from the file if left out.

    Raises
    ------
    UsageError
        If there is no such file, or it is none of the formats known.
    """
    name = _tool_of(path, tool)
    try:
        yield from _module(name).read(path)
    except UnicodeDecodeError as error:
        raise UsageError(Errors.E603.format(path=path, tool=name, reason=error)) from None


def themes_of(path: Path, tool: str | None = None) -> list[Theme] | None:
    """The theme table that a file carries with it, as Excel files do; None for other tools.

    Raises
    ------
    UsageError
        If there is no such file, or it is none of the formats known.
    """
    of_file = getattr(_module(_tool_of(path, tool)), "read_themes", None)
    found: list[Theme] | None = of_file(path) if of_file else None
    return found


def detect(path: Path) -> str:
    """The tool a file comes from, by its suffix and its first line.

    Raises
    ------
    UsageError
        If it is none of those known.
    """
    suffix = path.suffix.lower()
    for tool in ("csv", "xlsx", "label-studio"):
        if suffix == TOOLS[tool][1]:
            return tool
    if suffix == ".jsonl":
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            first = next((line for line in lines if line.strip()), "")
        try:
            row = json.loads(first)
        except ValueError:
            row = None
        if isinstance(row, dict):
            return "prodigy" if {"answer", "accept", "_input_hash", "spans"} & set(row) else "doccano"
    raise UsageError(Errors.E602.format(path=path, known=", ".join(TOOLS)))


def _tool_of(path: Path, tool: str | None) -> str:
    if not path.is_file():
        raise UsageError(Errors.E001.format(path=path))
    return tool or detect(path)


def _module(tool: str) -> Any:
    if tool not in TOOLS:
        raise UsageError(Errors.E604.format(tool=tool, known=", ".join(TOOLS)))
    return import_module(TOOLS[tool][0])

"""What the pages call labels, sections and themes."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.output.palette import COLOURS
from pipeline.stages.themes.table import Theme, read_table

UNKNOWN = "OTHER"
"""CSS class of a label that is not in the palette."""


@cache
def words() -> dict[str, Any]:
    """The content of ``words.toml``."""
    return tomllib.loads(asset("words.toml"))


def asset(name: str) -> str:
    """A text file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def themes() -> dict[str, Theme]:
    """The theme table by id, in the table's order."""
    return {theme.id: theme for theme in read_table()}


def theme(name: str) -> Theme:
    """A theme by its id; one that the table lacks is called by its id."""
    return themes().get(name) or Theme(id=name, zh=name, en=name)


def label_class(label: str) -> str:
    """CSS class of a label: never text from a record."""
    return label if label in COLOURS else UNKNOWN


def theme_class(name: str) -> str:
    """CSS class of a theme: its place in the table."""
    known = list(themes())
    return f"th{known.index(name)}" if name in known else "th"

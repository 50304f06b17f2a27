"""What the pages call labels, sections and themes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.output.palette import COLOURS
from pipeline.stages.themes.table import OTHER, Theme

UNKNOWN = "OTHER"
"""CSS class of a label that is not in the palette."""


@cache
def words() -> dict[str, Any]:
    """The content of ``words.toml``."""
    return tomllib.loads(asset("words.toml"))


def asset(name: str) -> str:
    """A text file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


class Themes:
    """The themes of a result, in the order of its table.

    Parameters
    ----------
    table : iterable of Theme
    """

    def __init__(self, table: Iterable[Theme]) -> None:
        self.by_id = {theme.id: theme for theme in table}

    def get(self, name: str) -> Theme:
        """A theme by its id; one that the table lacks is called by its id."""
        return self.by_id.get(name) or Theme.model_construct(id=name, zh=name, en=name)

    def names(self) -> list[str]:
        """What the themes are called, `other` left out."""
        return [theme.zh for key, theme in self.by_id.items() if key != OTHER]

    def css_class(self, name: str) -> str:
        """CSS class of a theme: its place in the table."""
        known = list(self.by_id)
        return f"th{known.index(name)}" if name in known else "th"


def label_class(label: str) -> str:
    """CSS class of a label: never text from a record."""
    return label if label in COLOURS else UNKNOWN

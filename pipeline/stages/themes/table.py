"""The table of themes, from ``configs/themes.toml`` or a user's own."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from pipeline.errors import ConfigError, CorpusError, Errors
from pipeline.resources import config_path

OTHER = "other"

Id = Annotated[str, StringConstraints(pattern=r"^[\w-]+$")]
"""Ids stand in lists separated by spaces, in addresses and in file formats of annotation tools."""
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class Theme(BaseModel):
    """One policy theme with its names, definition, crosswalk and colour."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Id
    zh: str
    en: str
    definition: str = ""
    cap: list[int] = []
    govcn: list[str] = []
    colour: Colour = "#888888"
    includes: list[str] = []


def read_table(path: Path | None = None) -> list[Theme]:
    """Read a theme table.

    Raises
    ------
    ConfigError
        If it is missing or malformed, names a theme twice or lacks ``other``.
    """
    path = config_path(path or "themes.toml")
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("themes")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(Errors.E303.format(path=path, reason=" ".join(str(error).split()))) from None
    return checked(rows, path)


def checked(rows: Any, path: Path) -> list[Theme]:
    """Rows of a theme table as themes.

    Parameters
    ----------
    rows : list of dict
    path : Path
        Where they stand, for messages.

    Raises
    ------
    ConfigError
        See `read_table`.
    """
    try:
        table = TypeAdapter(list[Theme]).validate_python(rows)
    except ValidationError as error:
        raise ConfigError(Errors.E303.format(path=path, reason=" ".join(str(error).split()))) from None
    ids = [theme.id for theme in table]
    if len(ids) != len(set(ids)) or OTHER not in ids:
        raise ConfigError(Errors.E303.format(path=path, reason=f"ids must differ and include {OTHER!r}"))
    names = ids + [name for theme in table for name in theme.includes]
    if len(names) != len(set(names)):
        raise ConfigError(Errors.E303.format(path=path, reason="no id may stand in two themes' includes"))
    return table


def aliases(table: Iterable[Theme]) -> dict[str, str]:
    """What each id means in this table: itself, or the theme that includes it."""
    table = list(table)
    return {name: theme.id for theme in table for name in (theme.id, *theme.includes)}


def translate(themes: Iterable[str], meaning: Mapping[str, str]) -> list[str]:
    """Themes in the words of a table, in order, each once; ``other`` only where it is alone.

    Raises
    ------
    KeyError
        With the first id that has no meaning there.
    """
    found = list(dict.fromkeys(meaning[theme] for theme in themes))
    return [theme for theme in found if theme != OTHER] or found


def in_words(paragraph: str, themes: Iterable[str], table: Iterable[Theme]) -> list[str]:
    """Themes of an annotated paragraph in the words of a table, see `translate`.

    Raises
    ------
    CorpusError
        That names the paragraph, if the table has no word for one of them.
    """
    try:
        return translate(themes, aliases(table))
    except KeyError as error:
        raise CorpusError(Errors.E403.format(paragraph=paragraph, theme=error.args[0])) from None


def table_hash(ids: list[str]) -> str:
    """Hash of the themes' ids in order: what a model was trained to tell apart."""
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:16]

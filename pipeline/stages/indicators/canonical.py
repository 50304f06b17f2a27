"""One name for indicators that reports call by several."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pipeline.errors import ConfigError, Errors

_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=8)
def read_table(path: str | None = None) -> dict[str, str]:
    """Alias to canonical name; a table of the user's comes on top of the bundled one.

    Parameters
    ----------
    path : str, optional
        UTF-8 file: canonical name, tab, aliases separated by ``|``; lines with # are comments.

    Raises
    ------
    ConfigError
        If the file is missing or a line lacks its tab.
    """
    lines = files(__package__).joinpath("canonical.tsv").read_text("utf-8").splitlines()
    table = _parse(lines, "canonical.tsv")
    if path is not None:
        if not Path(path).is_file():
            raise ConfigError(Errors.E001.format(path=path))
        table |= _parse(Path(path).read_text(encoding="utf-8-sig").splitlines(), path)
    return table


def _parse(lines: list[str], path: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, tab, aliases = line.partition("\t")
        if not tab:
            raise ConfigError(Errors.E304.format(path=path, line=number))
        table |= {_key(alias): name.strip() for alias in [name, *aliases.split("|")] if alias.strip()}
    return table


def _key(name: str) -> str:
    return _SPACE.sub("", name).upper().replace("(", "（").replace(")", "）")


def canonical(name: str, table: dict[str, str]) -> str:
    """The canonical name, or the name itself where the table has none.

    Examples
    --------
    >>> canonical("GDP", read_table())
    '地区生产总值'
    """
    return table.get(_key(name), _SPACE.sub("", name))

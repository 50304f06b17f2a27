"""Divisions by name, with their parents and children."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from pipeline.divisions import Division, divisions, short_name

DIGITS = 12
_WIDTHS = (2, 4, 6, 9)
LEVELS = ("province", "city", "county", "town")


def padded(code: str) -> str:
    """The code with all its twelve digits.

    Examples
    --------
    >>> padded("4420")
    '442000000000'
    """
    return code.ljust(DIGITS, "0")


class Gazetteer:
    """Looks divisions up by full or short name; knows who belongs to whom."""

    def __init__(self) -> None:
        rows = divisions()
        cities = {row.code: row.name for row in rows if row.level == "city"}
        # 中山市 and 东莞市 have no counties: their county row repeats the city's name and code.
        self.rows = [row for row in rows if not (row.level == "county" and cities.get(row.code[:4]) == row.name)]
        self.by_code = {row.code: row for row in self.rows}
        self.full: dict[str, list[Division]] = defaultdict(list)
        self.short: dict[str, list[Division]] = defaultdict(list)
        self.below: dict[str, list[Division]] = defaultdict(list)
        for row in self.rows:
            self.full[row.name].append(row)
            short = short_name(row.name)
            if short != row.name:
                self.short[short].append(row)
            if parent := next(self._above(row), None):
                self.below[parent.code].append(row)

    def parents(self, row: Division) -> list[Division]:
        """The divisions above one, the nearest first."""
        return list(self._above(row))

    def _above(self, row: Division) -> Iterator[Division]:
        for width in reversed(_WIDTHS):
            if width < len(row.code) and (parent := self.by_code.get(row.code[:width])):
                yield parent

    def candidates(self, name: str) -> list[Division]:
        """Every division of that full name; where there is none, of that short name."""
        return self.full.get(name) or self.short.get(name) or []

    def any_name(self, name: str) -> list[Division]:
        """Every division that the name may mean, in full or short."""
        return [*self.full.get(name, ()), *self.short.get(name, ())]


@cache
def gazetteer() -> Gazetteer:
    """The bundled table, read once."""
    return Gazetteer()


def holds(outer: str, inner: str) -> bool:
    """Whether one code is the other or lies above it."""
    return inner.startswith(outer)

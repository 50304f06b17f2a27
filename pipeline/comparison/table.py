"""Targets and results side by side: a row for each indicator, issuer, year and kind of figure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.comparison.values import Value
from pipeline.comparison.verdict import Verdict, verdict

_ROLES = {"level": 0, "change": 1, "share": 2}
Issuer = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What was aimed at and what was reached.

    Attributes
    ----------
    targets, results : tuple of Value
        Different figures for the same thing, the most trustworthy first; mostly one, often none.
    """

    indicator: str
    issuer: str
    code: str
    year: str
    measure: str
    unit: str
    targets: tuple[Value, ...]
    results: tuple[Value, ...]

    @property
    def target(self) -> Value | None:
        """The first target."""
        return self.targets[0] if self.targets else None

    @property
    def result(self) -> Value | None:
        """The first result."""
        return self.results[0] if self.results else None

    @property
    def verdict(self) -> Verdict:
        """``met``, ``missed`` or empty."""
        return verdict(self.target, self.result)


@dataclass(frozen=True, slots=True)
class Found:
    """How often an indicator is measured."""

    name: str
    issuers: int
    targets: int
    results: int


def listed(values: Iterable[Value]) -> list[Found]:
    """All indicators, the most frequent first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    issuers: dict[str, set[Issuer]] = defaultdict(set)
    for value in values:
        counts[value.canonical][value.status] += 1
        issuers[value.canonical].add((value.code, value.issuer))
    found = [Found(name, len(issuers[name]), count["target"], count["actual"]) for name, count in counts.items()]
    return sorted(found, key=lambda one: (-(one.targets + one.results), one.name))


def compare(values: Sequence[Value], names: Sequence[str] | None = None) -> list[Row]:
    """Put targets beside results.

    Parameters
    ----------
    values : sequence of Value
        From `collect`.
    names : sequence of str, optional
        Canonical names, in the order they are wanted; if left out, only rows that say whether a target was met.

    Returns
    -------
    list of Row
        By indicator, issuer, kind of figure and year.
    """
    issuers = _issuers(values)
    cells: dict[tuple[str, Issuer, str, str, str], dict[str, list[Value]]] = {}
    for value in values:
        if names is None or value.canonical in names:
            issuer = issuers[(value.issuer, value.code)]
            key = (value.canonical, issuer, _measure(value), value.unit, value.year)
            cells.setdefault(key, {"target": [], "actual": []})[value.status].append(value)
    rows = [
        Row(name, *issuer, year, measure, unit, _distinct(cell["target"]), _distinct(cell["actual"]))
        for (name, issuer, measure, unit, year), cell in cells.items()
    ]
    if names is None:
        rows = [row for row in rows if row.verdict]
    order = {name: number for number, name in enumerate(names or sorted({row.indicator for row in rows}))}
    return sorted(
        rows,
        key=lambda row: (
            order[row.indicator], row.code or "~", row.issuer,
            _ROLES.get(row.measure.partition(",")[0], len(_ROLES)), row.measure, row.unit, row.year,
        ),
    )  # fmt: skip


def _issuers(values: Iterable[Value]) -> dict[Issuer, Issuer]:
    """Each issuer's name and code: one that was linked in some documents alone keeps its code in the others."""
    codes: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for value in values:
        if value.code:
            codes[value.issuer].add(value.code)
            names.setdefault(value.code, value.issuer)
    found = {}
    for value in values:
        code = value.code or (next(iter(codes[value.issuer])) if len(codes[value.issuer]) == 1 else "")
        found[(value.issuer, value.code)] = (names.get(code, value.issuer), code)
    return found


def _measure(value: Value) -> str:
    return f"{value.role}, yearly average" if value.averaged else value.role


def _distinct(values: list[Value]) -> tuple[Value, ...]:
    """Each figure once; first what is dated in the text, then what stands first."""
    kept: dict[tuple[object, ...], Value] = {}
    for value in sorted(values, key=lambda value: not value.period):
        kept.setdefault((value.low, value.high, value.direction, value.bound), value)
    return tuple(kept.values())

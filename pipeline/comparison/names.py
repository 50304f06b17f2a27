"""Finding an indicator by what a user calls it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pipeline.comparison.values import Value
from pipeline.errors import Errors, UsageError
from pipeline.stages.indicators.canonical import canonical, read_table

_HINTS = 5
_LIKENESS = 0.5


def resolve(wanted: str, values: Iterable[Value]) -> str:
    """The canonical name of an indicator that some values have.

    Parameters
    ----------
    wanted : str
        A canonical name, an alias of the bundled table (GDP), or a name as a document has it.
    values : iterable of Value

    Raises
    ------
    UsageError
        If no value has it; the message names those that are like it.
    """
    known: dict[str, str] = {}
    for value in values:
        known.setdefault(value.indicator, value.canonical)
    known |= {name: name for name in known.values()}
    name = canonical(wanted, read_table())
    for candidate in (name, wanted):
        if candidate in known:
            return known[candidate]
    raise UsageError(Errors.E801.format(name=wanted, hint=_hint(name, sorted(set(known.values())))))


def _hint(wanted: str, known: list[str]) -> str:
    """Names that contain the wanted one or are contained in it, then those spelt alike."""
    within = sorted((name for name in known if wanted in name or name in wanted), key=len)
    alike = get_close_matches(wanted, known, n=_HINTS, cutoff=_LIKENESS)
    found = list(dict.fromkeys([*within, *alike]))[:_HINTS]
    return f" Did you mean {', '.join(found)}?" if found else ""

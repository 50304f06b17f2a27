"""Whether a result meets a target, as far as their bounds tell."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pipeline.comparison import periods

if TYPE_CHECKING:
    from pipeline.comparison.values import Value

Verdict = Literal["met", "missed", ""]

NEAR = Decimal("0.05")
"""How far 左右 and 近 reach, as a share of the value."""
_ENDLESS = Decimal("Infinity")


def verdict(target: Value | None, result: Value | None) -> Verdict:
    """Judge a result by its target.

    A target is a threshold: 增长8% is met by 8.7%, 5%以内 by 4.1%, 下降3% by a fall of 3.4%. A result with a bound
    of its own is a range of values; only if all of them meet the target, or none does, is anything said.

    Parameters
    ----------
    target, result : Value or None

    Returns
    -------
    str
        ``met``, ``missed``, or empty where they can't be compared.
    """
    if target is None or result is None or target.year == periods.UNKNOWN:
        return ""
    if periods.words().general.fullmatch(target.canonical):
        return ""
    if (target.role, target.unit, target.averaged) != (result.role, result.unit, result.averaged):
        return ""
    if target.low is None or target.high is None or result.low is None or result.high is None:
        return ""
    low, high = _reach(result)
    if result.role == "change" and (result.direction == "down") != (target.direction == "down"):
        low, high = -high, -low
    if _is_ceiling(target):
        meets = {value <= _slack(target, target.high, 1) for value in (low, high)}
    else:
        meets = {value >= _slack(target, target.low, -1) for value in (low, high)}
    return "" if len(meets) > 1 else "met" if meets == {True} else "missed"


def _is_ceiling(target: Value) -> bool:
    """Whether less is better: by the bound, else by the indicator's name; a fall is counted as its size."""
    if target.bound == "at_most":
        return True
    if target.bound in ("at_least", "over") or target.direction == "down":
        return False
    return bool(periods.words().lower.search(target.canonical))


def _slack(target: Value, value: Decimal, sign: int) -> Decimal:
    return value * (1 + sign * NEAR) if target.bound in ("about", "nearly") else value


def _reach(result: Value) -> tuple[Decimal, Decimal]:
    """The values a result may have."""
    assert result.low is not None and result.high is not None
    low, high = result.low, result.high
    if result.bound in ("over", "at_least"):
        return low, _ENDLESS
    if result.bound == "at_most":
        return Decimal(0), high
    if result.bound == "nearly":
        return low * (1 - NEAR), high
    if result.bound == "about":
        return low * (1 - NEAR), high * (1 + NEAR)
    return low, high

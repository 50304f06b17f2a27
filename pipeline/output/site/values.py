"""Normalised values as a reader sees them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

_UNITS = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))


def number(value: object) -> Decimal | None:
    """A decimal string of a record; None for what is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 30 else None


def amount(value: Decimal, currency: str = "CNY", digits: int | None = None) -> str:
    """An amount in the unit Chinese readers count in: ``189.25 亿 CNY``; rounded where digits are given."""
    size, name = next((unit for unit in _UNITS if abs(value) >= unit[0]), (Decimal(1), ""))
    number = value / size if digits is None else round(value / size, digits)
    return " ".join(part for part in (plain(number), name, currency) if part)


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros, thousands parted."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def measure(norm: dict[str, Any] | None) -> str:
    """A value's number alone, for sorting; empty where it isn't known."""
    norm = norm or {}
    found = (number(norm.get(name)) for name in ("amount", "value", "low", "high"))
    return next((format(value, "f") for value in found if value is not None), "")


def describe(norm: dict[str, Any] | None) -> list[str]:
    """What the normalised value of an entity says, in parts."""
    if not norm:
        return []
    parts: list[str] = []
    if "currency" in norm:
        currency = str(norm["currency"])
        parts += _range(norm, "amount", lambda value: amount(value, currency))
    elif "unit" in norm:
        unit = " pp" if norm["unit"] == "pp" else f" {norm['unit']}" if norm["unit"] else ""
        parts += _range(norm, "value", lambda value: plain(value) + unit)
    if norm.get("bound") not in (None, "exact"):
        parts.append(str(norm["bound"]).replace("_", " "))
    if norm.get("code"):
        parts.append(f"code {norm['code']}")
    if norm.get("name"):
        parts.append(str(norm["name"]))
    return parts


def _range(norm: dict[str, Any], key: str, show: Any) -> list[str]:
    value, low, high = (number(norm.get(name)) for name in (key, "low", "high"))
    if low is not None and high is not None and low != high:
        return [f"{show(low)} – {show(high)}"]
    found = next((v for v in (value, low, high) if v is not None), None)
    return [] if found is None else [show(found)]

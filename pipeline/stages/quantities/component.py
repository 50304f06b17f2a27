"""Finds MONEY and PERCENT and sets their normalised values."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline import extensions
from pipeline.alignment import split_at
from pipeline.numerals import SCALES, parse, plain
from pipeline.stages.quantities import patterns


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount or rate: characters ``[start, end)``, its label, value and the rule that found it."""

    start: int
    end: int
    label: str
    norm: dict[str, Any]
    rule: str


LABELS = ("MONEY", "PERCENT")


class Quantities:
    """The stage: adds MONEY and PERCENT to ``doc.ents``.

    Parameters
    ----------
    bare_yi : bool
        Take ``300亿`` for money where its surroundings speak of money.
    """

    def __init__(self, bare_yi: bool = True) -> None:
        extensions.declare()
        self.bare_yi = bare_yi

    def __call__(self, doc: Doc) -> Doc:
        """Add the quantities; where one overlaps an entity, the longer of both stays.

        Amounts and rates that another model found give way: they have no value.
        """
        found = find(doc.text, bare_yi=self.bare_yi)
        if not found:
            return doc
        doc = split_at(doc, [edge for quantity in found for edge in (quantity.start, quantity.end)])
        spans: list[Span] = []
        values = {}
        for quantity in found:
            span = doc.char_span(quantity.start, quantity.end, label=quantity.label)
            if span is not None:
                spans.append(span)
                values[(span.start, span.end)] = quantity
        taken = {index for span in spans for index in range(span.start, span.end)}
        others = [ent for ent in doc.ents if ent.label_ not in LABELS or taken.isdisjoint(range(ent.start, ent.end))]
        doc.ents = filter_spans([*spans, *others])
        for span in doc.ents:
            known = values.get((span.start, span.end))
            if known is not None and span.label_ == known.label:
                span._.norm = known.norm
                span._.provenance = f"rule:quantities.{known.rule}"
        return doc


def find(text: str, bare_yi: bool = True) -> list[Quantity]:
    """All amounts and rates of a text, in order, none overlapping.

    Parameters
    ----------
    text : str
    bare_yi : bool
        See `Quantities`.

    Returns
    -------
    list of Quantity

    Examples
    --------
    >>> [(q.label, q.norm["amount"]) for q in find("实现产值189.25亿元")]
    [('MONEY', '18925000000')]
    """
    half = text.translate(patterns.FULL_TO_HALF)
    candidates = []
    for pattern, build in _RULES:
        if build in _BARE and not bare_yi:
            continue
        for match in pattern.finditer(half):
            with suppress(ValueError):  # a run of numerals that is no number, such as 十百十
                if (quantity := build(half, match)) is not None:
                    candidates.append(quantity)
    candidates.sort(key=lambda quantity: (quantity.start, -quantity.end))
    kept: list[Quantity] = []
    for quantity in candidates:
        if not kept or quantity.start >= kept[-1].end:
            kept.append(quantity)
    return kept


def _amount(text: str, match: re.Match[str]) -> Quantity | None:
    groups = match.groupdict()
    number = groups["hn"]
    whole = groups.get("ln") is not None or not set(number) <= set("十百千")
    if not whole and patterns.LEVEL_NOUN.match(text, match.end()):
        return None  # 千元村, 百亿元级
    scale = groups.get("hs") or ""
    low = parse(groups["ln"]) * SCALES[groups["ls"] or scale] if groups.get("ln") else None
    high = parse(number) * SCALES[scale]
    more = bool(groups.get("hm") or groups.get("hk"))
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    currency = _currency(groups["pre"], groups.get("cur"))
    return _money(text, start, match.end(), low, high, currency, more, "amount")


def _nearly(text: str, match: re.Match[str]) -> Quantity | None:
    if patterns.LEVEL_NOUN.match(text, match.end()):
        return None
    bound = "nearly" if match[0].startswith("近") else "about"
    norm = {"amount": plain(SCALES[match["s"]]), "currency": "CNY", "bound": bound, "low": None, "high": None}
    return Quantity(match.start(), match.end(), "MONEY", norm, "nearly_scale")


def _reached(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span("n")
    if patterns.LEVEL_NOUN.match(text, end) or not (match["cur"] or _speaks_of_money(text, match.start(), end)):
        return None
    return _money(text, start, end, None, SCALES[match["s"]], "CNY", False, "scale")


def _bare_yi(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    if not _speaks_of_money(text, start, end):
        return None
    if match["n"] is None:
        low = parse(match["ln"]) * SCALES[match["ls"] or match["hs"]]
        return _money(text, start, end, low, parse(match["hn"]) * SCALES[match["hs"]], "CNY", False, "bare_yi")
    more = bool(match["m"] or match["k"])
    return _money(text, start, end, None, parse(match["n"]) * SCALES[match["s"]], "CNY", more, "bare_yi")


def _bare_wan(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    before = text[max(0, start - 16) : start]
    if not patterns.BARE_END.match(text, end) or not patterns.CLAUSE_CONTEXT.search(before):
        return None
    more = bool(match["m"] or match["k"])
    return _money(text, start, end, None, parse(match["n"]) * SCALES[match["s"]], "CNY", more, "bare_wan")


def _speaks_of_money(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 24) : start]
    return bool(patterns.BARE_END.match(text, end) and patterns.MONEY_CONTEXT.search(before))


def _currency(before: str | None, after: str | None) -> str:
    if after and after != "元":
        for word in ("人民币", "新台币"):
            if word in after:
                return patterns.CURRENCIES[word]
        return patterns.CURRENCIES[after]
    return patterns.CURRENCIES[before or "元"]


def _money(
    text: str, start: int, end: int, low: Decimal | None, high: Decimal, currency: str, more: bool, rule: str
) -> Quantity:
    norm = {
        "amount": plain(high) if low is None else None,
        "currency": currency,
        "bound": "over" if more else _bound(text, start, end),
        "low": None if low is None else plain(low),
        "high": None if low is None else plain(high),
    }
    return Quantity(start, end, "MONEY", norm, rule)


def _percent(text: str, match: re.Match[str]) -> Quantity:
    start, end = match.span()
    bottom, top, unit, more, rule = _rate(match)
    norm = {
        "value": plain(top) if bottom is None else None,
        "unit": unit,
        "bound": "over" if more else _bound(text, start, end),
        "low": None if bottom is None else plain(bottom),
        "high": None if bottom is None else plain(top),
    }
    return Quantity(start, end, "PERCENT", norm, rule)


_PARTS = {
    "百分之": Decimal(1),
    "千分之": Decimal("0.1"),
    "万分之": Decimal("0.01"),
    "十万分之": Decimal("0.001"),
}


def _rate(match: re.Match[str]) -> tuple[Decimal | None, Decimal, str, bool, str]:
    """Low end, value, unit, whether more is meant, and the rule, of one match of `patterns.PERCENT`."""
    found = match.groupdict()
    rest = Decimal(0)
    if found["unit"]:
        low, high, more, rule = found["ln"], found["hn"], found["m"], "sign"
        factor = Decimal("0.1") if found["unit"] == "‰" else Decimal(1)
    elif found["word"]:
        low, high, more, rule = found["lw"], found["hw"], found["mw"], "word"
        factor = _PARTS[found["word"]]
    elif found["pp"]:
        low, high, rule = found["lp"], found["hp"], "points"
        factor = Decimal("0.1") if "千" in found["pp"] else Decimal(1)
        more = found["mp"] or found["pp"].startswith("多")
    elif found["tc"]:
        low, high, more, rule, factor = found["lc"], found["hc"], None, "tenths", Decimal(10)
        low = low.rstrip("成") if low else None
        # 九成四 is 94 %, 两成半 is 25 %.
        rest = Decimal(5) if found["half"] == "半" else parse(found["half"]) if found["half"] else Decimal(0)
    else:
        part, whole = (found["above"], found["below"]) if found["above"] else (found["over"], found["under"])
        # Four decimals: a third is 33.3333 %, which is as much as a report that says 三分之一 means.
        return None, (parse(part) * 100 / parse(whole)).quantize(Decimal("0.0001")), "%", False, "fraction"
    value = parse(high) * factor + rest
    return (parse(low) * factor if low else None), value, ("pp" if found["pp"] else "%"), bool(more), rule


def _bound(text: str, start: int, end: int) -> str:
    for pattern, bound in patterns.BOUND_AFTER:
        if pattern.match(text, end):
            return bound
    before = text[max(0, start - 6) : start]
    for pattern, bound in patterns.BOUND_BEFORE:
        if pattern.search(before):
            return bound
    return "exact"


_BARE = (_bare_yi, _bare_wan)
_RULES: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Quantity | None]], ...] = (
    (patterns.MONEY, _amount),
    (patterns.PREFIXED, _amount),
    (patterns.NEARLY_SCALE, _nearly),
    (patterns.REACHED_SCALE, _reached),
    (patterns.BARE, _bare_yi),
    (patterns.BARE_WAN, _bare_wan),
    (patterns.PERCENT, _percent),
)
"""Every pattern with what makes a quantity of its match, or None where the match is no quantity."""

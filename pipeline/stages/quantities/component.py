"""Finds MONEY and PERCENT and sets their normalised values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline import extensions
from pipeline.alignment import split_at
from pipeline.stages.quantities import patterns
from pipeline.stages.quantities.numerals import SCALES, parse, plain


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount or rate: characters ``[start, end)``, its label, value and the rule that found it."""

    start: int
    end: int
    label: str
    norm: dict[str, Any]
    rule: str


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
        """Add the quantities; where one overlaps an entity, the longer of both stays."""
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
        doc.ents = filter_spans([*spans, *doc.ents])
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
    candidates = [*_money(half), *_percent(half)]
    if bare_yi:
        candidates += _bare(half)
    candidates.sort(key=lambda quantity: (quantity.start, -quantity.end))
    kept: list[Quantity] = []
    for quantity in candidates:
        if not kept or quantity.start >= kept[-1].end:
            kept.append(quantity)
    return kept


def _money(text: str) -> Iterator[Quantity]:
    for match in patterns.MONEY.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        if _names_a_class(text, match, "hn", "ln"):
            continue
        currency = _currency(match["pre"], match["cur"])
        yield _amount(text, start, match.end(), match, currency, "amount")
    for match in patterns.PREFIXED.finditer(text):
        yield _amount(text, match.start(), match.end(), match, _currency(match["pre"], None), "prefixed")
    for match in patterns.NEARLY_SCALE.finditer(text):
        if patterns.LEVEL_NOUN.match(text, match.end()):
            continue
        bound = "nearly" if match[0].startswith("近") else "about"
        norm = {"amount": plain(SCALES[match["s"]]), "currency": "CNY", "bound": bound, "low": None, "high": None}
        yield Quantity(match.start(), match.end(), "MONEY", norm, "nearly_scale")
    for match in patterns.REACHED_SCALE.finditer(text):
        start, end = match.span("n")
        clearly = match["cur"] or (
            patterns.BARE_END.match(text, end)
            and patterns.MONEY_CONTEXT.search(text[max(0, match.start() - 24) : match.start()])
        )
        if clearly and not patterns.LEVEL_NOUN.match(text, end):
            norm = _money_norm(text, start, end, None, SCALES[match["s"]], "CNY", False)
            yield Quantity(start, end, "MONEY", norm, "scale")


def _names_a_class(text: str, match: re.Match[str], number: str, low: str) -> bool:
    """True for 亿元村, 千亿元产业: numerals of nothing but 十 百 千 before a noun for a class."""
    if match[low] is not None or match[number][:1].isdigit():
        return False
    return set(match[number]) <= set("十百千") and patterns.LEVEL_NOUN.match(text, match.end()) is not None


def _currency(before: str | None, after: str | None) -> str:
    if after and after != "元":
        for word in ("人民币", "新台币"):
            if word in after:
                return patterns.CURRENCIES[word]
        return patterns.CURRENCIES[after]
    return patterns.CURRENCIES[before or "元"]


def _amount(text: str, start: int, end: int, match: re.Match[str], currency: str, rule: str) -> Quantity:
    groups = match.groupdict()
    scale = groups.get("hs") or ""
    high = parse(match["hn"]) * SCALES[scale]
    low = None
    if groups.get("ln"):
        low = parse(groups["ln"]) * SCALES[groups["ls"] or scale]
    more = bool(groups.get("hm") or groups.get("hk"))
    return Quantity(start, end, "MONEY", _money_norm(text, start, end, low, high, currency, more), rule)


def _money_norm(
    text: str, start: int, end: int, low: Decimal | None, high: Decimal, currency: str, more: bool
) -> dict[str, Any]:
    return {
        "amount": plain(high) if low is None else None,
        "currency": currency,
        "bound": "over" if more else _bound(text, start, end),
        "low": None if low is None else plain(low),
        "high": None if low is None else plain(high),
    }


def _bare(text: str) -> Iterator[Quantity]:
    for match in patterns.BARE.finditer(text):
        start, end = match.span()
        before = text[max(0, start - 24) : start]
        if not patterns.BARE_END.match(text, end) or not patterns.MONEY_CONTEXT.search(before):
            continue
        if match["n"] is not None:
            low, high = None, parse(match["n"]) * SCALES[match["s"]]
            more = bool(match["m"] or match["k"])
        else:
            low = parse(match["ln"]) * SCALES[match["ls"] or match["hs"]]
            high, more = parse(match["hn"]) * SCALES[match["hs"]], False
        yield Quantity(start, end, "MONEY", _money_norm(text, start, end, low, high, "CNY", more), "bare_yi")


def _percent(text: str) -> Iterator[Quantity]:
    for match in patterns.PERCENT.finditer(text):
        start, end = match.span()
        divisor, unit, more = Decimal(1), "%", False
        if match["unit"]:
            low, high, more = match["ln"], match["hn"], bool(match["m"])
            divisor = Decimal(10) if match["unit"] == "‰" else divisor
            rule = "sign"
        elif match["word"]:
            low, high, more = match["lw"], match["hw"], bool(match["mw"])
            divisor = {"百分之": Decimal(1), "千分之": Decimal(10), "万分之": Decimal(100)}[match["word"]]
            rule = "word"
        elif match["pp"]:
            low, high, more = match["lp"], match["hp"], bool(match["mp"] or match["pp"][0] == "多")
            unit, rule = "pp", "points"
        else:
            low, high, more = match["lc"], match["hc"], match["half"] == "多"
            divisor, rule = Decimal("0.1"), "tenths"
        try:
            top = parse(high) / divisor
            bottom = parse(low) / divisor if low else None
        except ValueError:
            continue
        if match["half"] == "半":
            top += 5
        norm = {
            "value": plain(top) if bottom is None else None,
            "unit": unit,
            "bound": "over" if more else _bound(text, start, end),
            "low": None if bottom is None else plain(bottom),
            "high": None if bottom is None else plain(top),
        }
        yield Quantity(start, end, "PERCENT", norm, rule)


def _bound(text: str, start: int, end: int) -> str:
    for pattern, bound in patterns.BOUND_AFTER:
        if pattern.match(text, end):
            return bound
    before = text[max(0, start - 6) : start]
    for pattern, bound in patterns.BOUND_BEFORE:
        if pattern.search(before):
            return bound
    return "exact"

"""Links places to division codes, and 我镇 and 全市 to the issuer."""

from __future__ import annotations

import re
from typing import Any

from spacy.tokens import Doc, Span

from pipeline import extensions
from pipeline.alignment import split_at
from pipeline.divisions import Division, short_name
from pipeline.stages.places.gazetteer import Gazetteer, gazetteer, holds, padded
from pipeline.stages.places.linking import link, link_issuer, surroundings

DEICTIC = "deictic"
BY_ISSUER = "rule:issuer"
_PLACED = ("LOC", "FAC")
_HEAD = 600
_SELF = re.compile(
    r"(?<![自安完健周齐保大])(?:我们?|全|本|该)(?P<unit>省|自治区|市|州|盟|县|旗|区|镇|乡|街道?)"
    r"(?![场域级属直间政辖][^，。]?|县人|区别|区分|州市)"
)


class Places:
    """The stage: sets ``norm`` of GPE entities, ``doc._.places`` and ``doc.spans["deictic"]``.

    A LOC or FAC that is nothing but the issuer's name becomes a GPE.
    """

    def __init__(self) -> None:
        extensions.declare()

    def __call__(self, doc: Doc) -> Doc:
        """Link what the table of divisions knows; what it doesn't, or knows twice, stays unlinked."""
        table = gazetteer()
        meta: dict[str, Any] = doc._.meta or {}
        names = [ent.text for ent in doc.ents if ent.label_ == "GPE"]
        name = meta.get("issuer") or ""
        text = doc.text  # put together anew each time one asks for it
        issuer = link_issuer(name, meta.get("title") or "", text[:_HEAD], names, table) if name else None
        around = surroundings(names, table)
        doc._.places = {"name": name, "code": padded(issuer.code) if issuer else None}
        if name:
            _relabel(doc, name, issuer, table)
        before: Span | None = None
        inside: str | None = None
        for ent in doc.ents:
            if ent.label_ != "GPE":
                continue
            adjacent = before is not None and before.end_char == ent.start_char
            found = link(ent.text, issuer, around, table, inside if adjacent else None)
            before, inside = ent, found.code if found else None
            if found is not None:
                ent._.norm = {"code": padded(found.code)}
        return self._deictic(doc, text, name, issuer, table) if name else doc

    def _deictic(self, doc: Doc, text: str, name: str, issuer: Division | None, table: Gazetteer) -> Doc:
        found = [(m.start(), m.end(), m["unit"]) for m in _SELF.finditer(text)]
        kept = [(a, b, code) for a, b, unit in found for known, code in [_meant(unit, name, issuer, table)] if known]
        doc = split_at(doc, [edge for a, b, _ in kept for edge in (a, b)])
        spans = []
        for start, end, code in kept:
            span = doc.char_span(start, end, label="DEICTIC")
            if span is not None:
                span._.norm = {"code": code}
                spans.append(span)
        doc.spans[DEICTIC] = spans
        return doc


def _relabel(doc: Doc, name: str, issuer: Division | None, table: Gazetteer) -> None:
    """Make GPE of what a tagger took for a region or a site and is the issuer: 西区, 清溪 in the report of 清溪镇."""
    own = {form for full in (name, issuer.name if issuer else name) for form in (full, short_name(full))}
    ents: list[Span] = []
    for ent in doc.ents:
        is_issuer = ent.label_ in _PLACED and ent.text in own
        if is_issuer and not (ents and _elsewhere(ents[-1], ent, issuer, table)):
            norm = ent._.norm
            ent = Span(doc, ent.start, ent.end, label="GPE", kb_id=ent.kb_id)
            ent._.norm, ent._.provenance = norm, BY_ISSUER
        ents.append(ent)
    doc.ents = ents


def _elsewhere(before: Span, ent: Span, issuer: Division | None, table: Gazetteer) -> bool:
    """Whether the place named right before says that another one of the same name is meant: 攀枝花市西区."""
    if before.label_ != "GPE" or before.end_char != ent.start_char:
        return False
    return issuer is None or not any(holds(row.code, issuer.code) for row in table.any_name(before.text))


def _meant(unit: str, name: str, issuer: Division | None, table: Gazetteer) -> tuple[bool, str | None]:
    """Whether 我镇 or 全市 means the issuer or a division above it, and its code where known."""
    own = name if issuer is None else issuer.name
    if name.endswith(unit) or own.endswith(unit) or (unit == "街" and own.endswith("街道")):
        return True, padded(issuer.code) if issuer else None
    for parent in table.parents(issuer) if issuer else ():
        if parent.name.endswith(unit):
            return True, padded(parent.code)
    return False, None

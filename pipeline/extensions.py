"""What the stages leave on a spaCy Doc beyond `doc.ents`: declared once, plain values only.

======================  ==============================================================================
``doc._.paragraphs``    list of dict: ``start``, ``end`` (characters), ``role``, ``section``,
                        ``headings``; stages add ``themes`` and ``keyphrases``
``doc._.meta``          dict: ``title``, ``date``, ``issuer``
``doc._.keyphrases``    list of dict: ``text``, ``score``, ``mentions`` (character pairs)
``doc._.indicators``    list of dict: what each measuring MONEY or PERCENT says; ``entity`` and ``pair`` are
                        indexes into ``doc.ents``
``doc._.counts``        list of dict: the same of counts with other units, which are no entities
``doc._.places``        dict: ``issuer`` (name, code) as linked to the table of divisions
``doc.spans``           ``keyphrases``: every mention of a key phrase; ``deictic``: 我镇, 全市, the issuer
``span._.norm``         dict or None: normalised value of an entity
``span._.provenance``   str: which model or rule an entity comes from
======================  ==============================================================================
"""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc, Span

CONTENT_ROLES = ("title", "heading", "body")
"""Paragraph roles whose text is the document's own; captions, dates and page chrome are not."""

_DOC: dict[str, Any] = {
    "paragraphs": None,
    "meta": None,
    "keyphrases": None,
    "indicators": None,
    "counts": None,
    "places": None,
}
_SPAN: dict[str, Any] = {"norm": None, "provenance": None}


def declare() -> None:
    """Register the extension attributes; calling it again changes nothing."""
    for owner, attributes in ((Doc, _DOC), (Span, _SPAN)):
        for name, default in attributes.items():
            if not owner.has_extension(name):
                owner.set_extension(name, default=default)


def paragraphs(doc: Doc) -> list[dict[str, Any]]:
    """The paragraphs of a Doc; in a pipeline that sets none, each non-empty line is one.

    Parameters
    ----------
    doc : Doc

    Returns
    -------
    list of dict
        The very dicts kept on the Doc, so that a stage can add to them.
    """
    if doc._.paragraphs is None:
        found, start = [], 0
        for line in doc.text.split("\n"):
            if line.strip():
                found.append(
                    {"start": start, "end": start + len(line), "role": "body", "section": None, "headings": []}
                )
            start += len(line) + 1
        doc._.paragraphs = found
    set_on_doc: list[dict[str, Any]] = doc._.paragraphs
    return set_on_doc

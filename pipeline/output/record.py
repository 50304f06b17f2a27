"""From an annotated Doc to its record."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from pipeline.documents.types import Document

if TYPE_CHECKING:
    from spacy.tokens import Doc

SCHEMA = "pipeline.annotations/1"


def build(document: Document, doc: Doc) -> dict[str, Any]:
    """Make the record of one document.

    Parameters
    ----------
    document : Document
        The text with its source map.
    doc : Doc
        What the pipeline made of it.

    Returns
    -------
    dict
        As ``annotations.schema.json`` describes it; plain JSON values only.
    """
    paragraphs = doc._.paragraphs or []
    starts = [paragraph["start"] for paragraph in paragraphs]
    source, meta = document.source, document.meta
    return {
        "schema": SCHEMA,
        "doc_id": document.doc_id,
        "source": {
            "path": source.path,
            "format": source.format,
            "encoding": source.encoding,
            "sha256": source.sha256,
            "chars": len(source.text),
        },
        "meta": {
            "title": meta.title,
            "date": meta.date,
            "issuer": {"name": meta.issuer, "code": (doc._.places or {}).get("code")},
        },
        "offset_unit": "codepoint",
        "text": document.clean.text,
        "paragraphs": [
            {
                "id": number,
                **_offsets(document, paragraph["start"], paragraph["end"]),
                "role": paragraph["role"],
                "section": paragraph["section"],
                "headings": paragraph["headings"],
                "themes": paragraph.get("themes", []),
                "keyphrases": paragraph.get("keyphrases", []),
            }
            for number, paragraph in enumerate(paragraphs)
        ],
        "entities": [
            {
                "id": number,
                **_offsets(document, ent.start_char, ent.end_char),
                "text": ent.text,
                "label": ent.label_,
                "paragraph": bisect_right(starts, ent.start_char) - 1 if starts else None,
                "norm": ent._.norm,
                "provenance": ent._.provenance,
            }
            for number, ent in enumerate(doc.ents)
        ],
        "keyphrases": [
            {**phrase, "source_mentions": [list(document.clean.source_span(*span)) for span in phrase["mentions"]]}
            for phrase in doc._.keyphrases or []
        ],
        "deictic": [
            {
                **_offsets(document, span.start_char, span.end_char),
                "text": span.text,
                "code": (span._.norm or {}).get("code"),
            }
            for span in doc.spans.get("deictic", ())
        ],
        "indicators": doc._.indicators or [],
        "counts": doc._.counts or [],
    }


def _offsets(document: Document, start: int, end: int) -> dict[str, int]:
    source_start, source_end = document.clean.source_span(start, end)
    return {"start": start, "end": end, "source_start": source_start, "source_end": source_end}

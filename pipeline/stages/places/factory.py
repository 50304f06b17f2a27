"""Registers the stage as ``places``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.places.component import Places


@Language.factory(
    "places",
    assigns=["doc._.places", "doc.ents", "span._.norm", "span._.provenance", "doc.spans"],
    requires=["doc.ents"],
)
def create_places(nlp: Language, name: str) -> Places:
    """Create the stage; nlp and name are given by spaCy."""
    return Places()

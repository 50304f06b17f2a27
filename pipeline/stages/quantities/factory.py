"""Registers the stage as ``quantities``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.quantities.component import Quantities


@Language.factory(
    "quantities",
    assigns=["doc.ents", "span._.norm", "span._.provenance"],
    default_config={"bare_yi": True},
)
def create_quantities(nlp: Language, name: str, bare_yi: bool) -> Quantities:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    bare_yi : bool
        Take ``300亿`` for money where its surroundings speak of money.
    """
    return Quantities(bare_yi=bare_yi)

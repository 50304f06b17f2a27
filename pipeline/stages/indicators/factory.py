"""Registers the stage as ``indicators``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.indicators.component import Indicators


@Language.factory(
    "indicators",
    assigns=["doc._.indicators"],
    requires=["doc.ents"],
    default_config={"names": None},
)
def create_indicators(nlp: Language, name: str, names: str | None) -> Indicators:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    names : str, optional
        UTF-8 file of canonical names, ``canonical<tab>alias|alias`` a line, on top of the bundled ones.
    """
    return Indicators(names=names)

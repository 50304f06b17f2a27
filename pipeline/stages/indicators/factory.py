"""Registers the stage as ``indicators``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.indicators.component import Indicators


@Language.factory(
    "indicators",
    assigns=["doc._.indicators", "doc._.counts"],
    requires=["doc.ents"],
    default_config={"names": None, "model": None, "counts": True},
)
def create_indicators(nlp: Language, name: str, names: str | None, model: str | None, counts: bool) -> Indicators:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    names : str, optional
        UTF-8 file of canonical names, ``canonical<tab>alias|alias`` a line, on top of the bundled ones.
    model : str, optional
        A bundled model's name or a folder with a trained one; it reads the words of the segmenter that it was
        trained with. Without it the grammar stands alone.
    counts : bool
        Read counts and measures with other units (家, 公里, 人次) too, by the grammar alone.
    """
    return Indicators(names=names, model=model, counts=counts)

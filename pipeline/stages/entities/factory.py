"""Registers the stage as ``entity_tagger``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.entities.component import EntityTagger
from pipeline.stages.entities.spacy_ner import LABELS


@Language.factory(
    "entity_tagger",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "span._.provenance"],
    default_config={"model": "entities", "names": None, "labels": LABELS},
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0},
)
def create_entity_tagger(
    nlp: Language, name: str, model: str, names: str | None, labels: dict[str, str | None]
) -> EntityTagger:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    model : str
        A bundled model's name or a folder with a trained tagger; or an installed spaCy pipeline
        (``zh_core_web_sm``), or the folder of one, whose entities take the place of the tagger's.
    names : str, optional
        UTF-8 file of names that are always tagged: ``name<tab>label`` a line.
    labels : dict
        What the labels of a spaCy pipeline become; null leaves one out, as does leaving it unmentioned.
    """
    return EntityTagger(name=name, model=model, names=names, labels=labels)

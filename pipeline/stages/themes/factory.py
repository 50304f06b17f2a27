"""Registers the stage as ``theme_classifier``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.themes.component import ThemeClassifier


@Language.factory("theme_classifier", assigns=["doc._.paragraphs"], default_config={"model": "themes"})
def create_theme_classifier(nlp: Language, name: str, model: str) -> ThemeClassifier:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    model : str
        A bundled model's name or a folder with a trained classifier.
    """
    return ThemeClassifier(model=model)

"""Registers the stage as ``theme_classifier``."""

from __future__ import annotations

from spacy.language import Language

from pipeline.stages.themes.component import ThemeClassifier


@Language.factory("theme_classifier", assigns=["doc._.paragraphs"], default_config={"model": "themes", "table": None})
def create_theme_classifier(nlp: Language, name: str, model: str, table: str | None) -> ThemeClassifier:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    model : str
        A bundled model's name or a folder with a trained classifier.
    table : str, optional
        The theme table the model was trained on; the bundled one by default.
    """
    return ThemeClassifier(model=model, table=table)

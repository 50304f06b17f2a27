"""Run a pipeline over gold paragraphs and score what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.corpus.gold import GoldParagraph
from pipeline.evaluation.metrics import entity_scores, keyphrase_scores, theme_scores

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


def annotate(nlp: Language, paragraphs: Iterable[GoldParagraph]) -> Iterable[Doc]:
    """Docs of one paragraph each, its headings given."""
    for paragraph in paragraphs:
        doc = nlp.make_doc(paragraph.text)
        doc._.paragraphs = [
            {
                "start": 0,
                "end": len(paragraph.text),
                "role": "body",
                "section": None,
                "headings": list(paragraph.headings),
            }
        ]
        yield nlp(doc)


def evaluate(nlp: Language, paragraphs: list[GoldParagraph]) -> dict[str, Any]:
    """Score a pipeline.

    Parameters
    ----------
    nlp : Language
        Any pipeline; what none of its stages gives scores 0.
    paragraphs : list of GoldParagraph

    Returns
    -------
    dict
        ``paragraphs``, ``entities``, ``keyphrases`` and ``themes``, see `pipeline.evaluation.metrics`.
    """
    docs = list(annotate(nlp, paragraphs))
    first = [(doc._.paragraphs or [{}])[0] for doc in docs]
    return {
        "paragraphs": len(paragraphs),
        "entities": entity_scores(
            [[(e.start, e.end, e.label) for e in p.entities] for p in paragraphs],
            [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs],
        ),
        "keyphrases": keyphrase_scores([p.keyphrases for p in paragraphs], [f.get("keyphrases", []) for f in first]),
        "themes": theme_scores(
            [p.themes for p in paragraphs],
            [[theme["theme"] for theme in f.get("themes", [{"theme": "other"}])] for f in first],
        ),
    }

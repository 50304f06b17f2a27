"""Run a pipeline over gold paragraphs and score what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pipeline import language
from pipeline.alignment import split_at
from pipeline.corpus.gold import GoldParagraph
from pipeline.evaluation.metrics import FIELDS, entity_scores, indicator_scores, keyphrase_scores, theme_scores
from pipeline.stages.themes.table import in_words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


INDICATORS = "indicators"
"""The factory that makes indicator records."""


def annotate(nlp: Language, paragraphs: Iterable[GoldParagraph]) -> Iterable[Doc]:
    """Docs of one paragraph each, its headings given, gone through all stages."""
    return (nlp(doc) for doc in _docs(nlp, paragraphs))


def _docs(nlp: Language, paragraphs: Iterable[GoldParagraph]) -> Iterator[Doc]:
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
        yield doc


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
        ``paragraphs``, ``entities``, ``keyphrases``, ``themes`` and ``indicators`` (``given``: with gold entities,
        ``end_to_end``: with the pipeline's own), see `pipeline.evaluation.metrics`.

    Raises
    ------
    CorpusError
        If a gold theme means nothing in the pipeline's theme table.
    """
    themes = gold_themes(nlp, paragraphs)
    docs = list(annotate(nlp, paragraphs))
    first = [(doc._.paragraphs or [{}])[0] for doc in docs]
    wanted = [_gold_records(paragraph) for paragraph in paragraphs]
    return {
        "paragraphs": len(paragraphs),
        "entities": entity_scores(
            [[(e.start, e.end, e.label) for e in p.entities] for p in paragraphs],
            [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs],
        ),
        "keyphrases": keyphrase_scores([p.keyphrases for p in paragraphs], [f.get("keyphrases", []) for f in first]),
        "themes": theme_scores(
            themes,
            [[theme["theme"] for theme in f.get("themes", [{"theme": "other"}])] for f in first],
        ),
        "indicators": {
            "given": indicator_scores(wanted, [_records(doc) for doc in _with_gold_entities(nlp, paragraphs)]),
            "end_to_end": indicator_scores(wanted, [_records(doc) for doc in docs]),
        },
    }


def gold_themes(nlp: Language, paragraphs: Iterable[GoldParagraph]) -> list[list[str]]:
    """The gold themes in the words of the pipeline's theme table; as they are where it has none.

    Raises
    ------
    CorpusError
        If a paragraph has a theme that the table has no word for.
    """
    table = language.themes(nlp)
    return [in_words(p.id, p.themes, table) if table else p.themes for p in paragraphs]


def _with_gold_entities(nlp: Language, paragraphs: Iterable[GoldParagraph]) -> Iterator[Doc]:
    """Docs that carry the gold entities and have gone through the stages that make indicator records."""
    stages = [pipe for name, pipe in nlp.pipeline if nlp.get_pipe_meta(name).factory == INDICATORS]
    for doc, paragraph in zip(_docs(nlp, paragraphs), paragraphs, strict=True):
        doc = split_at(doc, [edge for entity in paragraph.entities for edge in (entity.start, entity.end)])
        spans = [doc.char_span(entity.start, entity.end, label=entity.label) for entity in paragraph.entities]
        doc.ents = [span for span in spans if span is not None]
        for stage in stages:
            doc = stage(doc)
        yield doc


def _gold_records(paragraph: GoldParagraph) -> list[dict[str, Any]]:
    found = []
    for record in paragraph.indicators:
        entity = paragraph.entities[record.entity]
        span = (entity.start, entity.end, entity.label)
        found.append({"span": span, **{field: getattr(record, field) for field in FIELDS}})
    return found


def _records(doc: Doc) -> list[dict[str, Any]]:
    found = []
    for record in doc._.indicators or []:
        entity = doc.ents[record["entity"]]
        span = (entity.start_char, entity.end_char, entity.label_)
        found.append({"span": span, **{field: record[field] for field in FIELDS}})
    return found

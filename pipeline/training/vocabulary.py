"""Words that a trained theme classifier never saw, added to its features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.themes.model import Row, ThemeModel

LEAST = 2
"""Paragraphs that must have a new term: what stands in one alone says more of that paragraph than of its theme."""


def grown(model: ThemeModel, rows: Sequence[Row]) -> ThemeModel:
    """A model that decides as before and has features for new terms, which weigh nothing yet.

    A new term counts for as rare as the rarest one known.

    Parameters
    ----------
    model : ThemeModel
        Is not changed.
    rows : sequence of Row
        What a classifier sees of the new paragraphs.
    """
    features = copy(model.features)
    transformers: list[tuple[str, Any, int]] = []
    blocks: list[NDArray[np.float64]] = []
    first = 0
    for name, vectorizer, column in model.features.transformers_:
        if name == "remainder":
            transformers.append((name, vectorizer, column))
            continue
        size = len(vectorizer.vocabulary_)
        larger, added = _with_terms(vectorizer, [row[column] for row in rows])
        transformers.append((name, larger, column))
        known = model.coefficients[:, first : first + size]
        blocks.append(np.hstack([known, np.zeros((len(model.labels), added))]))
        first += size
    features.transformers_ = transformers
    blocks.append(model.coefficients[:, first:])  # of the word vectors, of which new words have none
    new_words = len(transformers[0][1].vocabulary_) - len(model.features.transformers_[0][1].vocabulary_)
    return ThemeModel(
        features,
        np.hstack(blocks),
        model.intercepts,
        list(model.labels),
        list(model.thresholds),
        list(model.calibration),
        np.pad(model.vectors, ((0, new_words), (0, 0))) if model.vectors.size else model.vectors,
    )


def _with_terms(vectorizer: Any, texts: Sequence[str]) -> tuple[Any, int]:
    """The vectorizer with the new terms of some texts, and their number."""
    analyze, known = vectorizer.build_analyzer(), vectorizer.vocabulary_
    seen = Counter(term for text in texts for term in set(analyze(text)) if term not in known)
    terms = sorted(term for term, number in seen.items() if number >= LEAST)
    if not terms:
        return vectorizer, 0
    larger = copy(vectorizer)
    larger._tfidf = copy(vectorizer._tfidf)
    larger.vocabulary_ = {**known, **{term: len(known) + number for number, term in enumerate(terms)}}
    rarest = vectorizer.idf_.max() if known else 1.0
    larger._tfidf.idf_ = np.concatenate([vectorizer.idf_, np.full(len(terms), rarest, dtype=vectorizer.idf_.dtype)])
    larger._tfidf.n_features_in_ = len(larger.vocabulary_)
    return larger, len(terms)

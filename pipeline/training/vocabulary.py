"""Words that a trained theme classifier never saw, added to its features."""

from __future__ import annotations

from collections.abc import Sequence

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
    features = [terms.grown([row[column] for row in rows], LEAST) for column, terms in enumerate(model.features)]
    blocks: list[NDArray[np.float64]] = []
    first = 0
    for old, new in zip(model.features, features, strict=True):
        known = model.coefficients[:, first : first + len(old)]
        blocks.append(np.hstack([known, np.zeros((len(model.labels), len(new) - len(old)))]))
        first += len(old)
    blocks.append(model.coefficients[:, first:])  # of the word vectors, of which new words have none
    new_words = len(features[0]) - len(model.features[0])
    return ThemeModel(
        features,
        np.hstack(blocks),
        model.intercepts,
        list(model.labels),
        list(model.thresholds),
        list(model.calibration),
        np.pad(model.vectors, ((0, new_words), (0, 0))) if model.vectors.size else model.vectors,
    )

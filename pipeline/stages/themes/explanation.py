"""Which words and headings decided a theme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.stages.themes.features import Terms
from pipeline.stages.themes.model import COLUMNS, VECTORS, Row, ThemeModel

HEADINGS, LEAD = COLUMNS.index("headings"), COLUMNS.index("lead")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paragraph has or has not a theme.

    Attributes
    ----------
    theme : str
    score, threshold : float
    words : list of (str, float)
        What each word of the paragraph adds to the decision, the strongest first; a word's part of pairs and of
        runs of characters is counted in.
    headings : list of (str, float)
        The same of the headings above it.
    start : float
        The decision before any word is seen.
    """

    theme: str
    score: float
    threshold: float
    words: list[tuple[str, float]]
    headings: list[tuple[str, float]]
    start: float


def explain(model: ThemeModel, row: Row) -> list[Explanation]:
    """Explain every theme of a paragraph, the likeliest first.

    Parts and start of an explanation add up to the decision that its score is made of.

    Parameters
    ----------
    model : ThemeModel
    row : Row
    """
    vector = model.transform([row]).tocsr()
    worth = dict(zip(vector.indices, (model.coefficients[:, vector.indices] * vector.data).T, strict=True))
    _add_vectors(model, vector, worth)
    words, headings = row[0].split(" "), row[2].split("\n")
    of_words, of_headings = np.zeros((len(words), len(model.labels))), np.zeros((len(headings), len(model.labels)))
    letters = [n for n, word in enumerate(words) for _ in word]
    heading_letters = [n for n, heading in enumerate(headings) for _ in f"{heading}\n"]
    first = 0
    for column, terms in enumerate(model.features):
        owners = {0: list(range(len(words))), HEADINGS: heading_letters}.get(column, letters)
        target = of_headings if column == HEADINGS else of_words
        for index, places in _places(terms, row[column]).items():
            value = worth.get(first + index)
            if value is None:
                continue
            holders = [owners[place] for start, end in places for place in range(start, min(end, len(owners)))]
            for holder in holders:
                target[holder] += value / len(holders)
        first += len(terms)
    scores = model.scores([row])[0]
    return [
        Explanation(
            model.labels[label],
            float(scores[label]),
            model.thresholds[label],
            _strongest(words, of_words[:, label].tolist()),
            _strongest(headings, of_headings[:, label].tolist()) if row[2] else [],
            float(model.intercepts[label]),
        )
        for label in np.argsort(-scores, kind="stable")
    ]


def _add_vectors(model: ThemeModel, vector: Any, worth: dict[int, Any]) -> None:
    """Give each word its part of what the mean of the word vectors is worth."""
    if not model.vectors.size:
        return
    terms = vector[:, : len(model.vectors)].tocsr()
    _, lengths = model.summed(terms)
    of_vectors = model.coefficients[:, -model.vectors.shape[1] :]
    for index, weight in zip(terms.indices, terms.data, strict=True):
        worth[index] = worth[index] + of_vectors @ model.vectors[index] * (weight * VECTORS / lengths[0, 0])


def _places(terms: Terms, text: str) -> dict[int, list[tuple[int, int]]]:
    """Where each of the terms stands: spans of words, or of characters."""
    units: Sequence[str] = text.lower().split(" ") if terms.unit == "word" else text.lower()
    between = " " if terms.unit == "word" else ""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end in _spans(len(units), terms.shortest, terms.longest):
        index = terms.places.get(between.join(units[start:end]))
        if index is not None:
            found[index].append((start, end))
    return found


def _spans(length: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    for size in range(low, high + 1):
        for start in range(length - size + 1):
            yield start, start + size


def _strongest(names: Sequence[str], values: Sequence[float]) -> list[tuple[str, float]]:
    total: dict[str, float] = defaultdict(float)
    for name, value in zip(names, values, strict=True):
        total[name] += float(value)
    return sorted(((name, value) for name, value in total.items() if value), key=lambda pair: -abs(pair[1]))

"""Train the theme classifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.gold import GoldParagraph
from pipeline.evaluation.metrics import theme_scores
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.stages.themes.model import COLUMNS, Row, ThemeModel, row
from pipeline.stages.themes.table import read_table, table_hash
from pipeline.training import data
from pipeline.training.card import write_card


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    segmenter: str = "segmenter",
    strength: float = 6.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Train a theme classifier.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    segmenter : str
        The segmenter whose words the features are made of.
    strength : float
        Inverse regularisation ``C`` of the logistic regressions.
    seed : int

    Returns
    -------
    dict
        The model card.
    """
    import spacy

    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)
    labels = [theme.id for theme in read_table()]
    found = data.load(corpus, add, external)
    estimator = build(strength, seed)
    seen = rows(tokenizer, found.train)
    # Each paragraph is learnt with and without its headings: many documents have none, and a model that
    # always saw some takes their absence for page residue.
    bare = [(words, chars, "") for words, chars, _ in seen]
    truth = targets(found.train, labels)
    estimator.fit(np.array(seen + bare, dtype=object), np.concatenate([truth, truth]))
    model = ThemeModel(estimator, labels, [0.5] * len(labels))
    scores = model.scores(rows(tokenizer, found.dev))
    model.thresholds = thresholds(scores, targets(found.dev, labels))
    model.save(output)
    predicted = [[theme["theme"] for theme in model.themes(line)] for line in scores]
    return write_card(
        output,
        "themes",
        packages=["scikit-learn", "skops"],
        themes=table_hash(labels),
        data={
            **found.facts,
            "segmenter": segmenter,
            "primary": {label: sum(p.themes[0] == label for p in found.train) for label in labels},
        },
        settings={"strength": strength, "seed": seed},
        dev=theme_scores([p.themes for p in found.dev], predicted)["overall"],
    )


def build(strength: float, seed: int) -> Any:
    """The scikit-learn pipeline: TF-IDF of words, of characters and of headings, one logistic regression a theme."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import Pipeline

    words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), min_df=4, sublinear_tf=True)
    chars = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), min_df=6, sublinear_tf=True)
    headings = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True)
    features = ColumnTransformer(
        [
            (name, vectorizer, index)
            for index, (name, vectorizer) in enumerate(zip(COLUMNS, (words, chars, headings), strict=True))
        ],
        transformer_weights={"words": 1.0, "chars": 1.0, "headings": 0.5},
    )
    regression = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000, random_state=seed)
    return Pipeline([("features", features), ("themes", OneVsRestClassifier(regression))])


def rows(tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]) -> list[Row]:
    """What the classifier sees of annotated paragraphs."""
    return [row([token.text for token in tokenizer(p.text) if not token.is_space], p.headings) for p in paragraphs]


def targets(paragraphs: Sequence[GoldParagraph], labels: Sequence[str]) -> NDArray[np.int8]:
    """Indicator matrix of shape (paragraphs, labels)."""
    return np.array([[label in p.themes for label in labels] for p in paragraphs], dtype=np.int8)


def thresholds(scores: NDArray[np.float64], truth: NDArray[np.int8]) -> list[float]:
    """For each label the score in 0.2 … 0.7 that gives the best F1 on held-out paragraphs."""
    grid = np.arange(0.2, 0.71, 0.05)
    best = []
    for column in range(truth.shape[1]):
        gold = truth[:, column] == 1
        f1 = [_f1(gold, scores[:, column] >= cut) for cut in grid]
        best.append(round(float(grid[int(np.argmax(f1))]), 2))
    return best


def _f1(gold: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    hits = int((gold & given).sum())
    return 2 * hits / max(1, int(gold.sum()) + int(given.sum()))

"""An old and a new theme classifier side by side on the same paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.gold import GoldParagraph
from pipeline.evaluation.metrics import theme_scores
from pipeline.stages.themes.model import ThemeModel
from pipeline.stages.themes.table import OTHER, translate
from pipeline.training.themes import Trained

UNKNOWN = "?"
"""Stands for a theme of the old model that the new table has no word for."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A paragraph whose primary theme the two models see differently."""

    id: str
    text: str
    gold: str
    old: str
    new: str

    @property
    def better(self) -> bool:
        """Whether the new model is right."""
        return self.new == self.gold


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scores of both models on one set of paragraphs, and what flips."""

    name: str
    paragraphs: int
    old: dict[str, Any]
    new: dict[str, Any]
    flips: list[Flip]

    def counts(self) -> tuple[int, int, int]:
        """Flips to right, from right, and from one wrong theme to another."""
        better = sum(flip.better for flip in self.flips)
        worse = sum(flip.old == flip.gold for flip in self.flips)
        return better, worse, len(self.flips) - better - worse


def compare(old: ThemeModel, trained: Trained) -> list[Comparison]:
    """Compare on the held-out issuers and, if there are any, on the user's own paragraphs.

    The new model's themes of the user's paragraphs come from models that had not learnt from their documents.

    Parameters
    ----------
    old : ThemeModel
    trained : Trained
    """
    new = trained.model
    parts = [("held-out issuers", trained.dev, trained.dev_rows, new.scores(trained.dev_rows))]
    if trained.added:
        parts.append(
            ("your paragraphs, their document held out", trained.added, trained.added_rows, trained.added_scores)
        )
    found = []
    for name, paragraphs, rows, scores in parts:
        before = [_in_words(themes, trained.meaning) for themes in given(old, old.scores(rows))]
        found.append(_compared(name, paragraphs, before, given(new, scores)))
    return found


def given(model: ThemeModel, scores: NDArray[np.float64]) -> list[list[str]]:
    """Themes of each paragraph, best first."""
    return [[theme["theme"] for theme in model.themes(line)] for line in scores]


def _in_words(themes: list[str], meaning: dict[str, str]) -> list[str]:
    known = {theme: meaning.get(theme, UNKNOWN) for theme in themes}
    return translate(themes, known) or [OTHER]


def _compared(name: str, paragraphs: Sequence[GoldParagraph], old: list[list[str]], new: list[list[str]]) -> Comparison:
    gold = [p.themes for p in paragraphs]
    flips = [
        Flip(p.id, p.text, p.themes[0], a[0], b[0])
        for p, a, b in zip(paragraphs, old, new, strict=True)
        if a[0] != b[0]
    ]
    before, after = (theme_scores(gold, themes)["overall"] for themes in (old, new))
    return Comparison(name, len(paragraphs), before, after, flips)

"""How sure scores are: intervals over issuers, calibration, and accuracy against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.metrics import theme_scores

Themes = Sequence[Sequence[str]]
MEASURES = ("primary_accuracy", "micro_f1", "macro_f1")


def intervals(
    gold: Themes, predicted: Themes, issuers: Sequence[str], samples: int = 300, seed: int = 0
) -> dict[str, list[float]]:
    """95 % intervals of the theme scores, by drawing issuers anew.

    Paragraphs of one issuer resemble each other; drawing paragraphs would make the intervals too narrow.

    Parameters
    ----------
    gold, predicted : sequence of sequence of str
    issuers : sequence of str
        Of each paragraph.
    samples, seed : int
    """
    names = sorted(set(issuers))
    members = {name: [i for i, issuer in enumerate(issuers) if issuer == name] for name in names}
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for _ in range(samples):
        rows = [i for name in rng.choice(names, len(names)) for i in members[name]]
        scores = theme_scores([gold[i] for i in rows], [predicted[i] for i in rows])["overall"]
        for measure in MEASURES:
            drawn[measure].append(scores[measure])
    return {m: [round(float(q), 4) for q in np.quantile(values, (0.025, 0.975))] for m, values in drawn.items()}


def calibration(scores: Sequence[float], right: Sequence[bool], bins: int = 5) -> dict[str, Any]:
    """What share of primary themes is right at which score.

    Returns
    -------
    dict
        ``bins``: lowest score, paragraphs, mean score, share right; ``error``: mean distance of the last two.
    """
    given, hits = np.asarray(scores), np.asarray(right)
    rows, error = [], 0.0
    for low in np.arange(bins) / bins:
        high = low + 1 / bins
        inside = (given >= low) & ((given < high) | (high >= 1))
        if inside.any():
            mean, share = float(given[inside].mean()), float(hits[inside].mean())
            error += abs(mean - share) * int(inside.sum()) / len(given)
            rows.append(
                {
                    "from": round(float(low), 2),
                    "paragraphs": int(inside.sum()),
                    "score": round(mean, 4),
                    "right": round(share, 4),
                }
            )
    return {"bins": rows, "error": round(error, 4)}


def coverage(scores: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """Accuracy of the primary theme where only the surest paragraphs are kept."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    hits = np.asarray(right)[order]
    table = []
    for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        count = max(1, round(share * len(hits)))
        lowest = float(np.asarray(scores)[order][count - 1])
        accuracy = float(hits[:count].mean())
        table.append({"coverage": share, "score": round(lowest, 4), "accuracy": round(accuracy, 4)})
    return table

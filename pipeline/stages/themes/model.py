"""The classifier itself: rows of text in, a score for each theme out; saved with skops, never pickled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import Errors, ModelError
from pipeline.resources import model_file
from pipeline.stages.themes.table import OTHER

MODEL_FILE = "model.skops"
LABELS_FILE = "labels.json"
COLUMNS = ("words", "chars", "headings")
TRUSTED: list[str] = []
"""Types beyond skops' own safe list that the model may hold: none."""

Row = tuple[str, str, str]
"""The paragraph's words joined by spaces, its characters, and its headings."""


def row(words: Sequence[str], headings: Sequence[str]) -> Row:
    """What the classifier sees of a paragraph.

    Parameters
    ----------
    words : sequence of str
        The segmenter's words of the paragraph.
    headings : sequence of str
        The headings above it, outermost first.
    """
    kept = ["0" if word[:1].isdigit() else word for word in words]
    return " ".join(kept), "".join(kept), "\n".join(headings)


@dataclass(slots=True)
class ThemeModel:
    """A fitted scikit-learn pipeline with its labels and thresholds.

    Attributes
    ----------
    estimator : sklearn.pipeline.Pipeline
        ``predict_proba`` gives one column a label.
    labels : list of str
    thresholds : list of float
        Score a label must reach to be given, one each.
    """

    estimator: Any
    labels: list[str]
    thresholds: list[float]

    def scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Scores of shape (paragraphs, labels)."""
        if not rows:
            return np.zeros((0, len(self.labels)))
        return np.asarray(self.estimator.predict_proba(np.array(rows, dtype=object)))

    def themes(self, scores: NDArray[np.float64], limit: int = 3) -> list[dict[str, Any]]:
        """Themes of one paragraph, best first; ``other`` alone where no theme reaches its threshold."""
        other = self.labels.index(OTHER)
        order = [i for i in np.argsort(-scores, kind="stable") if i != other and scores[i] >= self.thresholds[i]]
        if not order or (scores[other] >= self.thresholds[other] and scores[other] >= scores[order[0]]):
            return [{"theme": OTHER, "score": round(float(scores[other]), 4)}]
        return [{"theme": self.labels[i], "score": round(float(scores[i]), 4)} for i in order[:limit]]

    def save(self, folder: Path) -> None:
        """Write ``model.skops`` and ``labels.json``."""
        import skops.io

        folder.mkdir(parents=True, exist_ok=True)
        skops.io.dump(self.estimator, folder / MODEL_FILE, compression=ZIP_DEFLATED, compresslevel=9)
        facts = {"labels": self.labels, "thresholds": self.thresholds}
        (folder / LABELS_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> ThemeModel:
    """Load a model.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or holds a type that is not allowed.
    """
    import skops.io

    path = model_file(folder, MODEL_FILE)
    facts = json.loads(model_file(folder, LABELS_FILE).read_text(encoding="utf-8"))
    try:
        strange = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
        if strange:
            raise ModelError(Errors.E204.format(path=path, types=", ".join(sorted(strange))))
        estimator = skops.io.load(path, trusted=TRUSTED)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    return ThemeModel(estimator, facts["labels"], facts["thresholds"])

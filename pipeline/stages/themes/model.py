"""The classifier itself: rows of text in, a score for each theme out; saved as plain arrays, never pickled."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import Errors, ModelError
from pipeline.resources import model_file
from pipeline.stages.themes.features import BETWEEN, Terms
from pipeline.stages.themes.table import OTHER

FORMAT = 4
"""Version of the files below; a model of another one is refused."""
MODEL_FILE = "model.npz"
FACTS_FILE = "labels.json"
COLUMNS = ("words", "chars", "headings", "lead")
SETTINGS = ("unit", "shortest", "longest", "weight")
"""What ``labels.json`` says of each column's terms."""
FACTS = {"sha256", "labels", "columns", "thresholds", "calibration"}
"""What it has to say at all, beside its format."""
VECTORS = 0.5
"""Weight of the mean of a paragraph's word vectors beside the blocks of terms."""
PRIMARY = 0.1
"""Score that is enough for the best theme where none reaches its own threshold and ``other`` doesn't either."""
SMALLEST = 1e-9
_LEAD = re.compile(r"[^。；：:]{2,30}[。：:]")

Row = tuple[str, str, str, str]
"""The paragraph's words joined by spaces, its characters, the headings above it, and its first short clause,
which in many reports is a heading within the paragraph.
"""


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
    text = "".join(kept)
    lead = _LEAD.match(text)
    return " ".join(kept), text, "\n".join(headings), lead.group() if lead else ""


@dataclass(slots=True)
class ThemeModel:
    """Features of rows and one calibrated linear decision a theme.

    Attributes
    ----------
    features : list of Terms
        One a column of the rows.
    coefficients : ndarray of shape (themes, features)
    intercepts : ndarray of shape (themes,)
    labels : list of str
        Ids of the themes.
    thresholds : list of float
        Score a theme must reach to be given, one each.
    calibration : list of (float, float)
        Slope and offset that make a probability of each decision.
    vectors : ndarray of shape (terms of the first block, dimensions)
        A vector for each word, zeros for pairs of words. Their mean stands behind the blocks: by it a word that few
        labelled paragraphs have counts as the words used like it do.
    """

    features: list[Terms]
    coefficients: NDArray[Any]
    intercepts: NDArray[Any]
    labels: list[str]
    thresholds: list[float]
    calibration: list[tuple[float, float]]
    vectors: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0)))

    def transform(self, rows: Sequence[Row]) -> Any:
        """The sparse matrix of features."""
        from scipy.sparse import csr_matrix, hstack

        if not rows:
            return csr_matrix((0, self.coefficients.shape[1]))
        terms = self._terms(rows)
        if not self.vectors.size:
            return terms
        sums, lengths = self.summed(terms)
        return hstack([terms, csr_matrix(sums * (VECTORS / lengths))]).tocsr()

    def _terms(self, rows: Sequence[Row]) -> Any:
        """The columns side by side."""
        from scipy.sparse import csr_matrix

        indices, data, ends = [], [], [0]
        for line in rows:
            first, end = 0, ends[-1]
            for column, terms in enumerate(self.features):
                places, values = terms.weigh(line[column])
                indices.append(np.array(places, dtype=np.int32) + first)
                data.append(values)
                first += len(terms)
                end += len(places)
            ends.append(end)
        width = sum(map(len, self.features))
        return csr_matrix((np.concatenate(data), np.concatenate(indices), ends), shape=(len(rows), width))

    def summed(self, terms: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """The weighted sums of the word vectors of paragraphs, and the lengths of these sums."""
        sums = _product(terms[:, : len(self.vectors)], self.vectors)
        return sums, np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), SMALLEST)

    def scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Calibrated scores of shape (paragraphs, themes)."""
        if not rows:
            return np.zeros((0, len(self.labels)))
        return self.calibrated(_product(self.transform(rows), self.coefficients.T) + self.intercepts)

    def calibrated(self, decisions: NDArray[Any]) -> NDArray[np.float64]:
        """Probabilities of linear decisions."""
        slopes, offsets = np.array(self.calibration).T
        return np.asarray(1 / (1 + np.exp(-np.clip(decisions * slopes + offsets, -50, 50))))

    def themes(self, scores: NDArray[np.float64], limit: int = 3) -> list[dict[str, Any]]:
        """Themes of one paragraph, best first; ``other`` alone where nothing reaches its threshold.

        Thresholds decide which further themes a paragraph has. For a paragraph that is about something, but of
        which no theme is sure, the best theme is right far more often than ``other``: `PRIMARY` is its threshold.
        """
        other = self.labels.index(OTHER)
        order = [int(i) for i in np.argsort(-scores, kind="stable") if i != other]
        chosen = [i for i in order if scores[i] >= self.thresholds[i]]
        if scores[other] >= self.thresholds[other]:
            chosen = chosen if chosen and scores[chosen[0]] > scores[other] else []
        elif not chosen:
            chosen = [i for i in order[:1] if scores[i] >= PRIMARY]
        return [{"theme": self.labels[i], "score": round(float(scores[i]), 4)} for i in chosen[:limit] or [other]]

    def save(self, folder: Path) -> None:
        """Write ``model.npz`` and ``labels.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / MODEL_FILE
        arrays: dict[str, Any] = {
            "coefficients": self.coefficients.astype(np.float32),
            "intercepts": self.intercepts.astype(np.float32),
            "vectors": self.vectors.astype(np.float16),
        }
        columns = {}
        for name, terms in zip(COLUMNS, self.features, strict=True):
            arrays[f"{name}.idf"] = terms.idf
            arrays[f"{name}.terms"] = np.frombuffer(BETWEEN.join(terms.places).encode(), dtype=np.uint8)
            columns[name] = {setting: getattr(terms, setting) for setting in SETTINGS}
        np.savez_compressed(path, **arrays)
        facts = {
            "format": FORMAT,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "columns": columns,
            "labels": self.labels,
            "thresholds": self.thresholds,
            "calibration": [list(pair) for pair in self.calibration],
        }
        (folder / FACTS_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _product(matrix: Any, dense: NDArray[Any]) -> NDArray[Any]:
    """A sparse matrix times a dense one, of which only the rows that count are converted for it."""
    used = np.unique(matrix.indices)
    return np.asarray(matrix[:, used] @ dense[used].astype(matrix.dtype))


def load(folder: Path, themes: Sequence[str] | None = None) -> ThemeModel:
    """Load a model.

    Parameters
    ----------
    folder : Path
    themes : sequence of str, optional
        Ids of the theme table that the model must have been trained on.

    Raises
    ------
    ModelError
        If a file is missing, damaged or changed since it was trained, holds a type that is not allowed, or comes
        from another version or another theme table.
    """
    facts = _facts(folder)
    path = model_file(folder, MODEL_FILE)
    if hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
        raise ModelError(Errors.E205.format(path=path))
    if themes is not None and set(themes) != set(facts["labels"]):
        strange = sorted(set(themes) ^ set(facts["labels"]))
        raise ModelError(Errors.E207.format(path=folder, themes=", ".join(strange)))
    try:
        model = _model(path, facts)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    count, width = len(model.labels), sum(map(len, model.features)) + model.vectors.shape[1]
    if model.coefficients.shape != (count, width) or model.intercepts.shape != (count,):
        raise ModelError(Errors.E205.format(path=folder))
    if len({count, len(model.thresholds), len(model.calibration)}) > 1:
        raise ModelError(Errors.E205.format(path=folder))
    if any(terms.idf.shape != (len(terms),) for terms in model.features):
        raise ModelError(Errors.E205.format(path=folder))
    return model


def _model(path: Path, facts: dict[str, Any]) -> ThemeModel:
    features = []
    with np.load(path, allow_pickle=False) as arrays:
        for name in COLUMNS:
            settings = {setting: facts["columns"][name][setting] for setting in SETTINGS}
            sizes = (settings["shortest"], settings["longest"])
            if settings["unit"] not in ("word", "char") or not all(isinstance(size, int) for size in sizes):
                raise ModelError(Errors.E205.format(path=path.parent / FACTS_FILE))
            joined = arrays[f"{name}.terms"].tobytes().decode()
            places = {term: place for place, term in enumerate(joined.split(BETWEEN))} if joined else {}
            features.append(Terms(**settings, places=places, idf=arrays[f"{name}.idf"]))
        return ThemeModel(
            features,
            arrays["coefficients"],
            arrays["intercepts"],
            facts["labels"],
            [float(threshold) for threshold in facts["thresholds"]],
            [(float(slope), float(offset)) for slope, offset in facts["calibration"]],
            arrays["vectors"].astype(np.float32),
        )


def _facts(folder: Path) -> dict[str, Any]:
    path = model_file(folder, FACTS_FILE)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    if not isinstance(facts, dict):
        raise ModelError(Errors.E203.format(path=path, reason="not a JSON object"))
    if facts.get("format") != FORMAT:
        made = f"format {facts.get('format', 1)}"
        raise ModelError(Errors.E206.format(path=folder, made=made, here=f"format {FORMAT}"))
    if not facts.keys() >= FACTS or not isinstance(facts["labels"], list):
        raise ModelError(Errors.E205.format(path=path))
    return facts

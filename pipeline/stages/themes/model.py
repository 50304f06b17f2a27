"""The classifier itself: rows of text in, a score for each theme out; saved with skops, never pickled."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import Errors, ModelError
from pipeline.resources import model_file
from pipeline.stages.themes.table import OTHER

FORMAT = 3
"""Version of the files below; a model of another one is refused."""
MODEL_FILE = "model.skops"
SCHEMA = "schema.json"
FACTS_FILE = "labels.json"
COLUMNS = ("words", "chars", "headings", "lead")
VECTORS = 0.5
"""Weight of the mean of a paragraph's word vectors beside the blocks of terms."""
PRIMARY = 0.1
"""Score that is enough for the best theme where none reaches its own threshold and ``other`` doesn't either."""
BETWEEN_TERMS = "\0"
SMALLEST = 1e-9
TRUSTED: list[str] = []
"""Types beyond skops' own safe list that the model may hold: none."""

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
    features : sklearn.compose.ColumnTransformer
        Rows to a sparse matrix.
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

    features: Any
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
        return hstack([csr_matrix(block) for block in self._blocks(rows)]).tocsr()

    def _blocks(self, rows: Sequence[Row]) -> Iterator[Any]:
        """The features part by part: terms of each column, then word vectors.

        ``features`` would do the same; by itself it looks for data frames and workers, which costs more.
        """
        weights = self.features.transformer_weights or {}
        words = None
        for name, vectorizer, column in self.features.transformers_:
            if hasattr(vectorizer, "vocabulary_"):
                block = vectorizer.transform([line[column] for line in rows]) * weights.get(name, 1)
                words = block if words is None else words
                yield block
        if self.vectors.size:
            sums, lengths = self.summed(words)
            yield sums * (VECTORS / lengths)

    def summed(self, terms: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """The weighted sums of the word vectors of paragraphs, and the lengths of these sums."""
        sums = _product(terms[:, : len(self.vectors)], self.vectors)
        return sums, np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), SMALLEST)

    def scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Calibrated scores of shape (paragraphs, themes)."""
        from scipy.sparse import issparse

        if not rows:
            return np.zeros((0, len(self.labels)))
        decisions, first = np.tile(self.intercepts, (len(rows), 1)), 0
        for block in self._blocks(rows):
            part = self.coefficients[:, first : first + block.shape[1]].T
            decisions = decisions + (_product(block, part) if issparse(block) else block @ part)
            first += block.shape[1]
        return self.calibrated(decisions)

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
        """Write ``model.skops`` and ``labels.json``."""
        import skops.io

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / MODEL_FILE
        features, terms = _without_terms(self.features)
        parts = {
            "features": features,
            "terms": terms,
            "coefficients": self.coefficients.astype(np.float32),
            "intercepts": self.intercepts.astype(np.float32),
            "vectors": self.vectors.astype(np.float16),
        }
        skops.io.dump(parts, path)
        _make_reproducible(path)
        facts = {
            "format": FORMAT,
            "scikit-learn": version("scikit-learn"),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
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
        from another major version or another theme table.
    """
    path, facts = model_file(folder, MODEL_FILE), _facts(folder)
    _check_version(folder, facts)
    if hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
        raise ModelError(Errors.E205.format(path=path))
    if themes is not None and set(themes) != set(facts["labels"]):
        strange = sorted(set(themes) ^ set(facts["labels"]))
        raise ModelError(Errors.E207.format(path=folder, themes=", ".join(strange)))
    parts = _parts(path)
    coefficients, labels, vectors = parts["coefficients"], facts["labels"], parts["vectors"].astype(np.float32)
    width = sum(len(v.vocabulary_) for _, v, _ in parts["features"].transformers_ if hasattr(v, "vocabulary_"))
    if coefficients.shape != (len(labels), width + vectors.shape[1]):
        raise ModelError(Errors.E205.format(path=folder))
    if len({len(labels), len(facts["thresholds"]), len(facts["calibration"])}) > 1:
        raise ModelError(Errors.E205.format(path=folder))
    calibration = [(float(slope), float(offset)) for slope, offset in facts["calibration"]]
    return ThemeModel(
        parts["features"], coefficients, parts["intercepts"], labels, list(facts["thresholds"]), calibration, vectors
    )


def _make_reproducible(path: Path) -> None:
    """Pack anew what skops wrote: it numbers objects by their place in memory and stamps files with the time."""
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    renamed: dict[str, str] = {}
    schema = _renumbered(json.loads(files.pop(SCHEMA)), {}, renamed)
    files = {renamed.get(name, name): data for name, data in files.items()}
    files[SCHEMA] = json.dumps(schema).encode()
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(ZipInfo(name), files[name], compress_type=ZIP_DEFLATED)


def _renumbered(node: Any, numbers: dict[Any, int], renamed: dict[str, str]) -> Any:
    """A part of skops' schema with its objects numbered as they come.

    Whether two equal strings, numbers or types are one object differs from run to run: here they always are.
    """
    if isinstance(node, list):
        return [_renumbered(part, numbers, renamed) for part in node]
    if not isinstance(node, dict):
        return node
    found = dict(node)
    if "__id__" in node:
        value = {key: part for key, part in node.items() if key != "__id__"}
        known = json.dumps(value) if node.get("__loader__") in ("JsonNode", "TypeNode") else node["__id__"]
        found["__id__"] = numbers.setdefault(known, len(numbers))
        if isinstance(node.get("file"), str):
            found["file"] = renamed[node["file"]] = f"{found['__id__']}{Path(node['file']).suffix}"
    return {key: _renumbered(part, numbers, renamed) if key != "__id__" else part for key, part in found.items()}


def _facts(folder: Path) -> dict[str, Any]:
    path = model_file(folder, FACTS_FILE)
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    return facts


def _check_version(folder: Path, facts: dict[str, Any]) -> None:
    trained, here = str(facts.get("scikit-learn", "?")), version("scikit-learn")
    if facts.get("format") != FORMAT or trained.split(".")[0] != here.split(".")[0]:
        made = f"format {facts.get('format', 1)}, scikit-learn {trained}"
        raise ModelError(Errors.E206.format(path=folder, made=made, here=f"format {FORMAT}, scikit-learn {here}"))


def _parts(path: Path) -> dict[str, Any]:
    import skops.io

    try:
        strange = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
        if strange:
            raise ModelError(Errors.E204.format(path=path, types=", ".join(sorted(strange))))
        parts: dict[str, Any] = skops.io.load(path, trusted=TRUSTED)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    if not isinstance(parts, dict) or {"features", "terms", "coefficients", "intercepts", "vectors"} - set(parts):
        raise ModelError(Errors.E205.format(path=path))
    for (_, vectorizer, _), terms in zip(parts["features"].transformers_, parts["terms"], strict=False):
        words = terms.tobytes().decode().split(BETWEEN_TERMS) if len(terms) else []
        vectorizer.vocabulary_ = {word: index for index, word in enumerate(words)}
    return parts


def _without_terms(features: Any) -> tuple[Any, list[NDArray[np.uint8]]]:
    """The features and, as bytes, their terms: skops would take a node for each term, and seconds to load them."""
    light, terms, transformers = copy(features), [], []
    for name, vectorizer, column in features.transformers_:
        empty = copy(vectorizer)
        vars(empty).pop("_stop_words_id", None)  # a place in memory
        if hasattr(vectorizer, "vocabulary_"):
            words = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            terms.append(np.frombuffer(BETWEEN_TERMS.join(words).encode(), dtype=np.uint8))
            empty.vocabulary_ = {}
        transformers.append((name, empty, column))
    light.transformers_ = transformers
    return light, terms

"""Inference of a linear-chain CRF for many sentences at once.

CRFsuite learns the weights. Its tagger takes features as strings, one sentence at a time, and looks each up by its
bytes; here features are numbers, and a look-up is a few instructions for all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.uint64]
"""Of shape (items, features of an item)."""
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

_TYPES = {
    "labels": np.str_,
    "features": np.uint64,
    "counts": np.uint8,
    "targets": np.uint8,
    "weights": np.float32,
    "moves": np.float32,
}
"""Of the arrays of `Weights`."""
_FARTHEST = 1000
"""Slots between a feature and where it belongs, at most: so many would be found by who looks for them alone."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a CRF has learnt.

    Attributes
    ----------
    labels : ndarray of str, shape (labels,)
    features : ndarray of shape (features,)
        None of them 0.
    counts : ndarray of shape (features,)
        For how many labels each feature speaks.
    targets, weights : ndarray of shape (counts.sum(),)
        The numbers of these labels, and how much it speaks for them.
    moves : ndarray of shape (labels, labels)
        How much speaks for moves from one label, the row, to the next.
    """

    labels: NDArray[np.str_]
    features: Features
    counts: NDArray[np.uint8]
    targets: NDArray[np.uint8]
    weights: NDArray[np.float32]
    moves: NDArray[np.float32]

    def __post_init__(self) -> None:
        strange = [name for name, kind in _TYPES.items() if not np.issubdtype(getattr(self, name).dtype, kind)]
        if strange:
            raise ValueError(f"not of the right type: {', '.join(strange)}")
        size, total = self.labels.size, int(self.counts.sum())
        shapes = {
            "labels": (size,),
            "features": (self.features.size,),
            "counts": (self.features.size,),
            "targets": (total,),
            "weights": (total,),
            "moves": (size, size),
        }
        wrong = [name for name, shape in shapes.items() if getattr(self, name).shape != shape]
        if wrong or not size or not self.features.all() or int(self.targets.max(initial=0)) >= size:
            raise ValueError(f"parts that don't fit together: {', '.join(wrong) or 'features, targets'}")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.moves).all()):
            raise ValueError("weights that are no numbers")

    @classmethod
    def learnt(cls, path: Path) -> Self:
        """From a file of CRFsuite, the features of which were numbers written in hexadecimal digits."""
        import pycrfsuite

        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        info = tagger.info()
        labels = sorted(info.labels, key=lambda label: int(info.labels[label]))
        found: dict[int, list[tuple[int, float]]] = {}
        for (feature, label), weight in info.state_features.items():
            found.setdefault(int(feature, 16), []).append((labels.index(label), weight))
        moves = np.zeros((len(labels), len(labels)), dtype=np.float32)
        for (before, after), weight in info.transitions.items():
            moves[labels.index(before), labels.index(after)] = weight
        said = [pair for feature in sorted(found) for pair in sorted(found[feature])]
        return cls(
            np.array(labels),
            np.array(sorted(found), dtype=np.uint64),
            np.array([len(found[feature]) for feature in sorted(found)], dtype=np.uint8),
            np.array([target for target, _ in said], dtype=np.uint8),
            np.array([weight for _, weight in said], dtype=np.float32),
            moves,
        )

    def to_bytes(self) -> bytes:
        """As a file of arrays."""
        file = BytesIO()
        np.savez_compressed(file, **{name: getattr(self, name) for name in self.__slots__})
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` gave.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        try:
            with np.load(BytesIO(data), allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__slots__})
        except Exception as error:  # what numpy and zipfile raise is as various as damages are
            raise ValueError(str(error) or type(error).__name__) from error


class LinearChainCRF:
    """Tags sequences.

    Parameters
    ----------
    weights : Weights
    """

    def __init__(self, weights: Weights) -> None:
        self.labels: list[str] = weights.labels.tolist()
        self._moves = weights.moves.astype(np.float64)
        self._table = _Table(weights.features)
        self._weights = np.zeros((len(weights.features), len(self.labels)), dtype=np.float32)
        self._weights[np.repeat(np.arange(len(weights.features)), weights.counts), weights.targets] = weights.weights

    def tag(self, features: Features, lengths: Sequence[int]) -> tuple[list[str], list[float]]:
        """Label the items of sequences.

        Parameters
        ----------
        features : ndarray of shape (items of all sequences, features of an item)
        lengths : sequence of int
            Items of each sequence.

        Returns
        -------
        labels : list of str
            The most probable sequences.
        probabilities : list of float
            How probable each of these labels is at its place.
        """
        if not len(features):
            return [], []
        steps = _Steps(np.asarray(lengths))
        scores = self._scores(features)[steps.items]
        best, sure = np.empty(len(scores), dtype=np.int64), np.empty(len(scores))
        best[steps.items] = found = self._viterbi(scores, steps)
        sure[steps.items] = np.take_along_axis(self._forward_backward(scores, steps), found[:, None], axis=1)[:, 0]
        return [self.labels[number] for number in best.tolist()], sure.tolist()

    def marginals(self, features: Features, lengths: Sequence[int]) -> Floats:
        """How probable each label is for each item: an array of shape (items, labels)."""
        if not len(features):
            return np.zeros((0, len(self.labels)))
        steps = _Steps(np.asarray(lengths))
        found = np.empty((len(features), len(self.labels)))
        found[steps.items] = self._forward_backward(self._scores(features)[steps.items], steps)
        return found

    def _scores(self, features: Features) -> Floats:
        """What its features say for each label of each item."""
        from scipy.sparse import csr_matrix

        rows = self._table.rows(features)
        known = rows >= 0
        ends = np.concatenate([[0], known.sum(axis=1).cumsum()])
        shape = len(features), len(self._weights)
        found = csr_matrix((np.ones(ends[-1], dtype=np.float32), rows[known], ends), shape=shape)
        return np.asarray(found @ self._weights, dtype=np.float64)

    def _viterbi(self, scores: Floats, steps: _Steps) -> Numbers:
        """The most probable labels."""
        sums = scores.copy()
        for before, now in steps.forwards():
            sums[now] += (sums[before][:, :, None] + self._moves).max(axis=1)
        best = np.empty(len(scores), dtype=np.int64)
        best[steps.last] = sums[steps.last].argmax(axis=1)
        for before, now in steps.backwards():
            best[before] = (sums[before] + self._moves.T[best[now]]).argmax(axis=1)
        return best

    def _forward_backward(self, scores: Floats, steps: _Steps) -> Floats:
        """The marginals; each step is scaled, so that no sequence is too long for weights as CRFsuite learns them."""
        moves = np.exp(self._moves - self._moves.max())
        local = np.exp(scores - scores.max(axis=1, keepdims=True))
        ahead, behind = local / local.sum(axis=1, keepdims=True), np.ones_like(local)
        for before, now in steps.forwards():
            found = (ahead[before] @ moves) * local[now]
            ahead[now] = found / found.sum(axis=1, keepdims=True)
        for before, now in steps.backwards():
            found = (local[now] * behind[now]) @ moves.T
            behind[before] = found / found.sum(axis=1, keepdims=True)
        marginals: Floats = ahead * behind
        marginals /= marginals.sum(axis=1, keepdims=True)
        return marginals


class _Steps:
    """The items of sequences step by step: the first of all sequences, then the second of all that have one.

    Longer sequences come first, so that each step is one slice.
    """

    def __init__(self, lengths: Numbers) -> None:
        order = np.argsort(-lengths, kind="stable")
        first = (lengths.cumsum() - lengths)[order]
        falling = lengths[order]
        sizes = np.searchsorted(-falling, -np.arange(falling[0]), side="left")
        self.edges = np.concatenate([[0], sizes.cumsum()])
        step = np.repeat(np.arange(len(sizes)), sizes)
        self.items = first[np.arange(len(step)) - self.edges[step]] + step
        lasting = falling > 0
        self.last = self.edges[falling[lasting] - 1] + np.flatnonzero(lasting)

    def forwards(self) -> list[tuple[slice, slice]]:
        """Places of the items before and now, sequence by sequence."""
        edges = self.edges.tolist()
        pairs = zip(edges[:-2], edges[1:-1], edges[2:], strict=True)
        return [(slice(start, start + end - now), slice(now, end)) for start, now, end in pairs]

    def backwards(self) -> list[tuple[slice, slice]]:
        """The same from the end."""
        return self.forwards()[::-1]


class _Table:
    """Finds the row of a feature: a hash table with open addressing."""

    def __init__(self, features: Features) -> None:
        bits = int(3 * len(features) + 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._features = np.zeros(1 << bits, dtype=np.uint64)
        self._rows = np.full(1 << bits, -1, dtype=np.int32)
        rows = np.arange(len(features), dtype=np.int32)
        slots = self._slots(features)
        for _ in range(_FARTHEST):
            _, first = np.unique(slots, return_index=True)
            chosen = first[self._features[slots[first]] == 0]
            self._features[slots[chosen]], self._rows[slots[chosen]] = features[rows[chosen]], rows[chosen]
            rows, slots = np.delete(rows, chosen), self._next(np.delete(slots, chosen))
            if not len(rows):
                return
        raise ValueError("features that can't be told apart")

    def rows(self, features: Features) -> NDArray[np.int32]:
        """Rows of known features; -1 for others."""
        slots = self._slots(features)
        there = self._features[slots]
        found = np.where(there == features, self._rows[slots], np.int32(-1))
        missed = np.nonzero((there != features) & (there != 0))
        while len(missed[0]):
            slots[missed] = self._next(slots[missed])
            there = self._features[slots[missed]]
            hit = there == features[missed]
            found[tuple(places[hit] for places in missed)] = self._rows[slots[missed][hit]]
            missed = tuple(places[~hit & (there != 0)] for places in missed)
        return found

    def _slots(self, features: Features) -> Numbers:
        return (features >> self._shift).astype(np.int64)

    def _next(self, slots: Numbers) -> Numbers:
        return (slots + 1) % len(self._features)

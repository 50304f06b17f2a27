"""Fitting the linear decisions of the theme classifier: from nothing, or starting from those of an older model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
JITTER = 1e-6


@dataclass(frozen=True, slots=True)
class Linear:
    """One linear decision a theme: ``features @ coefficients.T + intercepts``."""

    coefficients: Array
    intercepts: Array

    def decisions(self, features: Any) -> Array:
        """Decisions of shape (rows, themes)."""
        return np.asarray(features @ self.coefficients.T + self.intercepts)


def fit(features: Any, truth: NDArray[np.int8], weights: Array, strength: float, seed: int) -> Linear:
    """Fit a linear support vector machine a theme.

    Parameters
    ----------
    features : sparse matrix of shape (rows, features)
    truth : ndarray of shape (rows, themes)
        1 where a row has the theme.
    weights : ndarray of shape (rows,)
    strength : float
        Inverse regularisation ``C``.
    seed : int
    """
    from sklearn.svm import LinearSVC

    coefficients = np.zeros((truth.shape[1], features.shape[1]))
    intercepts = np.full(truth.shape[1], -1.0)
    for column in range(truth.shape[1]):
        if truth[:, column].all() or not truth[:, column].any():
            intercepts[column] = 1.0 if truth[:, column].all() else -1.0
            continue
        machine = LinearSVC(C=strength, random_state=seed).fit(features, truth[:, column], sample_weight=weights)
        coefficients[column], intercepts[column] = machine.coef_[0], machine.intercept_[0]
    return Linear(coefficients, intercepts)


def go_on(
    old: Linear,
    keep: Any,
    features: Any,
    truth: NDArray[np.int8],
    weights: Array,
    strength: float,
    held: float = 1.0,
    iterations: int = 80,
) -> Linear:
    """Change a model as little as new paragraphs ask for.

    The paragraphs that the old model learnt from need not be at hand: it is the starting point, distance from it
    is penalised, and what it decides of known paragraphs is held.

    Parameters
    ----------
    old : Linear
    keep : sparse matrix
        Paragraphs whose decisions shall stay.
    features, truth, weights
        The new paragraphs, see `fit`.
    strength : float
        Inverse regularisation of the change.
    held : float
        How strongly the decisions of ``keep`` are held.
    iterations : int
        At most so many.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import minimize
    from scipy.sparse import vstack

    rows = vstack([keep, features]).tocsr()
    # The change lies in the span of these rows. In the coordinates of the triangular root of their inner products
    # its length is the coefficients' own, and there are thousands of unknowns in place of millions.
    products = (rows @ rows.T).toarray()
    products[np.diag_indices_from(products)] += JITTER
    root = cholesky(products, lower=True)
    count, sign, start = keep.shape[0], np.where(truth == 1, 1.0, -1.0), old.decisions(features)
    shape = (rows.shape[0], truth.shape[1])
    size = shape[0] * shape[1]

    def loss(flat: Array) -> tuple[float, Array]:
        change, shift = flat[:size].reshape(shape), flat[size:]
        moved = root @ change + shift
        slack = np.maximum(0.0, 1.0 - sign * (start + moved[count:]))
        pull = np.vstack([2.0 * held * moved[:count], -2.0 * weights[:, None] * sign * slack]) * strength
        value = held * (moved[:count] ** 2).sum() + (weights[:, None] * slack**2).sum()
        slope = change + root.T @ pull
        return 0.5 * float((change**2).sum()) + strength * float(value), np.append(slope, pull.sum(axis=0))

    options = {"maxiter": iterations}
    best = minimize(loss, np.zeros(size + shape[1]), jac=True, method="L-BFGS-B", options=options).x
    shares = solve_triangular(root, best[:size].reshape(shape), trans="T", lower=True)
    return Linear(old.coefficients + (rows.T @ shares).T, old.intercepts + best[size:])

"""Word vectors from plain text: positive pointwise mutual information, reduced by SVD."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def train(
    sentences: Sequence[Sequence[str]], *, size: int = 100, window: int = 3, least: int = 3, seed: int = 0
) -> tuple[list[str], NDArray[np.float32]]:
    """Learn vectors of unit length; on a few million words as good as word2vec, in seconds and reproducible.

    Parameters
    ----------
    sentences : sequence of sequence of str
        Words.
    size : int
        Length of the vectors.
    window : int
        Words on either side that count as neighbours; nearer ones weigh more.
    least : int
        Occurrences a word must have.
    seed : int

    Returns
    -------
    words : list of str
        The commonest first.
    vectors : array of shape (len(words), size)
    """
    from scipy.sparse import coo_matrix, csr_matrix
    from sklearn.utils.extmath import randomized_svd

    counts = Counter(word for words in sentences for word in words)
    vocabulary = [word for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= least]
    number = {word: i for i, word in enumerate(vocabulary)}
    shape = (len(vocabulary), len(vocabulary))
    gap = [-1] * window
    stream = np.array([i for words in sentences for i in (*(number.get(word, -1) for word in words), *gap)])
    pairs = csr_matrix(shape, dtype=np.float32)
    for distance in range(1, window + 1):
        a, b = stream[:-distance], stream[distance:]
        both = (a >= 0) & (b >= 0)
        weights = np.full(int(both.sum()), 1 / distance, dtype=np.float32)
        pairs = pairs + coo_matrix((weights, (a[both], b[both])), shape=shape).tocsr()
    pairs = (pairs + pairs.T).tocoo()
    each = np.asarray(pairs.sum(axis=1)).ravel()
    # Contexts to the power 3/4: rare neighbours would otherwise carry the most information.
    context = each**0.75
    expected = each[pairs.row] * context[pairs.col] / context.sum()
    information = np.log(pairs.data / expected)
    keep = information > 0
    matrix = csr_matrix((information[keep], (pairs.row[keep], pairs.col[keep])), shape=shape)
    left, strength, _ = randomized_svd(matrix, min(size, len(vocabulary) - 1), n_iter=3, random_state=seed)
    found = left * np.sqrt(strength)
    found /= np.linalg.norm(found, axis=1, keepdims=True) + 1e-9
    vectors = np.zeros((len(vocabulary), size), dtype=np.float32)
    vectors[:, : found.shape[1]] = found
    return vocabulary, vectors

"""What the theme classifier sees of a text: TF-IDF of runs of words or characters.

The same numbers as scikit-learn's ``TfidfVectorizer`` gives. Learning has that library at hand; here it would cost a
third of the start of a run, and objects of its classes can be saved whole only by pickling.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BETWEEN = "\0"
"""Stands between terms in a file, and so in none of them."""
_BLANKS = re.compile(r"\s\s+")


@dataclass(frozen=True, slots=True)
class Terms:
    """The features of one column of the rows.

    Attributes
    ----------
    unit : str
        What terms are runs of: ``word``, as blanks divide them, or ``char``.
    shortest, longest : int
        Units of a term.
    weight : float
        What the column counts for beside others.
    places : dict of str to int
        The column of the matrix that each term has.
    idf : ndarray of shape (terms,)
        How rare each term is.
    """

    unit: Literal["word", "char"]
    shortest: int
    longest: int
    weight: float
    places: dict[str, int]
    idf: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)

    def cut(self, text: str) -> list[str]:
        """Every term of a text, known or not."""
        sizes = range(self.shortest, self.longest + 1)
        if self.unit == "word":
            words = text.lower().split()
            return [" ".join(words[at : at + size]) for size in sizes for at in range(len(words) - size + 1)]
        letters = _BLANKS.sub(" ", text.lower())
        return [letters[at : at + size] for size in sizes for at in range(len(letters) - size + 1)]

    def weigh(self, text: str) -> tuple[list[int], NDArray[np.float64]]:
        """The places of a text's known terms in order, and their values: a vector as long as the column's weight."""
        counts = Counter(map(self.places.get, self.cut(text), repeat(-1)))
        counts.pop(-1, 0)
        places = sorted(counts)
        values = (np.log([counts[place] for place in places]) + 1) * self.idf[places]
        return places, values * (self.weight / (np.sqrt(values @ values) or 1))

    def learnt(self, texts: Sequence[str], least: int) -> Terms:
        """The same with the terms that so many texts have."""
        seen = self._seen(texts)
        terms = sorted(term for term, number in seen.items() if number >= least)
        idf = np.log((1 + len(texts)) / (1 + np.array([seen[term] for term in terms]))) + 1
        return replace(self, places={term: place for place, term in enumerate(terms)}, idf=idf)

    def grown(self, texts: Sequence[str], least: int) -> Terms:
        """The same with further terms that so many texts have; they count for as rare as the rarest one known."""
        seen = self._seen(texts)
        terms = sorted(term for term, number in seen.items() if number >= least and term not in self.places)
        places = self.places | {term: len(self) + number for number, term in enumerate(terms)}
        rarest = self.idf.max() if len(self) else 1.0
        return replace(self, places=places, idf=np.append(self.idf, np.full(len(terms), rarest)))

    def _seen(self, texts: Iterable[str]) -> Counter[str]:
        return Counter(term for text in texts for term in set(self.cut(text)) if BETWEEN not in term)

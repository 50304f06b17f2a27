"""Passages that stand word for word in two documents, found in one pass over all of them.

Each paragraph is reduced to fingerprints by winnowing (Schleimer, Wilkerson and Aiken, 2003): of the hashes of all
runs of `GRAM` characters the smallest in every `WINDOW`. Two paragraphs that share ``GRAM + WINDOW - 1`` characters
share a fingerprint. Only fingerprints are kept, at most `MOST` of them; beyond that, an even sample.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import compress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

GRAM = 16
WINDOW = 13
SHORTEST = 32
"""Characters, punctuation and formulae left out, that make a passage. Of what two texts share up to ``WINDOW - 1``
characters at each end go unseen: 56 are always found, 32 may be."""
STANDARD = 10
"""What stands in so many documents is taken for a formula."""
MOST = 300_000
"""Fingerprints kept at a time, which takes some 60 MB."""

Print = tuple[list[int], list[int]]
"""Fingerprints of a paragraph, and where each begins, counted in the characters that count."""

_CLAUSE = "[，。；：！？、,;:!?\n]"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a paragraph that stands in another document too.

    Attributes
    ----------
    paragraph, start, end : int
        Where it stands; characters of the document's text.
    other, other_paragraph : int
        Number of the earlier document, and the paragraph there.
    """

    paragraph: int
    start: int
    end: int
    other: int
    other_paragraph: int
    _sample: int


class SharedPassages:
    """Finds passages as documents come by.

    Parameters
    ----------
    most : int
        Fingerprints kept at a time.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.sample = 1
        self.documents = 0
        self._seen: dict[int, tuple[int, int, int]] = {}
        self._repeated: dict[int, tuple[int, int]] = {}

    def add(self, record: dict[str, Any], prints: Iterable[Print]) -> list[Passage]:
        """Passages of a record, given with its `fingerprints`, that earlier ones have, formulae left out."""
        number = self.documents
        self.documents += 1
        found: list[Passage] = []
        for paragraph, (hashes, positions) in zip(_bodies(record), prints, strict=True):
            if matches := self._matches(number, hashes, positions):
                text = record["text"][paragraph["start"] : paragraph["end"]]
                places = list(compress(range(len(text)), map(str.isalnum, text)))
            for other, other_paragraph, first, last, sample in matches:
                start, end = places[first], places[last + GRAM - 1] + 1
                if _is_own(text[start:end]):
                    at = paragraph["start"]
                    found.append(Passage(paragraph["id"], at + start, at + end, other, other_paragraph, sample))
            self._keep(number, paragraph["id"], hashes, positions)
        return found

    def is_standard(self, passage: Passage) -> bool:
        """Whether so many documents have it that it must be a formula; known at the end."""
        return self._repeated.get(passage._sample, (0, 0))[0] >= STANDARD

    def _matches(self, number: int, hashes: list[int], positions: list[int]) -> list[tuple[int, int, int, int, int]]:
        """Runs of fingerprints that follow each other in an earlier paragraph as they do here."""
        runs: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
        for value, position in zip(hashes, positions, strict=True):
            seen = self._seen.get(value)
            if seen is not None and seen[0] != number:
                runs[(seen[0], seen[1], seen[2] - position)].append((position, value))
        found = []
        for (other, paragraph, _), run in runs.items():
            begin = 0
            for at in range(1, len(run) + 1):
                if at == len(run) or run[at][0] - run[at - 1][0] > WINDOW * self.sample:
                    stretch = run[begin:at]
                    middle = stretch[len(stretch) // 2][1]
                    found.append((other, paragraph, stretch[0][0], stretch[-1][0], middle))
                    begin = at
        return found

    def _keep(self, number: int, paragraph: int, hashes: list[int], positions: list[int]) -> None:
        for value, position in zip(hashes, positions, strict=True):
            if self.sample > 1 and (value >> 20) % self.sample:
                continue
            seen = self._seen.setdefault(value, (number, paragraph, position))
            if seen[0] != number:
                count, last = self._repeated.get(value, (1, seen[0]))
                if last != number:
                    self._repeated[value] = (count + 1, number)
        while len(self._seen) > self.most:
            self.sample *= 2
            self._seen = {value: place for value, place in self._seen.items() if not (value >> 20) % self.sample}
            self._repeated = {value: counts for value, counts in self._repeated.items() if value in self._seen}


def _is_own(text: str) -> bool:
    """Whether a passage has enough characters that are no formula's."""
    own = 0
    for clause in re.split(_CLAUSE, text):
        if not _formulae().search(clause):
            own += sum(map(str.isalnum, clause))
            if own >= SHORTEST:
                return True
    return False


@cache
def _formulae() -> re.Pattern[str]:
    data = tomllib.loads(files("pipeline.output").joinpath("formulae.toml").read_text(encoding="utf-8"))
    return re.compile("|".join(data["clauses"]))


def fingerprints(record: dict[str, Any]) -> Iterator[Print]:
    """Those of each paragraph of a record that counts."""
    for paragraph in _bodies(record):
        yield _fingerprints(record["text"][paragraph["start"] : paragraph["end"]])


def _bodies(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (paragraph for paragraph in record["paragraphs"] if paragraph["role"] == "body")


def _fingerprints(text: str) -> Print:
    import numpy as np

    letters = "".join(filter(str.isalnum, text))
    if len(letters) < GRAM:
        return [], []
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    hashes = _rolling(codes)
    windows = np.lib.stride_tricks.sliding_window_view(hashes, min(WINDOW, len(hashes)))
    chosen = np.unique(np.arange(len(windows)) + windows.argmin(axis=1))
    return hashes[chosen].tolist(), chosen.tolist()


def _rolling(codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Hashes of all runs of `GRAM` codes, well mixed."""
    import numpy as np

    hashes: np.ndarray[Any, Any] = codes
    length, factor = 1, 0x100000001B3
    while length < GRAM:  # a power of two: runs are put together of two halves
        hashes = hashes[:-length] * np.uint64(factor) + hashes[length:]
        length, factor = 2 * length, factor * factor % 2**64
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(32)
    return hashes

"""How phrases of official Chinese behave in general: a table built by ``scripts/build_background.py``.

And what readers made of them: two tables built by ``scripts/fit_keyphrase_scorer.py`` from the paragraphs that the
tagger learnt from. One says how often a phrase stood there and how often it was chosen, the other how often a word
stood there, how often inside a chosen phrase, at its beginning and at its end.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

BACKGROUND, CHOICES, WORDS = "background.tsv.gz", "choices.tsv.gz", "words.tsv.gz"


class Background(NamedTuple):
    """What general prose says of a phrase.

    Attributes
    ----------
    paragraphs : int
        How many paragraphs it stands in.
    cohesion : float
        Pointwise mutual information at its weakest joint, in bits: low for words that meet by chance.
    freedom : float
        The smaller entropy of its left and right neighbours, in bits: low for a part of a longer phrase.
    """

    paragraphs: int = 0
    cohesion: float = 0.0
    freedom: float = 0.0


class WordUse(NamedTuple):
    """What part a word takes in phrases that readers choose.

    Attributes
    ----------
    stood : int
        How often the word stood in the paragraphs.
    inside, first, last : int
        How often inside a phrase that a reader chose, as its first and as its last word.
    """

    stood: int
    inside: int
    first: int
    last: int


UNKNOWN = Background()

_SHARE, _WEIGHT = 0.2, 2.0
"""Until something is known of a phrase, readers choose it where it stands in a fifth of the cases."""


def _rows(name: str) -> Iterator[list[str]]:
    text = gzip.decompress(Path(__file__).with_name(name).read_bytes()).decode("utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])


@cache
def _table() -> dict[str, Background]:
    return {phrase: Background(int(n), float(tight), float(free)) for phrase, n, tight, free in _rows(BACKGROUND)}


@cache
def _choices() -> dict[str, float]:
    shares = ((phrase, (int(n) + _SHARE * _WEIGHT) / (int(of) + _WEIGHT)) for phrase, n, of in _rows(CHOICES))
    return {phrase: _log_odds(share) for phrase, share in shares}


@cache
def _words() -> dict[str, WordUse]:
    return {word: WordUse(*map(int, counts)) for word, *counts in _rows(WORDS)}


def _log_odds(share: float) -> float:
    share = min(max(share, 0.01), 0.98)
    return math.log(share / (1 - share))


def lookup(phrase: str) -> Background:
    """What is known of a phrase; all zero where it is too rare to say."""
    return _table().get(phrase, UNKNOWN)


def known_phrases() -> frozenset[str]:
    """Every phrase that the background knows."""
    return frozenset(_table())


def chosen(phrase: str) -> float:
    """How readily readers chose a phrase where it stood, as log-odds; the same for all that nobody has met."""
    return _choices().get(phrase, UNMET)


def bounded(words: Sequence[str]) -> bool:
    """False where a run of words begins with a word that begins no phrase, or ends with one that ends none."""
    first, last = _words().get(words[0]), _words().get(words[-1])
    return not (first and _seldom(first.first, first.stood)) and not (last and _seldom(last.last, last.stood))


def _seldom(count: int, of: int) -> bool:
    return of >= 80 and count <= 0.01 * of


def part(word: str) -> bool | None:
    """Whether a word is a part of phrases or stands beside them (verbs, adverbs, particles); None where unknown."""
    use = _words().get(word)
    return None if use is None else use.inside > 0.05 * use.stood


def known(phrase: str) -> bool:
    """True of phrases that the background or readers have met."""
    return phrase in _table() or phrase in _choices()


UNMET = _log_odds(_SHARE)

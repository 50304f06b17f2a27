"""How phrases of official Chinese behave in general: a table built by ``scripts/build_background.py``.

And what readers made of them: a second table, built by ``scripts/fit_keyphrase_scorer.py`` from the paragraphs that
the tagger learnt from, says how often a phrase stood there and how often it was chosen.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

BACKGROUND, CHOICES = "background.tsv.gz", "choices.tsv.gz"


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
    return _choices().get(phrase, _UNMET)


_UNMET = _log_odds(_SHARE)

"""How phrases of official Chinese behave in general: a table built by ``scripts/build_background.py``."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import NamedTuple


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


@cache
def _table() -> dict[str, Background]:
    text = gzip.decompress(Path(__file__).with_name("background.tsv.gz").read_bytes()).decode("utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {phrase: Background(int(n), float(tight), float(free)) for phrase, n, tight, free in rows}


def lookup(phrase: str) -> Background:
    """What is known of a phrase; all zero where it is too rare to say."""
    return _table().get(phrase, UNKNOWN)

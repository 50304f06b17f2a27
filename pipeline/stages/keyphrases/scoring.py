"""Which proposals are phrases, and how much they say."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MAX_WORDS = 6
BREAK = re.compile(r"[\s，。；：、！？（）()《》〈〉\[\]【】…—·,.;:!?%％‰\d]")
QUOTES = "“”‘’\"'「」『』"

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
FUNCTION_WORDS = frozenset(_WORDS["function"].split())
"""Words a phrase neither starts nor ends with."""

GENERIC = frozenset(_WORDS["generic"].split())
"""Words that say nothing alone."""


@dataclass(slots=True)
class Phrase:
    """A candidate and what is known of it in its document."""

    text: str
    words: int
    proposed: float = 0.0
    mentions: list[tuple[int, int]] = field(default_factory=list)
    paragraphs: set[int] = field(default_factory=set)
    in_heading: bool = False
    score: float = 0.0


def acceptable(words: Sequence[str]) -> bool:
    """True where a run of words may be a phrase: 2 to 12 characters without punctuation or numbers,
    no function word at either end, more than one generic word.
    """
    text = "".join(words)
    if not 2 <= len(text) <= 14 or BREAK.search(text) or any(quote in text for quote in QUOTES):
        return False
    if words[0] in FUNCTION_WORDS or words[-1] in FUNCTION_WORDS:
        return False
    return text not in GENERIC


def rank(phrases: Iterable[Phrase], paragraph_count: int) -> list[Phrase]:
    """Score phrases and sort them best first.

    The score grows with how often the tagger proposed the phrase, how often it occurs and in how
    many paragraphs, its length in words, and its standing in a heading; it lies in (0, 1).
    """
    ranked = list(phrases)
    for phrase in ranked:
        spread = len(phrase.paragraphs) / max(1, paragraph_count)
        weight = (
            1.0 * math.log1p(phrase.proposed)
            + 0.6 * math.log1p(len(phrase.mentions))
            + 0.5 * spread
            + 0.3 * min(phrase.words, 4)
            + 0.8 * phrase.in_heading
        )
        phrase.score = round(weight / (weight + 2.0), 4)
    return sorted(ranked, key=lambda p: (-p.score, p.mentions[0] if p.mentions else (0, 0)))


def fold(ranked: Sequence[Phrase]) -> list[Phrase]:
    """Drop phrases whose every mention lies within a longer phrase."""
    mentions = sorted((start, -end, index) for index, phrase in enumerate(ranked) for start, end in phrase.mentions)
    free = set()
    reach = -1
    for _, end, index in mentions:
        if -end > reach:
            free.add(index)
            reach = -end
    return [phrase for index, phrase in enumerate(ranked) if index in free or not phrase.mentions]

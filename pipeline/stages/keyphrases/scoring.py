"""Which proposals are phrases, and how much they say.

A candidate is scored in each paragraph it is proposed in: a logistic model over the features below says how
probable it is that a reader would index the paragraph by it. Its weights (``weights.toml``) are fitted by
``scripts/fit_keyphrase_scorer.py`` on held-out paragraphs of the corpus.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.stages.keyphrases.background import chosen, lookup

MAX_WORDS = 6
BREAK = re.compile(r"[\s，。；：、！？（）()《》〈〉\[\]【】…—·,.;:!?%％‰\d]")
QUOTES = "“”‘’\"'「」『』"

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
FUNCTION_WORDS = frozenset(_WORDS["function"].split())
"""Words a phrase neither starts nor ends with."""

GENERIC = frozenset(_WORDS["generic"].split())
"""Words that say nothing alone."""


FEATURES = (
    "confidence", "chosen", "repeated", "common", "cohesion", "freedom", "opening",
    "length", "length_squared", "words", "entity", "paragraph_length",
)  # fmt: skip
HEADING_BONUS = 0.5
_LONGEST = 12


@dataclass(slots=True)
class Candidate:
    """A phrase proposed in one paragraph."""

    text: str
    words: int
    paragraph: int
    confidence: float
    repeated: int = 1
    first: int = 0
    entity: bool = False
    headed: bool = False
    score: float = 0.0


@dataclass(slots=True)
class Phrase:
    """A phrase in its document: every mention, and its score in each paragraph it was proposed in."""

    text: str
    mentions: list[tuple[int, int]] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    paragraphs: set[int] = field(default_factory=set)
    in_heading: bool = False
    score: float = 0.0


def acceptable(words: Sequence[str]) -> bool:
    """True where a run of words may be a phrase: 2 to 12 characters without punctuation or numbers,
    no function word at either end, more than one generic word.
    """
    text = "".join(words)
    if not 2 <= len(text) <= _LONGEST or BREAK.search(text) or any(quote in text for quote in QUOTES):
        return False
    if words[0] in FUNCTION_WORDS or words[-1] in FUNCTION_WORDS:
        return False
    return text not in GENERIC


def features(candidate: Candidate, paragraph_length: int) -> tuple[float, ...]:
    """What the scorer knows of a candidate, in the order of `FEATURES`.

    Its confidence as log-odds; how readily readers chose it elsewhere; how often the paragraph repeats it; in how many paragraphs of general
    official prose it stands, how tightly its words hold together there and how freely its neighbours change
    (see `pipeline.stages.keyphrases.background`); whether it opens the paragraph; its length; whether it
    only stands inside entities.
    """
    confidence = min(max(candidate.confidence, 0.001), 0.999)
    known = lookup(candidate.text)
    length = len(candidate.text)
    return (
        math.log(confidence / (1 - confidence)),
        chosen(candidate.text),
        math.log(candidate.repeated),
        math.log1p(known.paragraphs),
        known.cohesion / 10,
        known.freedom / 5,
        float(candidate.first < 25),
        float(length),
        length**2 / 10,
        float(candidate.words),
        float(candidate.entity),
        min(paragraph_length, 600) / 300,
    )


@cache
def _weights() -> tuple[float, tuple[float, ...]]:
    table = tomllib.loads(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))
    return table["bias"], tuple(table["weights"][name] for name in FEATURES)


def score(candidate: Candidate, paragraph_length: int) -> float:
    """Probability that a reader would index the paragraph by the candidate."""
    bias, weights = _weights()
    odds = bias + sum(w * x for w, x in zip(weights, features(candidate, paragraph_length), strict=True))
    odds += HEADING_BONUS * candidate.headed
    return 1 / (1 + math.exp(-odds))


def choose(candidates: Iterable[Candidate], count: int, least: float) -> list[Candidate]:
    """The best candidates of a paragraph, none part of another."""
    chosen: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.score, c.first)):
        if candidate.score < least or len(chosen) == count:
            break
        if not any(candidate.text in other.text or other.text in candidate.text for other in chosen):
            chosen.append(candidate)
    return chosen


def rank(phrases: Iterable[Phrase]) -> list[Phrase]:
    """Score the phrases of a document and sort them best first.

    The score grows with the number of paragraphs a reader would expect to find indexed by the phrase,
    with its spread over further ones and with its standing in a title or heading; a phrase that stands
    once here and nowhere else is doubted. It lies in (0, 1).
    """
    ranked = list(phrases)
    for phrase in ranked:
        weight = sum(phrase.scores.values()) + 0.1 * math.log(len(phrase.paragraphs) or 1)
        weight *= 1.5 if phrase.in_heading else 1.0
        if len(phrase.mentions) == 1 and not lookup(phrase.text).paragraphs:
            weight *= 0.5
        phrase.score = round(weight / (weight + 1.0), 4)
    return sorted(ranked, key=lambda p: (-p.score, p.mentions))


def fold(ranked: Iterable[Phrase], count: int) -> list[Phrase]:
    """The first phrases that say something new: a phrase is dropped if a better one contains it or is
    contained in it and the two share at least half of the mentions of the rarer.
    """
    kept: list[Phrase] = []
    for phrase in ranked:
        if len(kept) == count:
            break
        if not any(_same(phrase, other) for other in kept):
            kept.append(phrase)
    return kept


def _same(a: Phrase, b: Phrase) -> bool:
    inner, outer = (a, b) if len(a.text) < len(b.text) else (b, a)
    if inner.text not in outer.text:
        return False
    shared = sum(any(start <= x and y <= end for start, end in outer.mentions) for x, y in inner.mentions)
    return 2 * shared >= min(len(inner.mentions), len(outer.mentions))

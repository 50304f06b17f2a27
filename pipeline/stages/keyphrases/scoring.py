"""Which proposals are phrases, and how much they say.

A candidate is scored in each paragraph it is proposed in: a logistic model over the features below says how
probable it is that a reader would index the paragraph by it. Its weights (``weights.toml``) are fitted by
``scripts/fit_keyphrase_scorer.py`` on held-out paragraphs of the corpus.
"""

from __future__ import annotations

import math
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.stages.keyphrases.background import UNMET, bounded, chosen, known, lookup

MAX_WORDS = 6
BREAK = re.compile(r"[\s，。；：、！？（）()《》〈〉\[\]【】…—·,.;:!?%％‰\d]")
QUOTES = "“”‘’\"'「」『』"

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
FUNCTION_WORDS = frozenset(_WORDS["function"].split())
"""Words a phrase neither starts nor ends with."""

GENERIC = frozenset(_WORDS["generic"].split())
"""Words that say nothing alone."""

BROAD = frozenset(_WORDS["broad"].split())
"""What a paragraph may be about, and any report: no phrases of a document."""

POSTS = tuple(_WORDS["posts"].split())
"""Words that a person's name follows."""

SURNAMES = tuple(_WORDS["surnames"].split())


FEATURES = (
    "confidence", "chosen", "repeated", "common", "cohesion", "freedom", "opening",
    "length", "length_squared", "words", "entity", "paragraph_length",
)  # fmt: skip
HEADING_BONUS = 0.5
_LONGEST = 12
_LEADS = 0.4


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
    """A phrase in its document.

    Attributes
    ----------
    mentions : list of (int, int)
        Every one in the content paragraphs.
    scores : dict
        Its score in each paragraph it was proposed in.
    paragraphs : set of int
        Where it stands.
    in_heading : bool
    named : int
        How many mentions lie inside of entities.
    continued : bool
        It stands once, and before a word that is often a part of phrases.
    """

    text: str
    mentions: list[tuple[int, int]] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    paragraphs: set[int] = field(default_factory=set)
    in_heading: bool = False
    named: int = 0
    continued: bool = False
    score: float = 0.0


def opens(neighbour: str) -> bool:
    """True of what may always stand beside a phrase: an edge, punctuation, a number, a function word."""
    return not neighbour or bool(BREAK.search(neighbour)) or neighbour in QUOTES or neighbour in FUNCTION_WORDS


def acceptable(words: Sequence[str]) -> bool:
    """True where a run of words may be a phrase: 2 to 12 characters without punctuation or numbers,
    no word at either end that begins or ends no phrase, more than one generic word.
    """
    text = "".join(words)
    if not 2 <= len(text) <= _LONGEST or BREAK.search(text) or any(quote in text for quote in QUOTES):
        return False
    if words[0] in FUNCTION_WORDS or words[-1] in FUNCTION_WORDS:
        return False
    return text not in GENERIC and bounded(words)


def features(candidate: Candidate, paragraph_length: int) -> tuple[float, ...]:
    """What the scorer knows of a candidate, in the order of `FEATURES`.

    Its confidence as log-odds; how readily readers chose it elsewhere; how often the paragraph repeats it; in how
    many paragraphs of general official prose it stands, how tightly its words hold together there and how freely
    its neighbours change (see `pipeline.stages.keyphrases.background`); whether it opens the paragraph; its length;
    whether it only stands inside entities.
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
    """Score the phrases of a document and sort them best first; those that say too little are left out.

    The score grows with the number of paragraphs a reader would expect to find indexed by the phrase, with its
    mentions and with its standing in a title or heading. It shrinks for phrases that readers passed over elsewhere,
    for a single short word, and for one that stands once here and nowhere else. It lies in (0, 1).
    """
    ranked = [phrase for phrase in phrases if 2 * phrase.named < len(phrase.mentions)]
    for phrase in ranked:
        weight = sum(phrase.scores.values())
        weight *= 1.0 + 0.5 * math.log(len(phrase.mentions) - phrase.named or 1)
        weight *= 1.5 if phrase.in_heading else 1.0
        weight *= math.exp(0.5 * min(0.0, chosen(phrase.text) - UNMET))
        if len(phrase.text) == 2:
            weight *= 0.6 if known(phrase.text) else 0.8
        weight *= 0.6 if phrase.continued else 1.0
        if len(phrase.mentions) == 1 and not lookup(phrase.text).paragraphs and chosen(phrase.text) <= UNMET:
            weight *= 0.5
        phrase.score = round(weight / (weight + 1.0), 4)
    return sorted(ranked, key=lambda p: (-p.score, p.mentions))


def fold(ranked: Sequence[Phrase], count: int) -> list[Phrase]:
    """The first phrases that say something new.

    A phrase is dropped if a better one contains it or is contained in it and the two share at least half of the
    mentions of the rarer. A phrase that stands several times and always in the same longer one gives way to that.
    """
    kept: list[Phrase] = []
    for phrase in ranked:
        if len(kept) == count:
            break
        whole = _whole(phrase, ranked)
        if whole is not phrase:
            whole.score = max(whole.score, phrase.score)
        if not any(_same(whole, other) for other in kept):
            kept.append(whole)
    return kept


def _whole(phrase: Phrase, ranked: Sequence[Phrase]) -> Phrase:
    """The best phrase that has all mentions of this one inside of its own."""
    count = len(phrase.mentions)
    if count > 1:
        for other in ranked:
            if other.score < _LEADS * phrase.score:
                break
            longer = len(other.text) > len(phrase.text) and phrase.text in other.text
            if longer and len(other.mentions) >= count and _shared(phrase, other) == count:
                return other
    return phrase


def _same(a: Phrase, b: Phrase) -> bool:
    inner, outer = (a, b) if len(a.text) < len(b.text) else (b, a)
    if inner.text not in outer.text:
        return False
    return 2 * _shared(inner, outer) >= min(len(inner.mentions), len(outer.mentions))


def _shared(inner: Phrase, outer: Phrase) -> int:
    """How many mentions of a phrase lie in those of a longer one."""
    starts = [start for start, _ in outer.mentions]  # in order, and all mentions are equally long
    nearest = ((bisect_right(starts, x) - 1, y) for x, y in inner.mentions)
    return sum(index >= 0 and y <= outer.mentions[index][1] for index, y in nearest)

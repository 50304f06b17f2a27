"""Whether a figure was reached or is aimed at, from verbs, section, headings and tense."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.stages.indicators.words import Words

_SENTENCE = re.compile(r"[。！？\n!?]")
_EXACT = re.compile(r"\d\.\d")
_ROUND = re.compile(r"^(?:以上|左右|以内|以下)")


def prior(
    text: str, quantities: Sequence[tuple[int, int]], section: str | None, headings: Sequence[str], words: Words
) -> float:
    """How much a whole paragraph speaks of what is to come (above 0) or of what was reached (below)."""
    score = 0.0
    if section in words.target.section:
        score += 2.0
    elif section in words.actual.section:
        score -= 2.5
    for heading in headings:
        score += 1.5 * bool(words.target.heading.search(heading)) - 1.5 * bool(words.actual.heading.search(heading))
    if words.target.opening.match(text):
        score += 0.6
    if words.actual.opening.match(text):
        score -= 1.2
    score += min(2.4, 0.8 * len(words.target.paragraph.findall(text)))
    score -= min(2.4, 0.8 * len(words.actual.paragraph.findall(text)))
    for start, end in quantities:
        score += 0.5 if _ROUND.match(text[end : end + 2]) else 0.0
        score -= 0.4 if _EXACT.search(text[start:end]) else 0.0
    return score - 0.3


def status_of(text: str, start: int, end: int, base: float, words: Words) -> str:
    """``actual`` or ``target`` for the quantity ``[start, end)``; what its own sentence says weighs most."""
    sentence = max((m.end() for m in _SENTENCE.finditer(text, 0, start)), default=0)
    stop = _SENTENCE.search(text, end)
    limit = stop.start() if stop else len(text)
    before = text[sentence:start]
    clause = max((m.end() for m in re.finditer("[，；,;：:]", before)), default=0)
    after = re.split("[，；。,;]", text[end:limit], maxsplit=1)[0]
    near = before[clause:] + "\0" + after
    score = base
    score += 3.0 * bool(words.target.strong.search(near)) + 1.5 * bool(words.target.strong.search(before[:clause]))
    score -= 3.0 * bool(words.actual.strong.search(near)) + 1.0 * bool(words.actual.strong.search(before[:clause]))
    return "target" if score > 0 else "actual"

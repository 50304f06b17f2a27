"""The words of a Doc around mentions: names, neighbours, and phrases that only occur inside of longer ones."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace

from spacy.tokens import Doc

from pipeline.stages.keyphrases.background import known, part
from pipeline.stages.keyphrases.scoring import GENERIC, POSTS, SURNAMES, Phrase, acceptable, opens

SURELY = 4
"""So many characters don't meet by chance across word borders."""

_LONGEST = 12
_PERSON = re.compile(f"(?:{'|'.join(POSTS)})((?:{'|'.join(SURNAMES)})[一-龥]{{1,2}})")

Mentions = list[tuple[int, int]]


class Context:
    """What stands at, beside and around mentions.

    Parameters
    ----------
    doc : Doc
        Its words and entities are read once.

    Attributes
    ----------
    text : str
    names : set of str
        Its entities.
    """

    def __init__(self, doc: Doc) -> None:
        self.text = doc.text  # put together anew each time one asks for it
        once: dict[str, str] = {}  # spaCy makes a new string for each token
        self._words = [once.setdefault(token.text, token.text) for token in doc]
        starts = [token.idx for token in doc]
        self._beginning = {start: number for number, start in enumerate(starts)}
        self._ending = {
            start + len(word): number for number, (start, word) in enumerate(zip(starts, self._words, strict=True))
        }
        spans = [(ent.start_char, ent.end_char) for ent in doc.ents]
        self.names = {self.text[start:end] for start, end in spans}
        self._name_starts = [start for start, _ in spans]
        self._name_ends = [end for _, end in spans]
        self._name_edges = {edge for span in spans for edge in span}

    def aligned(self, start: int, end: int) -> bool:
        """True where a mention begins and ends with a word."""
        return start in self._beginning and end in self._ending

    def words(self, start: int, end: int) -> list[str]:
        """The words of an aligned mention."""
        return self._words[self._beginning[start] : self._ending[end] + 1]

    def named(self, start: int, end: int) -> bool:
        """True inside of an entity."""
        at = bisect_right(self._name_starts, start) - 1
        return at >= 0 and end <= self._name_ends[at]

    def people(self) -> set[str]:
        """What stands somewhere after a post and may be a person's name: 书记|王晓明."""
        runs = (match.group(1) for match in _PERSON.finditer(self.text))
        return {run[:length] for run in runs for length in (2, 3)}

    def grown(self, phrase: Phrase) -> Phrase | None:
        """The phrase with the words that always stand beside it; None if it is no phrase without what stands there."""
        if len(phrase.mentions) == 1:
            phrase.continued = any(part(word) is True for word in self._after(phrase.mentions))
            return phrase
        mentions = phrase.mentions
        sides: set[Callable[[Mentions], set[str]]] = set()
        while mentions[0][1] - mentions[0][0] <= _LONGEST:
            left, right = _only(self._before(mentions)), _only(self._after(mentions))
            # A verb may always go before a phrase, but what a verb always follows is no phrase by itself.
            if part(right) is False:
                return None
            if part(left) is not True and part(right) is not True:
                if not known(phrase.text) and (right or (left and len(phrase.text) < SURELY)):
                    return None
                break
            left, right = left if part(left) else "", right if part(right) else ""
            sides.update(side for side, word in ((self._before, left), (self._after, right)) if word)
            mentions = [(start - len(left), end + len(right)) for start, end in mentions]
        if not sides or not all(any(opens(word) or part(word) is False for word in side(mentions)) for side in sides):
            # Never at an end of its own: the beginning of several longer phrases.
            after = self._after(phrase.mentions)
            inside = all(not opens(word) and part(word) is not False and word not in GENERIC for word in after)
            return phrase if known(phrase.text) or not inside else None
        start, end = mentions[0]
        if not self.aligned(start, end) or not acceptable(self.words(start, end)):
            # Before it may have been a verb that is a noun elsewhere.
            return phrase if known(phrase.text) or self._after not in sides else None
        return replace(phrase, text=self.text[start:end], mentions=mentions)

    def _before(self, mentions: Mentions) -> set[str]:
        return {self._beside(self._ending, start, start - 1) for start, _ in mentions}

    def _after(self, mentions: Mentions) -> set[str]:
        return {self._beside(self._beginning, end, end) for _, end in mentions}

    def _beside(self, table: dict[int, int], edge: int, at: int) -> str:
        """The word beside a mention; the character where the mention cuts a word; "" beside a name."""
        if edge in self._name_edges or not 0 <= at < len(self.text):
            return ""
        return self._words[table[edge]] if edge in table else self.text[at]


def _only(neighbours: set[str]) -> str:
    """The one word that always stands on a side, if there is one and it may be a part of the phrase."""
    neighbour = next(iter(neighbours)) if len(neighbours) == 1 else ""
    return "" if opens(neighbour) else neighbour

"""Turns proposals into ranked key phrases of paragraphs and document."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline import extensions
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.background import known, part
from pipeline.stages.keyphrases.scoring import (
    BROAD,
    POSTS,
    SURNAMES,
    Candidate,
    Phrase,
    acceptable,
    choose,
    fold,
    opens,
    rank,
    score,
)

SPANS = "keyphrases"
LEAST = 0.1
"""Score below which a phrase isn't a key phrase of its paragraph or document."""

_ABOUT = 0.5
_CONSIDERED = 0.03
_SURELY = 4
_LONGEST_GROWN = 12
_HEADINGS = ("title", "heading")
_PERSON = re.compile(f"(?:{'|'.join(POSTS)})((?:{'|'.join(SURNAMES)})[一-龥]{{1,2}})")


class KeyPhrases:
    """The stage: sets ``doc._.keyphrases``, ``doc.spans["keyphrases"]`` and each paragraph's phrases.

    Parameters
    ----------
    backend : dict
        See `pipeline.stages.keyphrases.factory.create_keyphrases`.
    per_paragraph, per_document : int
        How many phrases to keep.
    """

    def __init__(self, backend: dict[str, Any], per_paragraph: int = 5, per_document: int = 30) -> None:
        extensions.declare()
        self.backend = backends.create(backend)
        self.per_paragraph = per_paragraph
        self.per_document = per_document

    def __call__(self, doc: Doc) -> Doc:
        """Find and rank the phrases of a Doc."""
        paragraphs = extensions.paragraphs(doc)
        content = [p for p in paragraphs if p["role"] in extensions.CONTENT_ROLES]
        for paragraph in paragraphs:
            paragraph["keyphrases"] = []
        by_paragraph = self.candidates(doc, content)
        wanted: set[str] = set()
        for number, paragraph in enumerate(content):
            chosen = choose(by_paragraph[number], self.per_paragraph, LEAST)
            paragraph["keyphrases"] = [candidate.text for candidate in chosen]
            wanted.update(paragraph["keyphrases"])
        ranked = rank(_recount(doc, content, by_paragraph))
        names = {ent.text for ent in doc.ents}
        wide = [phrase for phrase in ranked if phrase.text not in names and phrase.score >= LEAST]
        best = fold(wide, self.per_document)
        doc._.keyphrases = [
            {"text": phrase.text, "score": phrase.score, "mentions": [list(span) for span in phrase.mentions]}
            for phrase in best
        ]
        wanted.update(phrase.text for phrase in best)
        spans = (
            doc.char_span(start, end, label="KEYPHRASE")
            for phrase in ranked
            if phrase.text in wanted
            for start, end in phrase.mentions
        )
        doc.spans[SPANS] = sorted((span for span in spans if span is not None), key=lambda s: (s.start, s.end))
        return doc

    def candidates(self, doc: Doc, content: list[dict[str, Any]]) -> dict[int, list[Candidate]]:
        """Acceptable proposals of each paragraph, scored."""
        whole = doc.text  # put together anew each time one asks for it
        proposals = iter(self.backend.propose(doc, content))
        entities = [(ent.start_char, ent.end_char) for ent in doc.ents]
        people = _people(whole)
        found: dict[int, dict[str, Candidate]] = defaultdict(dict)
        proposal = next(proposals, None)
        for number, paragraph in enumerate(content):
            begin, stop = paragraph["start"], paragraph["end"]
            text = whole[begin:stop]
            headings = "\n".join(paragraph["headings"])
            while proposal is not None and proposal.start < stop:
                start, end, confidence = proposal
                proposal = next(proposals, None)
                span = doc.char_span(start, end)
                if start < begin or end > stop or span is None:
                    continue
                phrase = whole[start:end]
                candidate = found[number].get(phrase)
                if candidate is None:
                    if not acceptable([token.text for token in span]) or (phrase in people and not known(phrase)):
                        continue
                    candidate = found[number][phrase] = Candidate(
                        phrase,
                        words=len(span),
                        paragraph=number,
                        confidence=confidence,
                        repeated=max(1, text.count(phrase)),
                        first=start - begin,
                        headed=phrase in headings,
                        entity=True,
                    )
                candidate.confidence = max(candidate.confidence, confidence)
                candidate.entity &= any(a <= start and end <= b for a, b in entities)
        kept: dict[int, list[Candidate]] = defaultdict(list)
        for number, by_text in found.items():
            for candidate in by_text.values():
                # A name is an entity already; it is a key phrase too only where the tagger is sure of it.
                if candidate.entity and candidate.confidence < _ABOUT:
                    continue
                candidate.score = score(candidate, content[number]["end"] - content[number]["start"])
                kept[number].append(candidate)
        return kept

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 1) -> Iterator[Doc]:
        """Docs one by one; the backend batches within a Doc."""
        for doc in stream:
            yield self(doc)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the stage with its backend's model."""
        self.backend.to_disk(Path(path))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> KeyPhrases:
        """Load what `to_disk` saved."""
        self.backend.from_disk(Path(path))
        return self


def _people(text: str) -> set[str]:
    """What stands somewhere after a post and may be a name: 书记|王晓明."""
    runs = (match.group(1) for match in _PERSON.finditer(text))
    return {run[:length] for run in runs for length in (2, 3)}


def _recount(doc: Doc, content: list[dict[str, Any]], by_paragraph: dict[int, list[Candidate]]) -> list[Phrase]:
    """Every occurrence of every candidate in the content paragraphs, also where it wasn't proposed.

    What the document only uses as a part of a longer phrase grows to that.
    """
    phrases: dict[str, Phrase] = {}
    for number, candidates in by_paragraph.items():
        for candidate in candidates:
            if candidate.score >= _CONSIDERED and candidate.text not in BROAD:
                phrases.setdefault(candidate.text, Phrase(candidate.text)).scores[number] = candidate.score
    if not phrases:
        return []
    from hanlp_trie.trie import Trie

    context = _Context(doc)
    trie = Trie(dict.fromkeys(phrases, True))
    for number, paragraph in enumerate(content):
        shift, stop = paragraph["start"], paragraph["end"]
        for begin, end, _ in trie.parse(context.text[shift:stop]):
            span = shift + begin, shift + end
            # A short run across word borders is chance; a long one is the phrase, cut differently.
            if end - begin < _SURELY and not context.words(*span):
                continue
            phrase = phrases[context.text[slice(*span)]]
            phrase.mentions.append(span)
            phrase.paragraphs.add(number)
            phrase.in_heading |= paragraph["role"] in _HEADINGS
            phrase.named += context.named(*span)
    found: dict[str, Phrase] = {}
    for phrase in phrases.values():
        grown = context.grown(phrase) if phrase.mentions else None
        if grown is None:
            continue
        other = found.setdefault(grown.text, grown)
        for number, score in grown.scores.items():
            other.scores[number] = max(score, other.scores.get(number, 0.0))
    return list(found.values())


class _Context:
    """What stands beside and around the mentions of phrases."""

    def __init__(self, doc: Doc) -> None:
        self.text = doc.text
        self._doc = doc
        self._ending = {token.idx + len(token): token.text for token in doc}
        self._beginning = {token.idx: token.text for token in doc}
        self._names = [(ent.start_char, ent.end_char) for ent in doc.ents]
        self._name_starts = [start for start, _ in self._names]
        self._name_edges = {edge for name in self._names for edge in name}

    def words(self, start: int, end: int) -> bool:
        """True where a mention begins and ends with a word."""
        return start in self._beginning and end in self._ending

    def named(self, start: int, end: int) -> bool:
        """True inside of an entity."""
        at = bisect_right(self._name_starts, start) - 1
        return at >= 0 and end <= self._names[at][1]

    def grown(self, phrase: Phrase) -> Phrase | None:
        """The phrase with the words that always stand beside it; None if it is no phrase without what stands there."""
        if len(phrase.mentions) == 1:
            phrase.continued = any(part(word) is True for word in self._after(phrase.mentions))
            return phrase
        mentions, sides = phrase.mentions, set()
        while mentions[0][1] - mentions[0][0] <= _LONGEST_GROWN:
            left, right = _only(self._before(mentions)), _only(self._after(mentions))
            # A verb may always go before a phrase, but what a verb always follows is no phrase by itself.
            if part(right) is False:
                return None
            if part(left) is not True and part(right) is not True:
                if not known(phrase.text) and (right or (left and len(phrase.text) < _SURELY)):
                    return None
                break
            left, right = left if part(left) else "", right if part(right) else ""
            sides.update(side for side, word in ((self._before, left), (self._after, right)) if word)
            mentions = [(start - len(left), end + len(right)) for start, end in mentions]
        if not sides or not all(any(opens(word) or part(word) is False for word in side(mentions)) for side in sides):
            return phrase
        start, end = mentions[0]
        span = self._doc.char_span(start, end)
        if span is None or not acceptable([token.text for token in span]):
            return phrase if known(phrase.text) else None
        return replace(phrase, text=self.text[start:end], mentions=mentions)

    def _before(self, mentions: list[tuple[int, int]]) -> set[str]:
        return {self._beside(self._ending, start, start - 1) for start, _ in mentions}

    def _after(self, mentions: list[tuple[int, int]]) -> set[str]:
        return {self._beside(self._beginning, end, end) for _, end in mentions}

    def _beside(self, table: dict[int, str], edge: int, at: int) -> str:
        """The word beside a mention; the character where the mention cuts a word; "" beside a name."""
        if edge in self._name_edges or not 0 <= at < len(self.text):
            return ""
        return table.get(edge, self.text[at])


def _only(neighbours: set[str]) -> str:
    """The one word that always stands on a side, if there is one and it may be a part of the phrase."""
    neighbour = next(iter(neighbours)) if len(neighbours) == 1 else ""
    return "" if opens(neighbour) else neighbour

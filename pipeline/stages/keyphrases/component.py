"""Turns proposals into ranked key phrases of paragraphs and document."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline import extensions
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.scoring import Candidate, Phrase, acceptable, choose, fold, rank, score

SPANS = "keyphrases"
LEAST = 0.1
"""Score below which a phrase isn't a key phrase of its paragraph."""

_ABOUT = 0.5
_CONSIDERED = 0.03
_HEADINGS = ("title", "heading")


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
        best = fold((phrase for phrase in ranked if phrase.text not in names), self.per_document)
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
        entity_starts = [a for a, _ in entities]
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
                    if not acceptable([token.text for token in span]):
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
                nearest = bisect_right(entity_starts, start) - 1
                candidate.entity &= nearest >= 0 and end <= entities[nearest][1]
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


def _recount(doc: Doc, content: list[dict[str, Any]], by_paragraph: dict[int, list[Candidate]]) -> list[Phrase]:
    """Every occurrence of every candidate in the content paragraphs, also where it wasn't proposed."""
    phrases: dict[str, Phrase] = {}
    for number, candidates in by_paragraph.items():
        for candidate in candidates:
            if candidate.score >= _CONSIDERED:
                phrases.setdefault(candidate.text, Phrase(candidate.text)).scores[number] = candidate.score
    if not phrases:
        return []
    from hanlp_trie.trie import Trie

    trie = Trie(dict.fromkeys(phrases, True))
    text = doc.text
    words = {token.idx for token in doc} | {len(text)}
    for number, paragraph in enumerate(content):
        shift = paragraph["start"]
        for begin, end, _ in trie.parse(text[shift : paragraph["end"]]):
            if shift + begin not in words or shift + end not in words:
                continue
            phrase = phrases[text[shift + begin : shift + end]]
            phrase.mentions.append((shift + begin, shift + end))
            phrase.paragraphs.add(number)
            phrase.in_heading |= paragraph["role"] in _HEADINGS
    return [phrase for phrase in phrases.values() if phrase.mentions]

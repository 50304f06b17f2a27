"""Turns proposals into ranked key phrases of paragraphs and document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from spacy.tokens import Doc

from pipeline import extensions
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.background import known
from pipeline.stages.keyphrases.context import SURELY, Context
from pipeline.stages.keyphrases.scoring import BROAD, Candidate, Phrase, acceptable, choose, fold, rank, score

SPANS = "keyphrases"
LEAST = 0.1
"""Score below which a phrase isn't a key phrase of its paragraph or document."""

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
        context = Context(doc)
        by_paragraph = self.candidates(doc, content, context)
        wanted: set[str] = set()
        for number, paragraph in enumerate(content):
            chosen = choose(by_paragraph[number], self.per_paragraph, LEAST)
            paragraph["keyphrases"] = [candidate.text for candidate in chosen]
            wanted.update(paragraph["keyphrases"])
        counted = _recount(context, content, by_paragraph)
        passed_over = BROAD | context.names
        ranked = rank(_merged(context.grown(phrase) for phrase in counted if phrase.text not in passed_over))
        best = fold([phrase for phrase in ranked if phrase.score >= LEAST], self.per_document)
        doc._.keyphrases = [
            {"text": phrase.text, "score": phrase.score, "mentions": [list(span) for span in phrase.mentions]}
            for phrase in best
        ]
        mentions = {phrase.text: phrase.mentions for phrase in (*counted, *best)}
        wanted.update(phrase.text for phrase in best)
        spans = (
            doc.char_span(start, end, label="KEYPHRASE") for text in wanted for start, end in mentions.get(text, ())
        )
        doc.spans[SPANS] = sorted((span for span in spans if span is not None), key=lambda s: (s.start, s.end))
        return doc

    def candidates(
        self, doc: Doc, content: list[dict[str, Any]], context: Context | None = None
    ) -> dict[int, list[Candidate]]:
        """Acceptable proposals of each paragraph, scored."""
        context = context or Context(doc)
        whole, people = context.text, context.people()
        proposals = iter(self.backend.propose(doc, content))
        found: dict[int, dict[str, Candidate]] = defaultdict(dict)
        proposal = next(proposals, None)
        for number, paragraph in enumerate(content):
            begin, stop = paragraph["start"], paragraph["end"]
            text = whole[begin:stop]
            headings = "\n".join(paragraph["headings"])
            while proposal is not None and proposal.start < stop:
                start, end, confidence = proposal
                proposal = next(proposals, None)
                if start < begin or end > stop or not context.aligned(start, end):
                    continue
                phrase = whole[start:end]
                candidate = found[number].get(phrase)
                if candidate is None:
                    words = context.words(start, end)
                    if not acceptable(words) or (phrase in people and not known(phrase)):
                        continue
                    candidate = found[number][phrase] = Candidate(
                        phrase,
                        words=len(words),
                        paragraph=number,
                        confidence=confidence,
                        repeated=max(1, text.count(phrase)),
                        first=start - begin,
                        headed=phrase in headings,
                        entity=True,
                    )
                candidate.confidence = max(candidate.confidence, confidence)
                candidate.entity &= context.named(start, end)
        kept: dict[int, list[Candidate]] = defaultdict(list)
        for number, by_text in found.items():
            for candidate in by_text.values():
                # A name is an entity already; it is a key phrase too only where the paragraph is about it.
                if candidate.entity and (candidate.confidence < _ABOUT or candidate.text not in context.names):
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

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The stage with its backend's model."""
        packed = BytesIO()
        with TemporaryDirectory() as scratch, ZipFile(packed, "w") as archive:
            self.backend.to_disk(Path(scratch))
            for path in sorted(Path(scratch).iterdir()):
                archive.write(path, path.name)
        return packed.getvalue()

    def from_bytes(self, packed: bytes, *, exclude: Iterable[str] = ()) -> KeyPhrases:
        """Load what `to_bytes` gave."""
        with TemporaryDirectory() as scratch, ZipFile(BytesIO(packed)) as archive:
            archive.extractall(scratch)
            self.backend.from_disk(Path(scratch))
        return self


def _recount(context: Context, content: list[dict[str, Any]], by_paragraph: dict[int, list[Candidate]]) -> list[Phrase]:
    """Every occurrence of every candidate in the content paragraphs, also where it wasn't proposed."""
    phrases: dict[str, Phrase] = {}
    for number, candidates in by_paragraph.items():
        for candidate in candidates:
            if candidate.score >= _CONSIDERED:
                phrases.setdefault(candidate.text, Phrase(candidate.text)).scores[number] = candidate.score
    if not phrases:
        return []
    from ahocorasick import Automaton

    automaton = Automaton()
    for phrase in phrases.values():
        automaton.add_word(phrase.text, phrase)
    automaton.make_automaton()
    for number, paragraph in enumerate(content):
        shift, stop = paragraph["start"], paragraph["end"]
        # An automaton copies the whole of what it is given, even if it is to read a part.
        for last, phrase in automaton.iter(context.text[shift:stop]):
            end = shift + last + 1
            span = end - len(phrase.text), end
            # A short run across word borders is chance; a long one is the phrase, cut differently.
            if len(phrase.text) < SURELY and not context.aligned(*span):
                continue
            phrase.mentions.append(span)
            phrase.paragraphs.add(number)
            phrase.in_heading |= paragraph["role"] in _HEADINGS
            phrase.named += context.named(*span)
    return [phrase for phrase in phrases.values() if phrase.mentions]


def _merged(phrases: Iterable[Phrase | None]) -> list[Phrase]:
    """Each phrase once; two that grew to the same share their scores."""
    found: dict[str, Phrase] = {}
    for phrase in phrases:
        if phrase is None:
            continue
        other = found.setdefault(phrase.text, phrase)
        if len(other.mentions) < len(phrase.mentions):
            other.mentions = phrase.mentions
        for number, value in phrase.scores.items():
            other.scores[number] = max(value, other.scores.get(number, 0.0))
    return list(found.values())

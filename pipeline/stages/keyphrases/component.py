"""Turns proposals into ranked key phrases of paragraphs and document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline import extensions
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.scoring import Phrase, acceptable, fold, rank

SPANS = "keyphrases"


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
        phrases = self._collect(doc, content)
        ranked = fold(rank(phrases.values(), len(content)))
        by_paragraph: dict[int, list[Phrase]] = defaultdict(list)
        for phrase in ranked:
            for number in phrase.paragraphs:
                by_paragraph[number].append(phrase)
        for paragraph in paragraphs:
            paragraph["keyphrases"] = []
        for number, paragraph in enumerate(content):
            paragraph["keyphrases"] = [phrase.text for phrase in by_paragraph[number][: self.per_paragraph]]
        best = ranked[: self.per_document]
        doc._.keyphrases = [
            {"text": phrase.text, "score": phrase.score, "mentions": [list(span) for span in phrase.mentions]}
            for phrase in best
        ]
        spans = (
            doc.char_span(start, end, label="KEYPHRASE")
            for phrase in ranked
            if phrase in best or any(phrase.text in paragraph["keyphrases"] for paragraph in content)
            for start, end in phrase.mentions
        )
        doc.spans[SPANS] = sorted((span for span in spans if span is not None), key=lambda s: (s.start, s.end))
        return doc

    def _collect(self, doc: Doc, content: list[dict[str, Any]]) -> dict[str, Phrase]:
        """Acceptable proposals by text, with every occurrence in the content paragraphs."""
        phrases: dict[str, Phrase] = {}
        entities = {ent.text for ent in doc.ents}
        for start, end, confidence in self.backend.propose(doc, content):
            span = doc.char_span(start, end)
            if span is None or span.text in entities or not acceptable([token.text for token in span]):
                continue
            phrase = phrases.setdefault(span.text, Phrase(text=span.text, words=len(span)))
            phrase.proposed += confidence
        if not phrases:
            return {}
        from hanlp_trie.dictionary import TrieDict

        trie = TrieDict({phrase: phrase for phrase in phrases})
        text = doc.text
        for number, paragraph in enumerate(content):
            for begin, end, found in trie.parse_longest(text[paragraph["start"] : paragraph["end"]]):
                phrase = phrases[found]
                phrase.mentions.append((paragraph["start"] + begin, paragraph["start"] + end))
                phrase.paragraphs.add(number)
                phrase.in_heading |= paragraph["role"] in ("heading", "title")
        return {text: phrase for text, phrase in phrases.items() if phrase.mentions}

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

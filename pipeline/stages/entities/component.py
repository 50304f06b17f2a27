"""A linear-chain CRF on characters that gives back spans of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline import extensions
from pipeline.alignment import split_at
from pipeline.errors import ConfigError, Errors, ModelError
from pipeline.resources import model_file, model_path, spacy_pipeline
from pipeline.stages.entities import elsewhere
from pipeline.stages.entities.crf import LinearChainCRF, Weights
from pipeline.stages.entities.elsewhere import Mention
from pipeline.stages.entities.features import featurize
from pipeline.stages.entities.spacy_ner import LABELS as SPACY_LABELS
from pipeline.stages.entities.spacy_ner import SpacyMentions, check_labels

LABELS = ("ORG", "GPE", "LOC", "FAC")
MODEL_FILE = "model.npz"
OTHER = "spacy"
"""Folder that a spaCy pipeline is saved in."""

_SENTENCE_END = re.compile(r"[。！？；;\n]")
_MAX_CHARS = 600
_AT_ONCE = 10_000
"""Characters tagged together, the last sentence on top: a dozen megabytes."""


class EntityTagger:
    """The stage: sets ``doc.ents`` to organisations, places and built things.

    Parameters
    ----------
    name : str
        Name in the pipeline, part of each entity's provenance.
    model : str
        Bundled name or folder, of a tagger or of a spaCy pipeline; or an installed package of such a one.
    names : str, optional
        File of names that are always tagged, ``name<tab>label`` a line.
    labels : mapping of str, optional
        What the labels of a spaCy pipeline become; those left out, or None, are not kept.
    """

    def __init__(
        self,
        name: str = "entity_tagger",
        model: str = "entities",
        names: str | None = None,
        labels: Mapping[str, str | None] = SPACY_LABELS,
    ) -> None:
        extensions.declare()
        self.name = name
        self.model = model
        self.labels = check_labels(labels)
        self.names = _read_names(Path(names)) if names else {}
        self._bytes: bytes | None = None
        self._tagger: LinearChainCRF | None = None
        self._other: SpacyMentions | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Tag a Doc; a word that a mention cuts through is split."""
        listed = list(self._listed(doc)) if self.names else []
        taken = {place for name in listed for place in range(name.start, name.end)}
        mentions = [found for found in self._predict(doc) if taken.isdisjoint(range(found.start, found.end))]
        mentions += elsewhere.find(doc, [*mentions, *listed])
        doc = split_at(doc, [edge for name in (*mentions, *listed) for edge in (name.start, name.end)])
        spans = [*_spans(doc, listed), *_spans(doc, mentions)]
        doc.ents = filter_spans([*(span for span, _ in spans), *doc.ents])
        for span, provenance in spans:
            span._.provenance = provenance
        return doc

    def _predict(self, doc: Doc) -> Iterator[Mention]:
        if self._tagger is None and self._other is None:
            self._load()
        if self._other is not None:
            for start, end, label in self._other.mentions(doc.text):
                yield Mention(start, end, label, 0.0, self._other.provenance)  # spaCy tells no probability
            return
        assert self._tagger is not None
        by_model = f"model:{self.name}"
        for some in _batches(sentences(doc)):
            lengths = [sum(map(len, words)) for words, _ in some]
            tags, sure = self._tagger.tag(featurize([words for words, _ in some]), lengths)
            first = 0
            for (_, offset), length in zip(some, lengths, strict=True):
                for start, end, label in decode(tags[first : first + length]):
                    probability = min(sure[first + start : first + end])
                    yield Mention(offset + start, offset + end, label, probability, by_model)
                first += length

    def _listed(self, doc: Doc) -> Iterator[Mention]:
        for match in _longest_first(tuple(self.names)).finditer(doc.text):
            yield Mention(*match.span(), self.names[match.group()], 1.0, "rule:names")

    def _load(self) -> None:
        if self._bytes is None:
            folder = spacy_pipeline(self.model)
            if folder is not None:
                self._other = SpacyMentions(folder, self.labels)
                return
            self._bytes = model_file(model_path(self.model), MODEL_FILE).read_bytes()
        try:
            self._tagger = LinearChainCRF(Weights.from_bytes(self._bytes))
        except ValueError as error:
            raise ModelError(Errors.E203.format(path=self.model, reason=error)) from error

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the stage with its model and names."""
        if self._bytes is None and self._other is None:
            self._load()
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        if self._other is not None:
            self._other.nlp.to_disk(folder / OTHER)
        else:
            (folder / MODEL_FILE).write_bytes(self._bytes or b"")
        listed = "".join(f"{name}\t{label}\n" for name, label in self.names.items())
        (folder / "names.tsv").write_text(listed, encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> EntityTagger:
        """Load what `to_disk` saved."""
        folder = Path(path)
        self._tagger = self._bytes = self._other = None
        if (folder / OTHER).is_dir():
            self._other = SpacyMentions(folder / OTHER, self.labels)
        else:
            self._bytes = model_file(folder, MODEL_FILE).read_bytes()
        self.names = _read_names(folder / "names.tsv")
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The model alone; of a spaCy pipeline nothing, it is loaded by its name again."""
        if self._bytes is None and self._other is None:
            self._load()
        return self._bytes or b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> EntityTagger:
        """Load what `to_bytes` gave."""
        self._bytes, self._tagger, self._other = data or None, None, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes open the model anew: they are small, its tables and a spaCy pipeline are not."""
        return {**self.__dict__, "_tagger": None, "_other": None}


@cache
def _longest_first(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))


def sentences(doc: Doc) -> Iterator[tuple[list[str], int]]:
    """Cut a Doc into what the tagger sees at a time: words up to a sentence end, spaces included.

    Yields
    ------
    words : list of str
    offset : int
        Character the first word begins at.
    """
    words: list[str] = []
    offset, size = 0, 0
    for token in doc:
        text = token.text_with_ws
        words.append(token.text)
        if token.whitespace_:
            words.append(token.whitespace_)
        size += len(text)
        if _SENTENCE_END.search(token.text) or size > _MAX_CHARS:
            yield words, offset
            offset, size, words = offset + size, 0, []
    if words:
        yield words, offset


def _batches(sentences: Iterable[tuple[list[str], int]]) -> Iterator[list[tuple[list[str], int]]]:
    batch: list[tuple[list[str], int]] = []
    for words, offset in sentences:
        batch.append((words, offset))
        if offset - batch[0][1] >= _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def encode(length: int, spans: Iterable[tuple[int, int, str]]) -> list[str]:
    """Labels a character in the BIOES scheme; the inverse of `decode`."""
    tags = ["O"] * length
    for start, end, label in spans:
        if end - start == 1:
            tags[start] = f"S-{label}"
        else:
            tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 2), f"E-{label}"]
    return tags


def decode(tags: list[str]) -> Iterator[tuple[int, int, str]]:
    """Spans of a BIOES sequence; pieces that don't fit together are dropped."""
    start, label = -1, ""
    for index, tag in enumerate(tags):
        position, _, name = tag.partition("-")
        if position == "S":
            yield index, index + 1, name
            start = -1
        elif position == "B":
            start, label = index, name
        elif start >= 0 and name == label and position in "IE":
            if position == "E":
                yield start, index + 1, label
                start = -1
        else:
            start = -1


def _spans(doc: Doc, mentions: Iterable[Mention]) -> Iterator[tuple[Span, str]]:
    for mention in mentions:
        span = doc.char_span(mention.start, mention.end, label=mention.label)
        if span is not None:
            yield span, mention.provenance


def _read_names(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise ConfigError(Errors.E301.format(path=path))
    names = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        name, tab, label = line.strip().partition("\t")
        if not name or name.startswith("#"):
            continue
        if not tab:
            raise ConfigError(Errors.E302.format(path=f"{path}:{number}", reason="expected name<tab>label"))
        names[name] = label
    return names

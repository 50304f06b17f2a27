"""A linear-chain CRF on characters that gives back spans of words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pipeline import extensions
from pipeline.alignment import split_at
from pipeline.errors import ConfigError, Errors, ModelError
from pipeline.resources import model_file, model_path
from pipeline.stages.entities.features import featurize

LABELS = ("ORG", "GPE", "LOC", "FAC")
MODEL_FILE = "model.crfsuite"

_SENTENCE_END = re.compile(r"[。！？；;\n]")
_MAX_CHARS = 600


class EntityTagger:
    """The stage: sets ``doc.ents`` to organisations, places and built things.

    Parameters
    ----------
    name : str
        Name in the pipeline, part of each entity's provenance.
    model : str
        Bundled name or folder.
    names : str, optional
        File of names that are always tagged, ``name<tab>label`` a line.
    """

    def __init__(self, name: str = "entity_tagger", model: str = "entities", names: str | None = None) -> None:
        extensions.declare()
        self.name = name
        self.model = model
        self.names = _read_names(Path(names)) if names else {}
        self._bytes: bytes | None = None
        self._tagger: Any = None

    def __call__(self, doc: Doc) -> Doc:
        """Tag a Doc; a word that a mention cuts through is split."""
        mentions = list(self._predict(doc))
        own = list(_own_name(doc, mentions))
        mentions += own
        listed = list(self._listed(doc.text))
        doc = split_at(doc, [edge for start, end, _ in mentions + listed for edge in (start, end)])
        sure = _spans(doc, listed)
        taken = {i for span in sure for i in range(span.start, span.end)}
        free = [span for span in _spans(doc, mentions) if not taken.intersection(range(span.start, span.end))]
        doc.ents = filter_spans([*sure, *free, *doc.ents])
        for span in sure:
            span._.provenance = "rule:names"
        by_rule = {start for start, _, _ in own}
        for span in free:
            span._.provenance = "rule:issuer" if span.start_char in by_rule else f"model:{self.name}"
        return doc

    def _predict(self, doc: Doc) -> Iterator[tuple[int, int, str]]:
        if self._tagger is None:
            self._load()
        for words, offset in sentences(doc):
            self._tagger.set(featurize(words))
            for start, end, label in decode(self._tagger.tag()):
                yield offset + start, offset + end, label

    def _listed(self, text: str) -> Iterator[tuple[int, int, str]]:
        for name, label in self.names.items():
            for match in re.finditer(re.escape(name), text):
                yield match.start(), match.end(), label

    def _load(self) -> None:
        import pycrfsuite

        if self._bytes is None:
            self._bytes = model_file(model_path(self.model), MODEL_FILE).read_bytes()
        tagger = pycrfsuite.Tagger()
        try:
            tagger.open_inmemory(self._bytes)
        except ValueError as error:
            raise ModelError(Errors.E203.format(path=self.model, reason=error)) from error
        self._tagger = tagger

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the stage with its model and names."""
        if self._bytes is None:
            self._load()
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_bytes(self._bytes or b"")
        listed = "".join(f"{name}\t{label}\n" for name, label in self.names.items())
        (folder / "names.tsv").write_text(listed, encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> EntityTagger:
        """Load what `to_disk` saved."""
        folder = Path(path)
        self._bytes = model_file(folder, MODEL_FILE).read_bytes()
        self._tagger = None
        self.names = _read_names(folder / "names.tsv")
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The model alone."""
        if self._bytes is None:
            self._load()
        return self._bytes or b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> EntityTagger:
        """Load what `to_bytes` gave."""
        self._bytes, self._tagger = data, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes open the model anew: the CRF tagger itself can't be pickled."""
        return {**self.__dict__, "_tagger": None}


_UNIT = re.compile(r"[省市县区镇乡州旗盟]$|街道$")
_BODY = "(?!党委|党工委|政府|人民政府|人大|政协|纪委|委|办事处|办公室)"


def _own_name(doc: Doc, mentions: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The issuer's own name wherever the tagger left it out: a report names its town more than anything else."""
    issuer = (doc._.meta or {}).get("issuer") or ""
    if not _UNIT.search(issuer):
        return
    taken = sorted((start, end) for start, end, _ in mentions)
    starts = [start for start, _ in taken]
    for match in re.finditer(re.escape(issuer) + _BODY, doc.text):
        before = bisect_right(starts, match.start()) - 1
        inside = before >= 0 and taken[before][1] > match.start()
        runs_into = before + 1 < len(taken) and taken[before + 1][0] < match.end()
        if not inside and not runs_into:
            yield match.start(), match.end(), "GPE"


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


def _spans(doc: Doc, mentions: Iterable[tuple[int, int, str]]) -> list[Span]:
    spans = (doc.char_span(start, end, label=label) for start, end, label in mentions)
    return [span for span in spans if span is not None]


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

"""The bundled HanLP tagger on the Doc's own words."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from spacy.tokens import Doc
from spacy.util import minibatch

from pipeline.resources import model_file, model_path
from pipeline.stages.keyphrases.backends import Proposal
from pipeline.stages.keyphrases.backends.threads import torch_threads
from pipeline.stages.keyphrases.scoring import MAX_WORDS

MODEL_FILES = ("config.json", "vocabs.json", "model.pt")
_MAX_WORDS = 220
_MOST_WORDS = 2 * _MAX_WORDS
"""A piece without punctuation is cut here all the same: every sentence of a batch takes the room of its longest."""
_BATCH = 8
_AT_ONCE = 16 * _BATCH
"""Pieces tagged at a time, those of about one length in a batch: memory for a long document."""
_LEAST = 0.01
_loading = Lock()


def _forget() -> None:
    """In a forked process nobody would ever open a lock that was shut at the fork."""
    global _loading
    _loading = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class BundledBackend:
    """Phrases by a HanLP BiLSTM-CRF tagger trained by this project.

    Parameters
    ----------
    model : str
        Bundled name or folder.
    threads : int
        Threads torch may use; on a busy machine more than one is slower.
    """

    def __init__(self, model: str = "keyphrases", threads: int = 1) -> None:
        self.model = model
        self.threads = threads
        self._tagger: Any = None
        self._kept: tempfile.TemporaryDirectory[str] | None = None

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> Iterator[Proposal]:
        """Tag the paragraphs' words; a proposal for every span that is a phrase with some probability."""
        pieces = (piece for paragraph in paragraphs for piece in _pieces(doc, paragraph["start"], paragraph["end"]))
        for some in minibatch(pieces, _AT_ONCE):
            yield from sorted(self._tagged(some))  # pieces come in the order of the text

    def _tagged(self, pieces: Sequence[list[Any]]) -> Iterator[Proposal]:
        with torch_threads(self.threads):  # while loading too
            with _loading:
                if self._tagger is None:
                    self._load(model_path(self.model))
            spans = self._tagger.span_probabilities(
                [[token.text for token in piece] for piece in pieces],
                longest=MAX_WORDS,
                least=_LEAST,
                batch_size=_BATCH,
            )
        for piece, found in zip(pieces, spans, strict=True):
            for begin, end, probability in found:
                last = piece[end - 1]
                yield Proposal(piece[begin].idx, last.idx + len(last), probability)

    def _load(self, folder: Path) -> None:
        for name in MODEL_FILES:
            model_file(folder, name)
        from pipeline.stages.keyphrases.tagger import load

        self._tagger = load(folder)

    def to_disk(self, folder: Path) -> None:
        """Copy the model's files."""
        folder.mkdir(parents=True, exist_ok=True)
        source = Path(self._kept.name) if self._kept else model_path(self.model)
        for name in MODEL_FILES:
            shutil.copyfile(model_file(source, name), folder / name)

    def from_disk(self, folder: Path) -> None:
        """Load the copied model at once, so that the folder may go away."""
        with torch_threads(self.threads):
            self._load(folder)
        self._kept = tempfile.TemporaryDirectory(prefix="keyphrases-")
        for name in MODEL_FILES:
            shutil.copyfile(folder / name, Path(self._kept.name) / name)

    def __getstate__(self) -> dict[str, Any]:
        """Another process loads the tagger anew."""
        return {**self.__dict__, "_tagger": None, "_kept": None}


def _pieces(doc: Doc, start: int, end: int) -> Iterator[list[Any]]:
    span = doc.char_span(start, end, alignment_mode="expand")
    piece: list[Any] = []
    for token in span or ():
        if token.is_space:
            continue
        piece.append(token)
        if len(piece) >= _MOST_WORDS or (len(piece) >= _MAX_WORDS and token.text in "。；，、"):
            yield piece
            piece = []
    if piece:
        yield piece

"""Noun phrases by any HanLP model that parses or tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline.errors import BackendError, ConfigError, Errors
from pipeline.stages.keyphrases.backends import Proposal, occurrences

_CONFIDENCE = 0.2
"""A parser names every noun phrase and none of them key; about so many are."""

_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]*")
_LONGEST_SENTENCE = 150
# Of Chinese Treebank, PKU and Universal Dependencies.
_NOUNS = frozenset(["NN", "NR", "NT", "n", "nz", "nt", "ns", "nr", "vn", "ng", "an", "NOUN", "PROPN"])
_MODIFIERS = frozenset(["JJ", "b", "ADJ"])


class HanlpModelBackend:
    """Noun phrases of a model that ``hanlp.load`` knows: NP subtrees of ``con``, or runs of nouns by ``pos``.

    Parameters
    ----------
    model : str
        A folder, or a name from ``hanlp.pretrained``. A folder's config names the classes to load:
        use only models that you trust.
    download : bool
        Whether a name that isn't in HanLP's cache may be fetched from the network.
    threads : int
        Threads torch may use.
    """

    def __init__(self, model: str, download: bool = False, threads: int = 1) -> None:
        self.model = model
        self.download = download
        self.threads = threads
        self._loaded: Any = None

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> list[Proposal]:
        """Parse the paragraphs' sentences."""
        import torch

        whole = doc.text
        spans = [
            (paragraph["start"] + match.start() + begin, part)
            for paragraph in paragraphs
            for match in _SENTENCE.finditer(whole[paragraph["start"] : paragraph["end"]])
            for begin, part in _parts(match.group())
        ]
        if not spans:
            return []
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            if self._loaded is None:
                self._loaded = self._load()
            analysed = self._loaded([text for _, text in spans])
        finally:
            torch.set_num_threads(before)
        proposals: set[Proposal] = set()
        for number, (start, text) in enumerate(spans):
            for phrase in set(self._phrases(analysed, number)):
                proposals.update(
                    Proposal(start + begin, start + end, _CONFIDENCE)
                    for begin, end in occurrences(text, phrase, 0, len(text))
                )
        return sorted(proposals)

    def _phrases(self, analysed: Any, number: int) -> Iterator[str]:
        if "con" in analysed:
            for tree in analysed["con"][number].subtrees(lambda tree: tree.label() == "NP"):
                yield "".join(tree.leaves())
            return
        tokens, tags = ([analysed[key][number] for key in analysed if key.startswith(kind)] for kind in ("tok", "pos"))
        if not tokens or not tags:
            raise BackendError(Errors.E508.format(model=self.model))
        run: list[tuple[str, bool]] = []
        for word, tag in (*zip(tokens[0], tags[0], strict=False), ("", "")):
            if tag in _NOUNS or tag in _MODIFIERS:
                run.append((word, tag in _NOUNS))
                continue
            for begin in range(len(run)):
                if run[-1][1]:
                    yield "".join(word for word, _ in run[begin:])
            run = []

    def _load(self) -> Any:
        folder = str(self._folder())
        import hanlp

        try:
            return hanlp.load(folder, devices=-1, verbose=False)
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise BackendError(Errors.E509.format(model=self.model, reason=reason)) from error

    def _folder(self) -> str | Path:
        """The model's folder, found without asking the network; its name where it may be fetched."""
        path = Path(self.model)
        if "/" in self.model and not self.model.startswith("http"):
            if not (path / "config.json").is_file() and not (path / "meta.json").is_file():
                raise ConfigError(Errors.E202.format(path=path, name="config.json"))
            return path
        import hanlp.pretrained
        from hanlp.utils.io_util import path_from_url

        url = hanlp.pretrained.ALL.get(self.model, self.model)
        if not url.startswith("http"):
            raise ConfigError(Errors.E507.format(model=self.model))
        cached = Path(path_from_url(url))
        folder = cached.with_suffix("") if cached.suffix in (".zip", ".tgz") else cached
        if folder.exists():
            return folder
        if self.download:
            return self.model
        raise BackendError(Errors.E507.format(model=self.model))

    def to_disk(self, folder: Path) -> None:
        """Nothing to save: the config names the model."""

    def from_disk(self, folder: Path) -> None:
        """Nothing to load."""

    def __getstate__(self) -> dict[str, Any]:
        """Another process loads the model anew."""
        return {**self.__dict__, "_loaded": None}


def _parts(sentence: str) -> Iterator[tuple[int, str]]:
    """Sentences too long for a model, cut at commas where there are any."""
    begin = 0
    while len(sentence) - begin > _LONGEST_SENTENCE:
        cut = max(sentence.rfind(mark, begin, begin + _LONGEST_SENTENCE) for mark in "，、,") + 1
        cut = cut if cut > begin else begin + _LONGEST_SENTENCE
        yield begin, sentence[begin:cut]
        begin = cut
    yield begin, sentence[begin:]

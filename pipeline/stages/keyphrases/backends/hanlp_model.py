"""Noun phrases by any HanLP model that parses or tags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any

from spacy.tokens import Doc

from pipeline.errors import BackendError, ConfigError, Errors
from pipeline.stages.keyphrases.backends import Proposal, occurrences
from pipeline.stages.keyphrases.backends.threads import torch_threads

_CONFIDENCE = 0.2
"""A parser names every noun phrase and none of them key; about so many are."""

_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]*")
_LONGEST_SENTENCE = 150
_using = Lock()  # HanLP's multi-task models keep state while they run
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
    trust_remote_code : bool
        Handed to those versions of ``hanlp.load`` that ask before they import classes from outside of HanLP.
    """

    def __init__(self, model: str, download: bool = False, threads: int = 1, trust_remote_code: bool = False) -> None:
        self.model = model
        self.download = download
        self.threads = threads
        self.trust_remote_code = trust_remote_code
        self._loaded: Any = None

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> list[Proposal]:
        """Parse the paragraphs' sentences. What the model itself takes for a name is no proposal."""
        whole = doc.text
        spans = [
            (paragraph["start"] + match.start() + begin, part)
            for paragraph in paragraphs
            for match in _SENTENCE.finditer(whole[paragraph["start"] : paragraph["end"]])
            for begin, part in _parts(match.group())
        ]
        if not spans:
            return []
        folder = None if self._loaded else self._folder()  # before torch is imported, which takes its time
        with _using, torch_threads(self.threads):
            if self._loaded is None:
                self._loaded = self._load(str(folder))
            analysed = self._loaded([text for _, text in spans])
        proposals: set[Proposal] = set()
        for number, (start, text) in enumerate(spans):
            names = [span for name in set(_names(analysed, number)) for span in occurrences(text, name, 0, len(text))]
            for phrase in set(self._phrases(analysed, number)):
                proposals.update(
                    Proposal(start + begin, start + end, _CONFIDENCE)
                    for begin, end in occurrences(text, phrase, 0, len(text))
                    if not any(a <= begin and end <= b for a, b in names)
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

    def _load(self, folder: str) -> Any:
        import hanlp

        asks = "trust_remote_code" in signature(hanlp.load).parameters
        extra = {"trust_remote_code": self.trust_remote_code} if asks else {}
        try:
            return hanlp.load(folder, devices=-1, verbose=False, **extra)
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise BackendError(Errors.E509.format(model=self.model, reason=reason)) from error

    def _folder(self) -> str | Path:
        """The model's folder, found without asking the network; its name where it may be fetched."""
        path = Path(self.model)
        if "/" in self.model and not self.model.startswith("http"):
            if not (path / "config.json").is_file() and not (path / "meta.json").is_file():
                raise ConfigError(Errors.E202.format(path=path, name="config.json"))
            self._check_encoder(path)
            return path
        import hanlp.pretrained
        from hanlp.utils.io_util import path_from_url

        url = hanlp.pretrained.ALL.get(self.model, self.model)
        if not url.startswith("http"):
            raise ConfigError(Errors.E507.format(model=self.model))
        cached = Path(path_from_url(url))
        folder = cached.with_suffix("") if cached.suffix in (".zip", ".tgz") else cached
        if folder.exists():
            self._check_encoder(folder)
            return folder
        if self.download:
            return self.model
        raise BackendError(Errors.E507.format(model=self.model))

    def _check_encoder(self, folder: Path) -> None:
        """A model names the transformer it was built on; what of it isn't here, HanLP would try to fetch."""
        if self.download:
            return
        for name in set(_transformers(json.loads((folder / "config.json").read_text(encoding="utf-8")))):
            if not Path(name).is_dir() and not _cached(name):
                raise BackendError(Errors.E507.format(model=name))

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


def _names(analysed: Any, number: int) -> Iterator[str]:
    """What the model's ``ner`` finds in a sentence, where it has one."""
    for key in analysed:
        if key.startswith("ner"):
            yield from (name for name, *_ in analysed[key][number])


def _transformers(config: Any) -> Iterator[str]:
    """Every value under a key ``transformer``."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key == "transformer" and isinstance(value, str):
                yield value
            else:
                yield from _transformers(value)
    elif isinstance(config, list):
        for value in config:
            yield from _transformers(value)


def _cached(transformer: str) -> bool:
    """True where HanLP or Hugging Face have a transformer's configuration on this machine."""
    from hanlp.layers.transformers.resource import tokenizer_mirrors
    from hanlp.utils.io_util import path_from_url
    from huggingface_hub import try_to_load_from_cache

    if transformer in tokenizer_mirrors:
        return Path(path_from_url(tokenizer_mirrors[transformer])).with_suffix("").is_dir()
    return isinstance(try_to_load_from_cache(transformer, "config.json"), str)

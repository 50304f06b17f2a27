"""spaCy's Chinese tokenizer, its pkuseg model loaded when the first text comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from spacy.lang.zh import ChineseTokenizer, Segmenter
from spacy.tokens import Doc
from spacy.vocab import Vocab

from pipeline.errors import ConfigError, Errors, ModelError
from pipeline.resources import model_file, model_path
from pipeline.stages.segmenter.cutting import Cutter

MODEL_FILES = ("features.msgpack", "weights.npz")
_PIECE = re.compile(r"[^\W_]{1,200}(?:[./][^\W_]{1,200}){0,20}[%％‰]?|[^\w\s]|_")


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """What the model sees at a time, and where it begins: letters and digits up to the next punctuation or space.

    No word crosses punctuation, and the features of a long text are never all in memory.
    """
    return ((match.start(), match.group()) for match in _PIECE.finditer(text))


def with_spaces(text: str, cut: Callable[[str], list[str]]) -> tuple[list[str], list[bool]]:
    """Words as spaCy wants them: one space belongs to the word before it, any other white space is a word.

    The same as spaCy's ``get_words_and_spaces``, which copies the rest of the text for every word.
    """
    words: list[str] = []
    spaces: list[bool] = []
    done = 0

    def gap(until: int) -> None:
        nonlocal done
        if done and text[done : done + 1] == " " and done < until:
            spaces[-1] = True
            done += 1
        if done < until:
            words.append(text[done:until])
            spaces.append(False)

    for start, piece in pieces(text):
        if done < start:
            gap(start)
        found = cut(piece)
        words += found
        spaces += [False] * len(found)
        done = start + len(piece)
    gap(len(text))
    return words, spaces


class PkusegTokenizer(ChineseTokenizer):
    """Chinese tokenizer with a spacy-pkuseg model.

    Parameters
    ----------
    vocab : Vocab
    model : str
        Bundled name or folder, see `pipeline.resources.model_path`.
    dictionary : str, optional
        File of words to keep whole.
    """

    def __init__(self, vocab: Vocab, model: str = "segmenter", dictionary: str | None = None) -> None:
        super().__init__(vocab, segmenter=Segmenter.pkuseg)
        self.pkuseg_seg: Any = None
        self._cutter: Cutter | None = None
        self.model = model
        self.dictionary = dictionary

    def __call__(self, text: str) -> Doc:
        """Segment a text of any length."""
        if self.pkuseg_seg is None:
            self.pkuseg_seg = self._load()
        if self._cutter is None or self._cutter.segmenter is not self.pkuseg_seg:
            self._cutter = Cutter(self.pkuseg_seg)
        words, spaces = with_spaces(text, self._cutter)
        return Doc(self.vocab, words=words, spaces=spaces)

    def _load(self) -> Any:
        import spacy_pkuseg

        folder = model_path(self.model)
        for name in MODEL_FILES:
            model_file(folder, name)
        if self.dictionary is not None and not Path(self.dictionary).is_file():
            raise ConfigError(Errors.E301.format(path=self.dictionary))
        try:
            # user_dict None also leaves out pkuseg's own word list, which merges across mention borders.
            segmenter = spacy_pkuseg.pkuseg(str(folder), user_dict=None)
            # spaCy saves these two, and pkuseg sets them only when it has a list.
            segmenter.postprocesser.common_words = segmenter.postprocesser.other_words = set()
            if self.dictionary is not None:
                segmenter.preprocesser = spacy_pkuseg.Preprocesser(str(self.dictionary))
        except Exception as error:
            raise ModelError(Errors.E203.format(path=folder, reason=error)) from error
        return segmenter

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Save with the model, so that the folder needs nothing else."""
        if self.pkuseg_seg is None:
            self.pkuseg_seg = self._load()
        super().to_disk(path, **kwargs)

    def to_bytes(self, **kwargs: Any) -> bytes:
        """Serialise with the model."""
        if self.pkuseg_seg is None:
            self.pkuseg_seg = self._load()
        return super().to_bytes(**kwargs)  # type: ignore[no-any-return]

    def from_disk(self, path: str | Path, **kwargs: Any) -> Any:
        """Load what `to_disk` saved.

        spacy-pkuseg unpickles ``features.pkl`` where ``features.msgpack`` is missing, and a pickle can run anything.
        """
        for name in MODEL_FILES:
            model_file(Path(path) / "pkuseg_model", name)
        return super().from_disk(path, **kwargs)

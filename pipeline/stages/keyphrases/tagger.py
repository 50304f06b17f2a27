"""The HanLP sequence tagger behind the bundled backend; importing this module imports torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np
import torch
from hanlp.components.ner.rnn_ner import RNNNamedEntityRecognizer
from numpy.typing import NDArray
from spacy.util import minibatch
from torch.nn.utils.rnn import pad_sequence

from pipeline.errors import Errors, ModelError

CONFIG, WEIGHTS = "config.json", "model.pt"
TAG = "KP"
BEGIN, INSIDE, OUTSIDE = f"B-{TAG}", f"I-{TAG}", "O"

Floats = NDArray[np.float64]


class SpanProbability(NamedTuple):
    """Words ``[begin, end)`` of a sentence are a phrase with this probability."""

    begin: int
    end: int
    probability: float


class KeyPhraseTagger(RNNNamedEntityRecognizer):  # type: ignore[misc]
    """HanLP's BiLSTM-CRF with its CRF reading batches the right way round.

    HanLP 2.1.5 to 2.1.7 hand ``crf_constraints`` to the CRF in the place of ``batch_first``: training
    runs, and F1 stays 0 without an error.
    """

    _directions: list[torch.nn.LSTM] | None = None
    """The trained LSTM in parts, made when phrases are first asked for."""

    def build_model(self, **kwargs: Any) -> Any:
        """Build HanLP's model and set ``batch_first``."""
        self._directions = None
        model = super().build_model(**kwargs)
        if model.crf is not None:
            model.crf.batch_first = True
        return model

    @torch.no_grad()
    def span_probabilities(
        self, sentences: Sequence[Sequence[str]], *, longest: int, least: float, batch_size: int = 32
    ) -> list[list[SpanProbability]]:
        """Every span the CRF gives at least some probability: more to rank than its one best reading.

        Parameters
        ----------
        sentences : sequence of sequence of str
            Words.
        longest : int
            Words in a span at most.
        least : float
            Probability below which a span is left out.
        batch_size : int

        Returns
        -------
        list of list of SpanProbability
            One inner list a sentence, shorter spans first.
        """
        if not sentences:
            return []
        crf, tags = self.model.crf, self.vocabs["tag"]
        order = [tags[BEGIN], tags[INSIDE], tags[OUTSIDE]]
        start, end = (_array(part)[order] for part in (crf.start_transitions, crf.end_transitions))
        transitions = _array(crf.transitions)[np.ix_(order, order)]
        found: list[list[SpanProbability]] = [[] for _ in sentences]
        # Sentences of about one length together: each takes the time of the longest beside it.
        for batch in minibatch(sorted(range(len(sentences)), key=lambda n: len(sentences[n])), batch_size):
            emissions, lengths = self._emissions(self._numbers([sentences[n] for n in batch]))
            scores = _array(emissions)[:, :, order]
            forward, backward = _messages(scores, lengths, start, transitions, end)
            for row, (number, length) in enumerate(zip(batch, lengths, strict=True)):
                emitted, ahead, behind = (array[row, :length] for array in (scores, forward, backward))
                found[number] = _spans(emitted, ahead, behind, transitions, end, longest, least)
        return found

    def _numbers(self, sentences: Sequence[Sequence[str]]) -> torch.Tensor:
        """The words of sentences in the vocabulary, padded behind."""
        known = self.vocabs[self.config.token_key]
        number_of, unknown = known.token_to_idx.get, known.unk_idx
        rows = [torch.tensor([number_of(word, unknown) for word in words], dtype=torch.long) for words in sentences]
        return pad_sequence(rows, batch_first=True, padding_value=known.pad_idx)

    def _emissions(self, words: torch.Tensor) -> tuple[torch.Tensor, list[int]]:
        """What HanLP's ``feed_batch`` gives, in half the time, and how long each sentence is.

        HanLP packs sentences of several lengths together, for which torch has no fused LSTM. A sentence that is padded
        behind comes out the same, if the LSTM that reads backwards gets it turned round.
        """
        if self._directions is None:
            self._directions = _one_way(self.model.word_lstm)
        lengths = words.gt(0).sum(1, keepdim=True)
        turned = (lengths - 1 - torch.arange(words.shape[1])).clamp(min=0)[..., None]
        embedded = self.model.embed(words)
        if self.model.embed_to_rnn is not None:
            embedded = self.model.embed_to_rnn(embedded)
        forwards, backwards = self._directions
        ahead, _ = forwards(embedded)
        back, _ = backwards(embedded.gather(1, turned.expand_as(embedded)))
        hidden = torch.cat([ahead, back.gather(1, turned.expand_as(back))], dim=2)
        return self.model.out(hidden), lengths[:, 0].tolist()


def _one_way(both: torch.nn.LSTM) -> list[torch.nn.LSTM]:
    """An LSTM for each direction of one that has two."""
    found = []
    for suffix in ("", "_reverse"):
        one = torch.nn.LSTM(both.input_size, both.hidden_size, batch_first=True)
        one.load_state_dict({name: getattr(both, f"{name}{suffix}") for name in one.state_dict()})
        found.append(one.eval())
    return found


def _array(tensor: torch.Tensor) -> Floats:
    return tensor.detach().numpy().astype(np.float64)


def _messages(
    emissions: Floats, lengths: Sequence[int], start: Floats, transitions: Floats, end: Floats
) -> tuple[Floats, Floats]:
    """Forward-backward over a batch of sentences, padded behind; columns are BEGIN, INSIDE, OUTSIDE."""
    longest = emissions.shape[1]
    forward, backward = np.empty_like(emissions), np.empty_like(emissions)
    forward[:, 0] = start + emissions[:, 0]
    for t in range(1, longest):
        forward[:, t] = np.logaddexp.reduce(forward[:, t - 1, :, None] + transitions, axis=1) + emissions[:, t]
    last = np.asarray(lengths)[:, None] - 1
    backward[:, -1] = end
    for t in range(longest - 2, -1, -1):
        following = transitions + emissions[:, t + 1, None] + backward[:, t + 1, None]
        backward[:, t] = np.where(t < last, np.logaddexp.reduce(following, axis=2), end)
    return forward, backward


def _spans(
    emissions: Floats, forward: Floats, backward: Floats, transitions: Floats, end: Floats, longest: int, least: float
) -> list[SpanProbability]:
    """Probable spans of one sentence."""
    length = len(emissions)
    total = np.logaddexp.reduce(forward[-1] + end)
    # What may follow a span whose last word is tagged BEGIN (0) or INSIDE (1): anything but INSIDE.
    after = np.empty((length, 2))
    after[-1] = end[:2]
    following = emissions[1:] + backward[1:]
    for last in (0, 1):
        after[:-1, last] = np.logaddexp(transitions[last, 0] + following[:, 0], transitions[last, 2] + following[:, 2])
    found = []
    path = forward[:, 0]
    for size in range(1, min(longest, length) + 1):
        if size > 1:
            step = transitions[0 if size == 2 else 1, 1]
            path = path[: length - size + 1] + step + emissions[size - 1 :, 1]
        probability = np.exp(path + after[size - 1 :, 0 if size == 1 else 1] - total)
        found += [
            SpanProbability(int(i), int(i) + size, float(probability[i])) for i in np.flatnonzero(probability >= least)
        ]
    return found


def load(folder: Path) -> KeyPhraseTagger:
    """Load a trained tagger on the CPU.

    Parameters
    ----------
    folder : Path
        With ``config.json``, ``vocabs.json`` and ``model.pt``.

    Returns
    -------
    KeyPhraseTagger

    Raises
    ------
    ModelError
        If the files don't make a tagger, or its config asks for more than one.
    """
    _check_config(folder / CONFIG)
    tagger = KeyPhraseTagger()
    try:
        tagger.load(str(folder), devices=-1, verbose=False)
    except UnpicklingError as error:
        raise ModelError(Errors.E204.format(path=folder / WEIGHTS, types="pickled objects")) from error
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(Errors.E203.format(path=folder, reason=reason)) from error
    return tagger


def _check_config(path: Path) -> None:
    """Refuse what HanLP would make of a config beyond a tagger.

    It builds whatever class a ``classpath`` in there names, with any arguments, and fetches embeddings that are
    named by a path or an address. Weights are safe: HanLP has torch read tensors and nothing else.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        settings = dict(config)
    except (ValueError, TypeError) as error:
        raise ModelError(Errors.E203.format(path=path, reason=error)) from error
    strange = sorted(name for name, value in settings.items() if not isinstance(value, (str, int, float, type(None))))
    strange += [] if isinstance(settings.get("embed"), int) else ["embed"]
    if strange:
        raise ModelError(Errors.E204.format(path=path, types=", ".join(dict.fromkeys(strange))))

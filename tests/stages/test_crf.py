from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pycrfsuite
import pytest

from pipeline.stages.entities.crf import LinearChainCRF, Weights, _Table

LABELS = ["O", "B-ORG", "I-ORG", "E-ORG"]
Sequence = list[list[int]]


@pytest.fixture(scope="module")
def sequences() -> list[Sequence]:
    """Items of three features; the labels depend on the first."""
    chance = random.Random(0)
    return [
        [[chance.randrange(1, 9), chance.randrange(100, 300), chance.getrandbits(64)] for _ in range(length)]
        for length in [1, 30, 2, *(chance.randrange(1, 40) for _ in range(60))]
    ]


@pytest.fixture(scope="module")
def learnt(sequences: list[Sequence], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crf") / "model.crfsuite"
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"max_iterations": 30, "c1": 0.01})
    for items in sequences[: len(sequences) // 2]:
        trainer.append(_written(items), [LABELS[item[0] % 5 % 4] for item in items])
    trainer.train(str(path))
    return path


def _written(items: Sequence) -> list[list[str]]:
    return [[f"{number:x}" for number in item] for item in items]


def _rows(sequences: list[Sequence]) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.array([item for items in sequences for item in items], dtype=np.uint64)


def test_what_crfsuite_says(sequences: list[Sequence], learnt: Path) -> None:
    crf, tagger = LinearChainCRF(Weights.learnt(learnt)), pycrfsuite.Tagger()
    tagger.open(str(learnt))
    lengths = [len(items) for items in sequences]
    labels, sure = crf.tag(_rows(sequences), lengths)
    marginals = crf.marginals(_rows(sequences), lengths)
    expected, place = [], 0
    for items in sequences:
        tagger.set(_written(items))
        expected += tagger.tag()
        for index in range(len(items)):
            wanted = [tagger.marginal(label, index) for label in crf.labels]
            assert marginals[place] == pytest.approx(wanted, abs=1e-4)  # CRFsuite tells weights to six digits
            assert sure[place] == marginals[place][crf.labels.index(labels[place])]
            place += 1
    assert labels == expected
    assert len(set(labels)) == 4


def test_sentences_do_not_touch(sequences: list[Sequence], learnt: Path) -> None:
    crf = LinearChainCRF(Weights.learnt(learnt))
    together, _ = crf.tag(_rows(sequences), [len(items) for items in sequences])
    assert together == [label for items in sequences for label in crf.tag(_rows([items]), [len(items)])[0]]
    assert crf.tag(np.zeros((0, 3), dtype=np.uint64), []) == ([], [])


@pytest.mark.parametrize("favour", [0, 1000])
def test_long_sequences_of_large_weights(favour: float) -> None:
    moves = np.array([[favour, favour + 300], [favour - 300, favour]], dtype=np.float32)
    one = np.ones(1, dtype=np.uint8)
    weights = Weights(np.array(["a", "b"]), np.array([7], dtype=np.uint64), one, 0 * one, np.float32([800]), moves)
    labels, sure = LinearChainCRF(weights).tag(np.array([[7]] * 900, dtype=np.uint64), [900])
    assert (labels, sure) == (["a"] * 900, pytest.approx([1] * 900))


def test_saved_and_loaded(learnt: Path) -> None:
    weights = Weights.learnt(learnt)
    again = Weights.from_bytes(weights.to_bytes())
    assert again.to_bytes() == weights.to_bytes()
    assert again.labels.tolist() == weights.labels.tolist()


@pytest.mark.parametrize("part", ["labels", "features", "counts", "targets", "weights", "moves"])
def test_parts_that_do_not_fit(part: str, learnt: Path) -> None:
    weights = Weights.learnt(learnt)
    with pytest.raises(ValueError, match="don't fit"):
        replace(weights, **{part: getattr(weights, part)[:-1]})
    with pytest.raises(ValueError, match="type"):
        replace(weights, **{part: np.zeros(getattr(weights, part).shape, dtype=np.int64)})
    damaged = bytearray(weights.to_bytes())
    damaged[len(damaged) // 2] ^= 255
    with pytest.raises(ValueError, match=r"."):
        Weights.from_bytes(bytes(damaged))


@pytest.mark.parametrize(("part", "value"), [("targets", 4), ("features", 0), ("weights", np.nan), ("moves", np.inf)])
def test_numbers_that_mean_nothing(part: str, value: float, learnt: Path) -> None:
    weights = Weights.learnt(learnt)
    spoilt = getattr(weights, part).copy()
    spoilt[0] = value
    with pytest.raises(ValueError, match=r"don't fit|no numbers"):
        replace(weights, **{part: spoilt})


def test_features_at_the_end_of_the_table() -> None:
    """They go on at its beginning."""
    features = np.array([1, *(2**64 - number for number in range(1, 9))], dtype=np.uint64)
    table = _Table(features)
    assert table.rows(features).tolist() == list(range(9))
    assert table.rows(np.array([[0, 2], [2**64 - 9, 2**63]], dtype=np.uint64)).tolist() == [[-1, -1], [-1, -1]]
    assert _Table(features[:0]).rows(features[:2]).tolist() == [-1, -1]


def test_features_made_to_collide_are_refused() -> None:
    with pytest.raises(ValueError, match="told apart"):
        _Table(np.arange(1, 2000, dtype=np.uint64))

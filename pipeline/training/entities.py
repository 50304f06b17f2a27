"""Train the entity tagger: a linear-chain CRF on character features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.corpus.gold import GoldParagraph, data_hash, read
from pipeline.evaluation.metrics import entity_scores
from pipeline.stages.entities.component import LABELS, MODEL_FILE, EntityTagger, encode, sentences
from pipeline.stages.entities.crf import Weights
from pipeline.stages.entities.features import featurize
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data
from pipeline.training.augmentation import copies
from pipeline.training.card import write_card


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    silver: Path | None = None,
    segmenter: str = "segmenter",
    augment: int = 2,
    iterations: int = 100,
    c1: float = 0.05,
    c2: float = 0.05,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train an entity tagger.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    silver : Path, optional
        Gold file whose entities a better, slower tagger found: learnt from as it is, without copies.
    segmenter : str
        The segmenter whose words the features read: the same as in the pipeline it will serve.
    augment : int
        Copies of each paragraph with other names.
    iterations : int
        L-BFGS iterations at most.
    c1, c2 : float
        L1 and L2 regularisation.
    seed : int
    report : callable
        Gets a line now and then.

    Returns
    -------
    dict
        The model card.
    """
    import pycrfsuite
    import spacy

    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)
    found = data.load(corpus, add, external)
    labelled = list(read(silver)) if silver else []
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": True, "feature.minfreq": 2}
    )
    sequences = 0
    for features, tags in examples(tokenizer, [*copies(found.train, augment, seed), *labelled]):
        trainer.append(features, tags)
        sequences += 1
    report(f"{len(found.train)} paragraphs, {sequences} sentences with their copies; training")
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        learnt = Path(scratch, "model.crfsuite")
        trainer.train(str(learnt))
        (output / MODEL_FILE).write_bytes(Weights.learnt(learnt).to_bytes())
    return write_card(
        output,
        "entities",
        packages=["python-crfsuite", "spacy"],
        data={
            **found.facts,
            "segmenter": segmenter,
            "silver": {"paragraphs": len(labelled), "hash": data_hash(labelled)},
        },
        dev=dev_scores(output, tokenizer, found.dev),
        settings={"augment": augment, "iterations": iterations, "c1": c1, "c2": c2, "seed": seed},
    )


def dev_scores(model: Path, tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]) -> dict[str, float]:
    """Exact F1 per label on held-out paragraphs."""
    tagger = EntityTagger(model=str(model))
    gold, given = [], []
    for paragraph in paragraphs:
        gold.append([(e.start, e.end, e.label) for e in paragraph.entities if e.label in LABELS])
        given.append([(e.start_char, e.end_char, e.label_) for e in tagger(tokenizer(paragraph.text)).ents])
    return {name: row["f1"] for name, row in entity_scores(gold, given)["exact"].items()}


def examples(
    tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]
) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Features, in hexadecimal digits, and BIOES tags of every sentence; MONEY and PERCENT are the grammar's."""
    for paragraph in paragraphs:
        spans = [(e.start, e.end, e.label) for e in paragraph.entities if e.label in LABELS]
        for words, offset in sentences(tokenizer(paragraph.text)):
            size = sum(map(len, words))
            inside = [(a - offset, b - offset, label) for a, b, label in spans if offset <= a and b <= offset + size]
            yield [[f"{number:x}" for number in row] for row in featurize([words]).tolist()], encode(size, inside)

"""Train what corrects the grammar of indicators: CRFs for names, for roles and for status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.alignment import split_at
from pipeline.corpus.gold import GoldIndicator, GoldParagraph
from pipeline.evaluation.metrics import FIELDS, indicator_scores
from pipeline.stages.indicators.features import (
    Scene,
    Span,
    name_features,
    name_tags,
    role_features,
    status_features,
)
from pipeline.stages.indicators.grammar import Mention, Reading, extract, read, scene_of
from pipeline.stages.indicators.learnt import FILES, Learnt, label_of
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data
from pipeline.training.card import write_card

if TYPE_CHECKING:
    from spacy.tokens import Doc

# Regularisation: names have many features that are seen once, the rest few examples.
_C = {"names": 0.1, "roles": 1.0, "status": 1.0}


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    segmenter: str = "segmenter",
    real: int = 2,
    iterations: int = 80,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train the indicator models.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    segmenter : str
        The segmenter whose words the features read: the same as in the pipeline it will serve.
    real : int
        How often each added and each externally labelled paragraph is shown.
    iterations : int
        L-BFGS iterations at most.
    seed : int
        Kept in the card; nothing here is drawn by chance.
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
    trainers = {}
    for kind, strength in _C.items():
        trainers[kind] = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainers[kind].set_params(
            {
                "c1": strength,
                "c2": strength,
                "max_iterations": iterations,
                "feature.minfreq": 2,
                "feature.possible_transitions": True,
            }
        )
    paragraphs = 0
    for shown, times in ((found.own, 1), ([*found.added, *found.external], real)):
        for paragraph in shown:
            if not paragraph.indicators:
                continue
            paragraphs += 1
            for kind, features, tags in examples(paragraph, tokenizer(paragraph.text)):
                for _ in range(times):
                    trainers[kind].append(features, tags)
    report(f"{paragraphs} paragraphs with indicators; training")
    output.mkdir(parents=True, exist_ok=True)
    for kind, trainer in trainers.items():
        trainer.train(str(output / FILES[kind]))
    return write_card(
        output,
        "indicators",
        packages=["python-crfsuite", "spacy"],
        data={**found.facts, "segmenter": segmenter},
        dev=dev_scores(output, tokenizer, found.dev),
        settings={"real": real, "iterations": iterations, "regularisation": _C, "seed": seed},
    )


def dev_scores(model: Path, tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]) -> dict[str, Any]:
    """Agreement on held-out paragraphs, their entities given: of the grammar alone and corrected by the model."""
    learnt = Learnt(str(model.resolve()))
    gold: list[list[dict[str, Any]]] = []
    given: dict[str, list[list[dict[str, Any]]]] = {"grammar": [], "corrected": []}
    for paragraph in paragraphs:
        mentions, borders = _mentions(paragraph), _borders(paragraph, tokenizer(paragraph.text))
        gold.append([{**record.model_dump(), "span": record.entity} for record in paragraph.indicators])
        quantities = [index for index, entity in _quantities(paragraph)]
        for name, model_ in (("grammar", None), ("corrected", learnt)):
            records = extract(paragraph.text, mentions, borders, None, paragraph.headings, model_)
            given[name].append(
                [{"span": quantities[r.mention], **{field: getattr(r, field) for field in FIELDS}} for r in records]
            )
    scores = {name: indicator_scores(gold, rows) for name, rows in given.items()}
    return {name: {**row["fields"], "full_f1": row["full"]["f1"]} for name, row in scores.items()}


def examples(paragraph: GoldParagraph, doc: Doc) -> Iterator[tuple[str, list[list[str]], list[str]]]:
    """Features and labels of the names of one paragraph, and of its roles and status where all are known."""
    mentions, borders = _mentions(paragraph), _borders(paragraph, doc)
    reading = read(paragraph.text, mentions, borders, None, paragraph.headings)
    scene = scene_of(paragraph.text, mentions, borders, reading, paragraph.headings)
    by_entity = {record.entity: record for record in paragraph.indicators}
    records = [by_entity.get(index) for index, _ in _quantities(paragraph)]
    yield from _named(scene, reading, records)
    known = [record for record in records if record is not None]
    if len(known) == len(records):
        labels = [label_of(name) for name in reading.names]
        rows = [
            role_features(scene, index, *own, reading.lean)
            for index, own in enumerate(zip(labels, reading.statuses, strict=True))
        ]
        yield "roles", rows, [f"change {r.direction}" if r.role == "change" else r.role for r in known]
        yield "status", [status_features(scene, row) for row in rows], [r.status for r in known]


def _named(
    scene: Scene, reading: Reading, records: list[GoldIndicator | None]
) -> Iterator[tuple[str, list[list[str]], list[str]]]:
    previous: Span | None = None
    for index, (record, name) in enumerate(zip(records, reading.names, strict=True)):
        if record is None:
            continue
        proposed = None if name is None else (name.start, name.end)
        span = _place(scene.text, record.indicator, scene.quantities[index][0], proposed)
        if span is None:
            continue
        first, rows = name_features(scene, index, proposed, previous)
        tags = name_tags(scene, first, len(rows), span)
        previous = span
        if tags is not None:
            yield "names", rows, tags


def _place(text: str, name: str, quantity: int, proposed: Span | None) -> Span | None:
    """Where a name stands: at the grammar's place, else the nearest before the quantity, else the first behind it."""
    found = [match.span() for match in re.finditer(re.escape(name), text)]
    there = [span for span in found if proposed and span[0] < proposed[1] and proposed[0] < span[1]]
    before = [span for span in found if span[1] <= quantity]
    if there or before:
        return (there or before)[-1]
    return found[0] if found else None


def _quantities(paragraph: GoldParagraph) -> list[tuple[int, Any]]:
    """Amounts and rates with their numbers, in order."""
    found = [(i, entity) for i, entity in enumerate(paragraph.entities) if entity.label in ("MONEY", "PERCENT")]
    return sorted(found, key=lambda pair: pair[1].start)


def _mentions(paragraph: GoldParagraph) -> list[Mention]:
    return sorted((Mention(e.start, e.end, e.label) for e in paragraph.entities), key=lambda mention: mention.start)


def _borders(paragraph: GoldParagraph, doc: Doc) -> list[Span]:
    doc = split_at(doc, [edge for entity in paragraph.entities for edge in (entity.start, entity.end)])
    return [(token.idx, token.idx + len(token)) for token in doc]

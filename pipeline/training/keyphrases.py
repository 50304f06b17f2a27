"""Train the HanLP key-phrase tagger from the annotated corpus."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.corpus.gold import GoldParagraph, occurrences
from pipeline.stages.keyphrases.backends.bundled import MODEL_FILES
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data
from pipeline.training.card import write_card

TAG = "KP"


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    segmenter: str = "segmenter",
    epochs: int = 30,
    seed: int = 0,
    verbose: bool = True,
) -> dict[str, Any]:
    """Train a key-phrase tagger.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    segmenter : str
        The segmenter whose words the tagger reads: the same as in the pipeline it will serve.
    epochs : int
    seed : int
    verbose : bool
        Show HanLP's progress.

    Returns
    -------
    dict
        The model card.
    """
    import spacy
    import torch

    from pipeline.stages.keyphrases.tagger import KeyPhraseTagger

    torch.set_num_threads(1)
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)
    found = data.load(corpus, add, external)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        files = []
        for name, part in (("train", found.train), ("dev", found.dev)):
            file = work / f"{name}.tsv"
            file.write_text(columns(tokenizer, part), encoding="utf-8")
            files.append(str(file))
        tagger = KeyPhraseTagger()
        logger = logging.getLogger("pipeline.training.keyphrases")
        logger.setLevel(logging.INFO if verbose else logging.WARNING)
        tagger.fit(
            files[0],
            files[1],
            str(work / "model"),
            epochs=epochs,
            embed=100,
            rnn_hidden=128,
            batch_size=32,
            seed=seed,
            devices=-1,
            patience=8,
            tagging_scheme="BIO",
            token_delimiter="",
            logger=logger,
        )
        output.mkdir(parents=True, exist_ok=True)
        for name in MODEL_FILES:
            shutil.copyfile(work / "model" / name, output / name)
        _, metric = tagger.evaluate_dataloader(
            tagger.build_dataloader(files[1], 32, False, torch.device("cpu")), tagger.build_criterion(), logger
        )
    return write_card(
        output,
        "keyphrases",
        packages=["hanlp", "torch"],
        data={**found.facts, "segmenter": segmenter},
        settings={"epochs": epochs, "seed": seed},
        dev={"span_f1": round(float(metric.score), 4)},
    )


def columns(tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]) -> str:
    """Words and BIO tags in two columns, an empty line between paragraphs."""
    blocks = []
    for paragraph in paragraphs:
        doc = tokenizer(paragraph.text)
        tags = ["O"] * len(doc)
        for start, end in occurrences(paragraph):
            span = doc.char_span(start, end)
            if span is not None and all(tags[i] == "O" for i in range(span.start, span.end)):
                tags[span.start : span.end] = [f"B-{TAG}", *[f"I-{TAG}"] * (len(span) - 1)]
        rows = [f"{token.text}\t{tag}" for token, tag in zip(doc, tags, strict=True) if not token.is_space]
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks) + "\n"

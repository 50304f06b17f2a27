"""Train the word segmenter: a spacy-pkuseg model whose borders respect annotated mentions."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

from pipeline.corpus.gold import GoldParagraph, occurrences
from pipeline.resources import model_path
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.stages.segmenter.component import pieces
from pipeline.training import data
from pipeline.training.card import write_card


def read_treebank(path: Path) -> Iterator[list[str]]:
    """Sentences of a CoNLL-U file as lists of words."""
    words: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) > 1 and fields[0].isdigit():
            words.append(fields[1])
        elif not line.strip() and words:
            yield words
            words = []
    if words:
        yield words


def train(
    output: Path,
    *,
    treebank: Path | None = None,
    treebank_test: Path | None = None,
    corpus: Path | None = None,
    iterations: int = 10,
    seed: int = 0,
) -> dict[str, Any]:
    """Train a segmenter.

    The corpus has no words marked, only mentions: a first model (from the treebank, or the bundled
    one) cuts what lies between and inside mentions, and the second learns from treebank and corpus.

    Parameters
    ----------
    output : Path
        Model folder to write.
    treebank : Path, optional
        Word-segmented CoNLL-U training file; without it the bundled segmenter is the first model.
    treebank_test : Path, optional
        Word-segmented CoNLL-U file to measure word F1 on, for the card.
    corpus : Path, optional
        Annotated corpus; the bundled one by default.
    iterations : int
        Passes over the data.
    seed : int

    Returns
    -------
    dict
        The model card.
    """
    import numpy
    import spacy_pkuseg

    found = data.load(corpus)
    paragraphs, held_out = found.train, found.dev
    sentences = list(read_treebank(treebank)) if treebank else []
    general = [run for words in sentences for run in by_piece(words)]
    origin = f"{treebank.name}: {len(sentences)} sentences (UD Chinese GSD, CC BY-SA 4.0)" if treebank else None
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        if sentences:
            _fit(general, general[-500:], work / "first", iterations, seed)
            first = spacy_pkuseg.pkuseg(str(work / "first"), user_dict=None)
        else:
            first = spacy_pkuseg.pkuseg(str(model_path("segmenter")), user_dict=None)
        respected = [words for p in paragraphs for words in cut_paragraph(first, p)]
        check = [words for p in held_out for words in cut_paragraph(first, p)]
        _fit(
            general + respected,
            check,
            work / "second",
            iterations,
            seed,
        )
        output.mkdir(parents=True, exist_ok=True)
        shutil.copy(work / "second" / "features.msgpack", output)
        # Packed, but still doubles: as floats they would decide some ties another way.
        with numpy.load(work / "second" / "weights.npz") as weights:
            numpy.savez_compressed(output / "weights.npz", **weights)
    return write_card(
        output,
        "segmenter",
        packages=["spacy-pkuseg"],
        data={
            **found.facts,
            "treebank": origin,
        },
        settings={"iterations": iterations, "seed": seed},
        dev={"mentions_off_word_borders": off_borders(output, held_out)},
        treebank_test={"word_f1": word_f1(output, read_treebank(treebank_test))} if treebank_test else None,
    )


def cut_paragraph(segmenter: Any, paragraph: GoldParagraph) -> Iterator[list[str]]:
    """Segment a paragraph with a border at both ends of every mention and key phrase; one list a piece."""
    spans = [(mention.start, mention.end) for mention in paragraph.entities] + occurrences(paragraph)
    edges = sorted({0, len(paragraph.text), *chain.from_iterable(spans)})
    words: list[str] = []
    for start, end in pairwise(edges):
        for _, piece in pieces(paragraph.text[start:end]):
            words += segmenter.cut(piece)
    yield from by_piece(words)


def by_piece(words: Iterable[str]) -> Iterator[list[str]]:
    """Divide words as the tokenizer divides text, so that the model learns what it will see."""
    run: list[str] = []
    for word in words:
        if sum(1 for _ in pieces(word)) == 1 and word.isalnum():
            run.append(word)
            continue
        if run:
            yield run
            run = []
    if run:
        yield run


def off_borders(model: Path, paragraphs: Iterable[GoldParagraph]) -> float:
    """Share of mentions that do not begin and end on word borders."""
    import spacy

    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=str(model))
    total = off = 0
    for paragraph in paragraphs:
        doc = tokenizer(paragraph.text)
        borders = {token.idx for token in doc} | {token.idx + len(token) for token in doc}
        for mention in paragraph.entities:
            total += 1
            off += mention.start not in borders or mention.end not in borders
    return round(off / max(total, 1), 4)


def word_f1(model: Path, sentences: Iterable[list[str]]) -> float:
    """F1 of word spans on segmented sentences."""
    import spacy

    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=str(model))
    hits = given = wanted = 0
    for words in sentences:
        truth = _spans(words)
        guess = _spans([token.text for token in tokenizer("".join(words))])
        hits, given, wanted = hits + len(truth & guess), given + len(guess), wanted + len(truth)
    return round(2 * hits / max(1, given + wanted), 4)


def _spans(words: Iterable[str]) -> set[tuple[int, int]]:
    ends = list(accumulate(len(word) for word in words))
    return set(zip([0, *ends], ends, strict=False))


def _fit(train: list[list[str]], test: list[list[str]], folder: Path, iterations: int, seed: int) -> None:
    import numpy
    import spacy_pkuseg

    random.seed(seed)
    numpy.random.seed(seed)
    folder.mkdir(parents=True)
    files = []
    for name, sentences in (("train", train), ("test", test)):
        file = folder / f"{name}.txt"
        file.write_text("\n".join(" ".join(words) for words in sentences), encoding="utf-8")
        files.append(str(file))
    with contextlib.redirect_stdout(io.StringIO()):
        spacy_pkuseg.train(*files, str(folder), train_iter=iterations)

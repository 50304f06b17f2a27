"""Train the HanLP key-phrase tagger from the annotated corpus."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline.corpus import external as external_labels
from pipeline.corpus.gold import GoldParagraph, occurrences
from pipeline.stages.keyphrases.backends.bundled import MODEL_FILES
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data, vectors
from pipeline.training.card import write_card

TAG = "KP"
DEV_SPANS = 20
_BATCH = 32


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    segmenter: str = "segmenter",
    epochs: int = 8,
    real: int = 2,
    seed: int = 0,
    report: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Train a key-phrase tagger.

    Word vectors come first, from all text at hand: that of the corpus and all of ``external``, labelled or not.
    They stand at the beginning of the tagger's embedding, so that a word without a label has neighbours with one.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    segmenter : str
        The segmenter whose words the tagger reads: the same as in the pipeline it will serve.
    epochs : int
        Passes over the data.
    real : int
        How often each real paragraph (``add``, ``external``) is shown a pass; written ones are shown once.
    seed : int
    report : callable, optional
        Called with a line after each pass.

    Returns
    -------
    dict
        The model card.
    """
    import spacy
    import torch

    torch.set_num_threads(1)
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)
    found = data.load(corpus, add, external)
    shown = [*found.own, *(paragraph for paragraph in (*found.added, *found.external) for _ in range(real))]
    texts = [paragraph.text for paragraph in found.train]
    if external:
        labelled = set(texts)
        texts += [text for text in external_labels.texts(external) if text not in labelled]
    words, matrix = vectors.train([_words(tokenizer, text) for text in texts], size=_SIZES["embed"], seed=seed)
    report(f"{len(words)} word vectors from {len(texts)} paragraphs")
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        files = []
        # HanLP wants a file of held-out sentences; the model is scored on whole paragraphs below.
        for name, part in (("train", shown), ("dev", found.dev[:DEV_SPANS])):
            file = work / f"{name}.tsv"
            file.write_text(columns(tokenizer, part), encoding="utf-8")
            files.append(str(file))
        tagger = _tagger(words, matrix, report)
        logger = logging.getLogger("pipeline.training.keyphrases")
        logger.setLevel(logging.WARNING)
        tagger.fit(
            files[0],
            files[1],
            str(work / "model"),
            epochs=epochs,
            batch_size=_BATCH,
            seed=seed,
            devices=-1,
            tagging_scheme="BIO",
            token_delimiter="",
            logger=logger,
            verbose=False,
            **_SIZES,
        )
        _tidy(work / "model")
        output.mkdir(parents=True, exist_ok=True)
        for name in MODEL_FILES:
            shutil.copyfile(work / "model" / name, output / name)
    scores = score(output, segmenter, found.dev)
    return write_card(
        output,
        "keyphrases",
        packages=["hanlp", "torch"],
        data={**found.facts, "segmenter": segmenter, "vector_paragraphs": len(texts)},
        settings={"epochs": epochs, "real": real, "seed": seed, **_SIZES},
        dev=scores,
    )


_SIZES: dict[str, Any] = {"embed": 100, "rnn_hidden": 128, "drop": 0.5, "lr": 0.002}


def score(model: Path, segmenter: str, paragraphs: list[GoldParagraph]) -> dict[str, float]:
    """F1@5 a paragraph of a tagger with the stage around it, without entities."""
    import spacy

    from pipeline.evaluation.evaluate import annotate
    from pipeline.evaluation.metrics import keyphrase_scores

    nlp = spacy.blank("zh")
    nlp.tokenizer = PkusegTokenizer(nlp.vocab, model=segmenter)
    nlp.add_pipe("hanlp_keyphrases", config={"backend": {"name": "bundled", "model": f"{model.resolve()}/"}})
    given = [doc._.paragraphs[0]["keyphrases"] for doc in annotate(nlp, paragraphs)]
    scores = keyphrase_scores([paragraph.keyphrases for paragraph in paragraphs], given)
    return {"f1_at_5": scores["exact"]["f1"], "f1_at_5_overlap": scores["overlap"]["f1"]}


def _words(tokenizer: PkusegTokenizer, text: str) -> list[str]:
    return [token.text for token in tokenizer(text) if not token.is_space]


def _tagger(words: list[str], matrix: Any, report: Callable[[str], object]) -> Any:
    """A tagger that begins with given word vectors and trains for a fixed number of passes."""
    import torch
    from torch import nn

    from pipeline.stages.keyphrases.tagger import KeyPhraseTagger

    # Vectors of this length leave the embedding as large as torch would have drawn it, or somewhat smaller.
    length = 3.0

    class Trained(KeyPhraseTagger):
        def build_vocabs(self, dataset: Any, logger: Any) -> None:
            super().build_vocabs(dataset, logger)
            vocabulary = self.vocabs["token"]
            vocabulary.unlock()
            for word in words:
                vocabulary.add(word)
            vocabulary.lock()

        def build_model(self, **kwargs: Any) -> Any:
            model = super().build_model(**kwargs)
            vocabulary, weight = self.vocabs["token"], model.embed.weight.data
            nn.init.normal_(weight, std=length / weight.shape[1] ** 0.5)
            weight[[vocabulary.token_to_idx[word] for word in words]] = torch.from_numpy(matrix) * length
            # Unknown words are drawn to nothing in particular; dropping words in training teaches what to make of them.
            weight[vocabulary.unk_idx] = 0.0
            return model

        def execute_training_loop(
            self,
            trn: Any,
            dev: Any,
            epochs: int,
            criterion: Any,
            optimizer: Any,
            metric: Any,
            save_dir: str,
            **kwargs: Any,
        ) -> None:
            """HanLP's loop decodes every batch for a score and halves the rate by it; this one does neither."""
            loss_of, unknown = self.build_criterion(), self.vocabs["token"].unk_idx
            steps, step = epochs * len(trn), 0
            for epoch in range(1, epochs + 1):
                self.model.train()
                total, begun = 0.0, time.perf_counter()
                for batch in trn:
                    rate = self.config.lr * min(1.0, (step + 1) / 50) * max(0.02, 1 - step / steps)
                    step += 1
                    for group in optimizer.param_groups:
                        group["lr"] = rate
                    optimizer.zero_grad()
                    ids = batch["token_id"]
                    batch["token_id"] = ids.masked_fill((torch.rand(ids.shape) < 0.05) & ids.gt(0), unknown)
                    emissions, mask = self.feed_batch(batch)
                    loss = -loss_of(emissions, batch["tag_id"], mask) / len(mask)
                    loss.backward()
                    nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
                    optimizer.step()
                    total += loss.item()
                report(f"pass {epoch} of {epochs}: loss {total / len(trn):.3f}, {time.perf_counter() - begun:.0f} s")
            self.save_weights(save_dir)

    return Trained()


def _tidy(folder: Path) -> None:
    """Name the class that others load, and keep the embedding in half precision: half the size, the same scores."""
    import torch

    from pipeline.stages.keyphrases.tagger import KeyPhraseTagger

    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["classpath"] = f"{KeyPhraseTagger.__module__}.{KeyPhraseTagger.__name__}"
    file.write_text(json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    weights = torch.load(folder / "model.pt", map_location="cpu", weights_only=True)
    weights["embed.weight"] = weights["embed.weight"].half()
    torch.save(weights, folder / "model.pt")


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

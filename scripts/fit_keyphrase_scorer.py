"""Build choices.tsv.gz and words.tsv.gz and fit weights.toml in pipeline/stages/keyphrases.

    python scripts/fit_keyphrase_scorer.py [--external TEXTS.jsonl] [--model models/keyphrases/] [--corpus FOLDER]

The tables count, in the training split, how many paragraphs a phrase stands in and for how many it was chosen, and
how often a word stands inside, first and last in a chosen phrase: counts, no text. The weights are fitted on the
development split: the tagger has not learnt from it, so that its confidence there is what it is on new text. Run it
again after the tagger's kind or the features change; for a tagger trained on more text it can stay.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy
from spacy.tokens import Doc

from pipeline.corpus.gold import GoldParagraph, occurrences
from pipeline.stages.keyphrases import background, scoring
from pipeline.stages.keyphrases.background import WordUse
from pipeline.stages.keyphrases.component import KeyPhrases
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data

FOLDER = Path(scoring.__file__).parent


def choices(words: Iterable[list[str]], chosen: list[set[str]]) -> Iterator[tuple[str, int, int]]:
    """Phrase, paragraphs it was chosen for, paragraphs it stands in as whole words."""
    counted = background.known_phrases().union(*chosen)
    labelled, met = Counter[str](), Counter[str]()
    for paragraph, phrases in zip(words, chosen, strict=True):
        runs = (
            "".join(paragraph[begin:end])
            for begin in range(len(paragraph))
            for end in range(begin + 1, min(begin + scoring.MAX_WORDS, len(paragraph)) + 1)
        )
        # A phrase may have been chosen where the segmenter sees no whole words.
        met.update({run for run in runs if run in counted} | phrases)
        labelled.update(phrases)
    yield from ((phrase, labelled[phrase], met[phrase]) for phrase in sorted(met))


def word_uses(docs: Iterable[tuple[Doc, list[tuple[int, int]]]], least: int) -> Iterator[tuple[str, WordUse]]:
    """Words that stand often enough to tell what part they take in chosen phrases."""
    stood, inside, first, last = (Counter[str]() for _ in range(4))
    for doc, places in docs:
        stood.update(token.text for token in doc)
        taken: set[int] = set()
        for start, end in places:  # longer phrases first
            span = doc.char_span(start, end)
            if span is None or taken & set(range(span.start, span.end)):
                continue
            taken.update(range(span.start, span.end))
            inside.update(token.text for token in span)
            first[span[0].text] += 1
            last[span[-1].text] += 1
    for word, count in sorted(stood.items()):
        if count >= least and not scoring.BREAK.search(word):
            yield word, WordUse(count, inside[word], first[word], last[word])


def _write(name: str, head: int, rows: list[tuple[str | int, ...]]) -> None:
    text = f"{head}\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows)
    target = FOLDER / name
    # No time in the header, so that equal input gives equal bytes.
    target.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    print(f"{target}: {len(rows)} rows from {head} paragraphs, {target.stat().st_size / 1024:.0f} KiB")


def _candidates(
    tokenizer: PkusegTokenizer, stage: KeyPhrases, paragraphs: Iterable[GoldParagraph]
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """Features of every candidate, and whether a reader chose it."""
    for paragraph in paragraphs:
        if not paragraph.keyphrases:
            continue
        doc = tokenizer(paragraph.text)
        spans = (doc.char_span(e.start, e.end, label=e.label) for e in paragraph.entities)
        doc.ents = [span for span in spans if span is not None]
        length = len(paragraph.text)
        content = [{"start": 0, "end": length, "role": "body", "headings": []}]
        for candidate in stage.candidates(doc, content)[0]:
            yield scoring.features(candidate, length), candidate.text in paragraph.keyphrases


def main() -> None:
    """Write both tables and the weights."""
    from sklearn.linear_model import LogisticRegression

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="keyphrases", help="bundled name or folder of the tagger")
    parser.add_argument("--segmenter", default="segmenter", help="bundled name or folder")
    parser.add_argument("--corpus", type=Path, help="annotated corpus; the bundled one by default")
    parser.add_argument("--external", type=Path, help="text of the externally labelled paragraphs")
    parser.add_argument("--least", type=int, default=10, help="occurrences of a word in words.tsv.gz")
    args = parser.parse_args()
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=args.segmenter)
    found = data.load(args.corpus, external=args.external)
    docs = [tokenizer(paragraph.text) for paragraph in found.train]
    words = ([token.text for token in doc] for doc in docs)
    chosen = [set(paragraph.keyphrases) for paragraph in found.train]
    _write(background.CHOICES, len(docs), list(choices(words, chosen)))
    uses = word_uses(zip(docs, map(occurrences, found.train), strict=True), args.least)
    _write(background.WORDS, len(docs), [(word, *use) for word, use in uses])
    stage = KeyPhrases({"name": "bundled", "model": args.model})
    rows, wanted = zip(*_candidates(tokenizer, stage, found.dev), strict=True)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(rows, wanted)
    lines = [
        f"# Written by scripts/fit_keyphrase_scorer.py from {len(rows)} candidates; features: scoring.py.",
        f"bias = {model.intercept_[0]:.3f}",
        "",
        "[weights]",
        *(f"{name} = {weight:.3f}" for name, weight in zip(scoring.FEATURES, model.coef_[0], strict=True)),
    ]
    (FOLDER / "weights.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

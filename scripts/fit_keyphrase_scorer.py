"""Fit pipeline/stages/keyphrases/weights.toml on the development split of the corpus.

    python scripts/fit_keyphrase_scorer.py [--model models/keyphrases/] [--corpus corpus/annotations]

The tagger has not learnt from these paragraphs, so that its confidence on them is what it is on new text.
Run it again after the tagger's kind or the features change; for a tagger trained on more text it can stay.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import spacy

from pipeline.corpus.gold import read_split
from pipeline.stages.keyphrases import scoring
from pipeline.stages.keyphrases.component import KeyPhrases
from pipeline.stages.segmenter import PkusegTokenizer

TARGET = Path(scoring.__file__).with_name("weights.toml")


def main() -> None:
    """Write the weights."""
    from sklearn.linear_model import LogisticRegression

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="keyphrases", help="bundled name or folder of the tagger")
    parser.add_argument("--segmenter", default="segmenter", help="bundled name or folder")
    parser.add_argument("--corpus", type=Path, help="annotated corpus; the bundled one by default")
    args = parser.parse_args()
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=args.segmenter)
    stage = KeyPhrases({"name": "bundled", "model": args.model})
    rows, wanted = [], []
    for paragraph in read_split("dev", args.corpus):
        if not paragraph.keyphrases:
            continue
        doc = tokenizer(paragraph.text)
        spans = (doc.char_span(e.start, e.end, label=e.label) for e in paragraph.entities)
        doc.ents = [span for span in spans if span is not None]
        length = len(paragraph.text)
        content = [{"start": 0, "end": length, "role": "body", "headings": []}]
        for candidate in stage.candidates(doc, content)[0]:
            rows.append(scoring.features(candidate, length))
            wanted.append(candidate.text in paragraph.keyphrases)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(rows, wanted)
    lines = [
        f"# Written by scripts/fit_keyphrase_scorer.py from {len(rows)} candidates; features: scoring.py.",
        f"bias = {model.intercept_[0]:.3f}",
        "",
        "[weights]",
        *(f"{name} = {weight:.3f}" for name, weight in zip(scoring.FEATURES, model.coef_[0], strict=True)),
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

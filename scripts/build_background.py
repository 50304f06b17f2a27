"""Build pipeline/stages/keyphrases/background.tsv.gz: how phrases of official Chinese behave in general.

    python scripts/build_background.py PARAGRAPHS.jsonl

Reads paragraphs (a JSON object with ``text`` a line), segments them with the bundled segmenter and writes, for
each run of one to four words that may be a phrase and stands in enough paragraphs: the number of paragraphs,
how tightly its words hold together (pointwise mutual information at its weakest joint, in bits) and how freely
its neighbours change (the smaller of left and right entropy, in bits). The table holds counts, no text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy

from pipeline.stages.keyphrases.scoring import BREAK, MAX_WORDS, acceptable
from pipeline.stages.segmenter import PkusegTokenizer

TARGET = Path(__file__).parent.parent / "pipeline" / "stages" / "keyphrases" / "background.tsv.gz"
EDGE = ""


def clauses(words: Iterable[str]) -> Iterator[list[str]]:
    """Runs of words between punctuation and numbers."""
    clause: list[str] = []
    for word in words:
        if BREAK.search(word):
            if clause:
                yield clause
            clause = []
        else:
            clause.append(word)
    if clause:
        yield clause


def entropy(neighbours: Counter[str]) -> float:
    """Entropy in bits; each clause border counts as a neighbour of its own."""
    total = neighbours.total()
    edges = neighbours[EDGE]
    bits = -sum(n / total * math.log2(n / total) for word, n in neighbours.items() if word != EDGE)
    return bits + (edges / total * math.log2(total) if edges else 0.0)


def table(paragraphs: Iterable[list[str]], least: int) -> Iterator[tuple[str, int, float, float]]:
    """Phrase, paragraphs, cohesion and freedom of every phrase found in ``least`` paragraphs."""
    count: Counter[tuple[str, ...]] = Counter()
    spread: Counter[tuple[str, ...]] = Counter()
    left: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    right: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    parts = [list(clauses(words)) for words in paragraphs]
    for size in range(1, MAX_WORDS):
        for part in parts:
            seen = set()
            for clause in part:
                for begin in range(len(clause) - size + 1):
                    gram = tuple(clause[begin : begin + size])
                    # A run can't be frequent where its beginning is not.
                    if size > 1 and count[gram[:-1]] < least:
                        continue
                    count[gram] += 1
                    seen.add(gram)
            spread.update(seen)
        for gram in [gram for gram, n in count.items() if len(gram) == size and n < least]:
            del count[gram], spread[gram]
    kept = {gram for gram, n in spread.items() if n >= least and acceptable(gram)}
    for part in parts:
        for clause in part:
            for size in range(1, MAX_WORDS):
                for begin in range(len(clause) - size + 1):
                    gram = tuple(clause[begin : begin + size])
                    if gram in kept:
                        left[gram][clause[begin - 1] if begin else EDGE] += 1
                        right[gram][clause[begin + size] if begin + size < len(clause) else EDGE] += 1
    total = sum(n for gram, n in count.items() if len(gram) == 1)
    rows: dict[str, tuple[str, int, float, float]] = {}
    for gram in kept:
        joints = [
            math.log2(count[gram] * total / (max(1, count[gram[:cut]]) * max(1, count[gram[cut:]])))
            for cut in range(1, len(gram))
        ]
        row = "".join(gram), spread[gram], min(joints, default=0.0), min(entropy(left[gram]), entropy(right[gram]))
        # The same characters cut in two ways: the commoner way speaks for them.
        if row[0] not in rows or rows[row[0]][1] < row[1]:
            rows[row[0]] = row
    yield from sorted(rows.values())


def main() -> None:
    """Write the table; the gzip header carries no time, so that equal input gives equal bytes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("paragraphs", type=Path, help="JSONL with text")
    parser.add_argument("--least", type=int, default=6, help="paragraphs a phrase must stand in")
    parser.add_argument("--segmenter", default="segmenter", help="bundled name or folder")
    args = parser.parse_args()
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=args.segmenter)
    with args.paragraphs.open(encoding="utf-8") as lines:
        texts = [unicodedata.normalize("NFKC", json.loads(line)["text"]) for line in lines]
    words = [[token.text for token in tokenizer(text) if not token.is_space] for text in texts]
    rows = list(table(words, args.least))
    text = f"{len(texts)}\n" + "".join(f"{gram}\t{n}\t{tight:.1f}\t{free:.1f}\n" for gram, n, tight, free in rows)
    TARGET.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    print(f"{TARGET}: {len(rows)} phrases, {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()

"""Build pipeline/stages/entities/clusters.tsv.gz: terms of government reports grouped by the company they keep.

    python scripts/build_clusters.py texts.jsonl [PLACE ...]

``texts.jsonl`` holds one ``{"text", "place"}`` a line, best some millions of characters; texts of the places named
are left out, so that whoever tests on them tests on the unseen. Only terms and the numbers of their clusters are
kept. A term is a word or words that keep together (长 三 角, 示范 区), joined as in Mikolov et al. 2013 but by
normalised pointwise mutual information (Bouma 2009); vectors are clustered by k-means, finely and coarsely.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Container
from itertools import pairwise
from pathlib import Path

import spacy
from sklearn.cluster import MiniBatchKMeans

from pipeline.documents.cleaning import clean
from pipeline.documents.scripts import is_traditional
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import vectors

SIZE, WINDOW, LEAST = 100, 4, 4
FINE, COARSE = 400, 80
ROUNDS, PAIRS, LONGEST = 3, 6, 8
TIGHT, TIGHT_SHORT = 0.45, 0.38
"""Mutual information from which words are joined; less where one of them is a single character."""
FREE = frozenset("的了和与及等在是为把将对向从以并也都不要有年月日个各到上中下新更就又被让使全我")
HAN = re.compile(r"[\u4e00-\u9fff]+")
TARGET = Path(__file__).parent.parent / "pipeline" / "stages" / "entities" / "clusters.tsv.gz"

Pair = tuple[str, str]


def sentences(path: Path, left_out: Container[str]) -> list[list[str]]:
    """Words of every text; broken text (UTF-8 once read as GBK) looks traditional and is left out."""
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab)
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("place") not in left_out and not is_traditional(row["text"]):
            words = (token.text for token in tokenizer(clean(row["text"]).text) if not token.is_space)
            found.append(["0" if word[:1].isdigit() else word for word in words])
    return found


def tight_pairs(texts: list[list[str]]) -> dict[Pair, float]:
    """Neighbouring words that keep together, with their normalised mutual information."""
    words = Counter(word for text in texts for word in text)
    total = words.total()
    found = {}
    for (a, b), count in Counter(pair for text in texts for pair in pairwise(text)).items():
        if count < PAIRS or len(a + b) > LONGEST or a in FREE or b in FREE or not HAN.fullmatch(a + b):
            continue
        tightness = math.log(count * total / (words[a] * words[b])) / -math.log(count / total)
        if tightness > (TIGHT_SHORT if min(len(a), len(b)) == 1 else TIGHT):
            found[a, b] = tightness
    return found


def join(words: list[str], pairs: dict[Pair, float]) -> list[str]:
    """Join tight pairs from the left, leaving a word to its right neighbour where it is tighter with that."""
    found: list[str] = []
    i = 0
    while i < len(words):
        here = pairs.get((words[i], words[i + 1]), 0.0) if i + 1 < len(words) else 0.0
        ahead = pairs.get((words[i + 1], words[i + 2]), 0.0) if i + 2 < len(words) else 0.0
        joined = here > 0 and here >= ahead
        found.append(words[i] + words[i + 1] if joined else words[i])
        i += 2 if joined else 1
    return found


def main() -> None:
    """Join the terms, train their vectors, cluster them, write the table."""
    texts = sentences(Path(sys.argv[1]), set(sys.argv[2:]))
    for _ in range(ROUNDS):
        pairs = tight_pairs(texts)
        texts = [join(words, pairs) for words in texts]
    terms, table = vectors.train(texts, size=SIZE, window=WINDOW, least=LEAST)
    fine, coarse = (
        MiniBatchKMeans(number, random_state=0, n_init=3, batch_size=4096).fit_predict(table)
        for number in (FINE, COARSE)
    )
    rows = sorted(zip(terms, fine, coarse, strict=True))
    text = "".join(f"{term}\t{a}\t{b}\n" for term, a, b in rows)
    TARGET.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    print(f"{TARGET}: {len(rows)} terms, {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()

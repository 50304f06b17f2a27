"""Build pipeline/stages/entities/clusters.tsv.gz: words of government reports grouped by the company they keep.

    pip install gensim
    python scripts/build_clusters.py texts.jsonl

``texts.jsonl`` holds one ``{"text"}`` a line, best some millions of characters; only words and the numbers of
their clusters are kept. Skip-gram vectors (Mikolov et al. 2013) clustered by k-means.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import spacy
from sklearn.cluster import MiniBatchKMeans

from pipeline.documents.cleaning import clean
from pipeline.documents.scripts import is_traditional
from pipeline.stages.segmenter import PkusegTokenizer

SIZE, CLUSTERS, LEAST = 100, 400, 4
TARGET = Path(__file__).parent.parent / "pipeline" / "stages" / "entities" / "clusters.tsv.gz"


def sentences(path: Path) -> list[list[str]]:
    """Words of every text; broken text (UTF-8 once read as GBK) looks traditional and is left out."""
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab)
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        if not is_traditional(text):
            words = (token.text for token in tokenizer(clean(text).text) if not token.is_space)
            found.append(["0" if word[:1].isdigit() else word for word in words])
    return found


def main() -> None:
    """Train the vectors, cluster them, write the table."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        sentences(Path(sys.argv[1])), vector_size=SIZE, window=4, min_count=LEAST, sg=1, epochs=8, seed=0, workers=1
    )
    vectors = model.wv.vectors / np.linalg.norm(model.wv.vectors, axis=1, keepdims=True)
    numbers = MiniBatchKMeans(CLUSTERS, random_state=0, n_init=3, batch_size=4096).fit_predict(vectors)
    rows = sorted(zip(model.wv.index_to_key, numbers, strict=True))
    text = "".join(f"{word}\t{number}\n" for word, number in rows)
    TARGET.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    print(f"{TARGET}: {len(rows)} words, {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()

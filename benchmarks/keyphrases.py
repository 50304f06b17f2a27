"""Key phrases against what else runs offline: F1@5 a paragraph, precision of a document's first 30, speed.

    python benchmarks/keyphrases.py GOLD.jsonl [--model models/keyphrases/]

Peers run where they are installed and are named as missing where not: pip install -e '.[bench]' brings jieba and
textrank4zh; YAKE, which is under the GPL, is left to whoever wants to install it.
Each gets the same paragraphs; jieba and textrank4zh segment for themselves, YAKE gets our words with spaces,
as it needs. A document is the run of gold paragraphs with one issuer (the part of ``id`` before ``#``, or the
whole file); its first 30 phrases are right where a reader indexed at least one of its paragraphs by them: a lower
bound, since readers gave each paragraph five phrases at most and a document has more. Seconds are of this process's
CPU time, after one warm-up paragraph; the last column, speed as a share of jieba's TF-IDF, is what can be compared
between machines.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import spacy

from pipeline.corpus.gold import GoldParagraph, read
from pipeline.evaluation.metrics import keyphrase_scores
from pipeline.stages.segmenter import PkusegTokenizer

Extract = Callable[[str, int], list[str]]


def ours(model: str, segmenter: str) -> Extract:
    nlp = spacy.blank("zh")
    nlp.tokenizer = PkusegTokenizer(nlp.vocab, model=segmenter)
    backend = {"name": "bundled", "model": model}
    nlp.add_pipe("hanlp_keyphrases", config={"backend": backend})

    def extract(text: str, count: int) -> list[str]:
        doc = nlp(text)
        if count <= 5:
            return list(doc._.paragraphs[0]["keyphrases"])
        return [phrase["text"] for phrase in doc._.keyphrases][:count]

    return extract


def jieba_tfidf() -> Extract:
    import jieba.analyse

    return lambda text, count: jieba.analyse.extract_tags(text, topK=count)


def jieba_textrank() -> Extract:
    import jieba.analyse

    return lambda text, count: jieba.analyse.textrank(text, topK=count)


def yake_(segmenter: str) -> Extract:
    import yake

    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)

    def extract(text: str, count: int) -> list[str]:
        spaced = " ".join(token.text for token in tokenizer(text))
        found = yake.KeywordExtractor(lan="zh", n=3, top=count).extract_keywords(spaced)
        return [phrase.replace(" ", "") for phrase, _ in found]

    return extract


def textrank4zh_() -> Extract:
    import networkx
    import numpy

    # What textrank4zh 0.3 still asks for, and networkx and numpy have since renamed.
    networkx.from_numpy_matrix = networkx.from_numpy_array
    numpy.NaN = numpy.nan
    from textrank4zh import TextRank4Keyword

    def extract(text: str, count: int) -> list[str]:
        ranker = TextRank4Keyword()
        ranker.analyze(text=text, lower=True, window=2)
        phrases = ranker.get_keyphrases(keywords_num=20, min_occur_num=1)
        words = [item.word for item in ranker.get_keywords(count, word_min_len=2)]
        return list(dict.fromkeys([*phrases, *words]))[:count]

    return extract


def documents(paragraphs: list[GoldParagraph]) -> Iterator[list[GoldParagraph]]:
    groups: dict[str, list[GoldParagraph]] = defaultdict(list)
    for paragraph in paragraphs:
        groups[paragraph.issuer or paragraph.id.rpartition("#")[0]].append(paragraph)
    yield from groups.values()


def precision(extract: Extract, paragraphs: list[GoldParagraph], count: int = 30) -> float:
    right = given = 0
    for group in documents(paragraphs):
        truth = {phrase for paragraph in group for phrase in paragraph.keyphrases}
        found = extract("\n".join(paragraph.text for paragraph in group), count)
        right, given = right + sum(phrase in truth for phrase in found), given + len(found)
    return right / max(1, given)


def measure(extract: Extract, paragraphs: list[GoldParagraph]) -> dict[str, float]:
    extract(paragraphs[0].text, 5)
    begun = time.process_time()
    found = [extract(paragraph.text, 5) for paragraph in paragraphs]
    seconds = time.process_time() - begun
    scores = keyphrase_scores([paragraph.keyphrases for paragraph in paragraphs], found)
    return {
        "f1": scores["exact"]["f1"],
        "f1_overlap": scores["overlap"]["f1"],
        "p30": round(precision(extract, paragraphs), 4),
        "chars_per_second": round(sum(len(paragraph.text) for paragraph in paragraphs) / seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--model", default="keyphrases", help="bundled name or folder of our tagger")
    parser.add_argument("--segmenter", default="segmenter")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    paragraphs = [paragraph for path in args.gold for paragraph in read(path) if paragraph.keyphrases]
    contenders: dict[str, Callable[[], Extract]] = {
        "ours (with segmentation)": lambda: ours(args.model, args.segmenter),
        "jieba TF-IDF": jieba_tfidf,
        "jieba TextRank": jieba_textrank,
        "YAKE": lambda: yake_(args.segmenter),
        "textrank4zh": textrank4zh_,
    }
    figures = {}
    heads = f"{'':26}{'F1@5':>8}{'overlap':>9}{'P@30':>8}{'chars/s':>10}{'of TF-IDF':>11}"
    print(f"{heads}   ({len(paragraphs)} paragraphs)")
    for name, make in contenders.items():
        try:
            extract = make()
        except ImportError as error:
            print(f"{name:26}not installed ({error.name})")
            continue
        figures[name] = measure(extract, paragraphs)
    yardstick = figures.get("jieba TF-IDF", {}).get("chars_per_second")
    for name, row in figures.items():
        share = f"{row['chars_per_second'] / yardstick:11.1%}" if yardstick else ""
        print(f"{name:26}{row['f1']:8.3f}{row['f1_overlap']:9.3f}{row['p30']:8.3f}{row['chars_per_second']:10,}{share}")
    if args.json:
        args.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

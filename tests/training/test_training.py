"""Every trainer on a handful of paragraphs: a model and a card come out, the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy

from pipeline.corpus import external, gold
from pipeline.corpus.gold import GoldParagraph, read_split
from pipeline.resources import folder_hash
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data, entities, indicators, keyphrases, segmenter, themes
from pipeline.training.augmentation import Names, copies, full_width, spaced, substitute


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    paragraphs = read_split("dev")
    gold.write(folder / "train" / "a.jsonl", paragraphs[:80])
    gold.write(folder / "dev" / "a.jsonl", paragraphs[80:110])
    return folder


TRAINERS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "segmenter": lambda out, corpus: segmenter.train(out, corpus=corpus, iterations=2),
    "entities": lambda out, corpus: entities.train(out, corpus=corpus, augment=1, iterations=10),
    "keyphrases": lambda out, corpus: keyphrases.train(out, corpus=corpus, epochs=2),
    "themes": lambda out, corpus: themes.train(out, corpus=corpus).card,
    "indicators": lambda out, corpus: indicators.train(out, corpus=corpus, iterations=5),
}


@pytest.mark.slow
def test_entities_learn_from_what_another_tagger_found(tmp_path: Path) -> None:
    plain, silver = [
        [
            gold.GoldParagraph(id=f"{n}", text=f"走进{name}看变化。", entities=labelled, themes=[], keyphrases=[])
            for n, name in enumerate(["云顶谷", "青石谷", "白沙谷", "河口谷"])
        ]
        for labelled in ([], [gold.GoldEntity(start=2, end=5, label="LOC")])
    ]
    for split in ("train", "dev"):
        gold.write(tmp_path / "corpus" / split / "a.jsonl", plain[:1])
    gold.write(tmp_path / "silver.jsonl", silver)
    card = entities.train(
        tmp_path / "entities", corpus=tmp_path / "corpus", silver=tmp_path / "silver.jsonl", augment=3, iterations=20
    )
    assert card["data"]["silver"]["paragraphs"] == len(silver)
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_tagger", config={"model": str(tmp_path / "entities")})
    assert [(ent.text, ent.label_) for ent in nlp("走进柳溪谷看变化。").ents] == [("柳溪谷", "LOC")]


@pytest.mark.slow
@pytest.mark.parametrize("stage", TRAINERS)
def test_trains_a_model_that_works_the_same_twice(stage: str, corpus: Path, tmp_path: Path) -> None:
    cards = [TRAINERS[stage](tmp_path / name / stage, corpus) for name in ("one", "two")]
    assert folder_hash(tmp_path / "one" / stage) == folder_hash(tmp_path / "two" / stage)
    card = json.loads((tmp_path / "one" / stage / "card.json").read_text(encoding="utf-8"))
    assert card == cards[0]
    assert card["stage"] == stage
    assert card["hash"] == folder_hash(tmp_path / "one" / stage)
    assert card["data"]["paragraphs"] == 80
    folder = str(tmp_path / "one" / stage)
    nlp = spacy.blank("zh")
    if stage == "segmenter":
        nlp.tokenizer = PkusegTokenizer(nlp.vocab, model=folder)
    elif stage == "keyphrases":
        nlp.add_pipe("hanlp_keyphrases", config={"backend": {"name": "bundled", "model": folder}})
    else:
        nlp.add_pipe(
            {"entities": "entity_tagger", "themes": "theme_classifier", "indicators": "indicators"}[stage],
            config={"model": folder},
        )
    assert nlp("广东省中山市推进教育事业发展。").text == "广东省中山市推进教育事业发展。"


def test_treebank(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    path.write_text("# text\n1\t中山\t_\n2\t市委\t_\n\n1\t好\t_\n", encoding="utf-8")
    assert list(segmenter.read_treebank(path)) == [["中山", "市委"], ["好"]]


def test_segmenter_respects_mentions_and_phrases(corpus: Path) -> None:
    class Whole:
        def cut(self, text: str) -> list[str]:
            return [text]

    paragraph = GoldParagraph.model_validate(
        {
            "id": "a",
            "text": "九江镇党委推进招商引资工作，成效好。",
            "entities": [{"start": 0, "end": 5, "label": "ORG"}],
            "themes": ["industry"],
            "keyphrases": ["招商引资"],
        }
    )
    runs = list(segmenter.cut_paragraph(Whole(), paragraph))
    assert runs == [["九江镇党委", "推进", "招商引资", "工作"], ["成效好"]]


def test_added_and_external_paragraphs_are_learnt_and_told(corpus: Path, tmp_path: Path) -> None:
    extra = read_split("test")[:3]
    gold.write(tmp_path / "mine.jsonl", extra)
    (corpus / "external").mkdir(exist_ok=True)
    (corpus / "external" / "a.jsonl").write_text(json.dumps(external.strip("d", 1, extra[0])) + "\n", encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text(
        json.dumps({"doc": "d", "p": 1, "text": extra[0].text}) + "\n", encoding="utf-8"
    )
    found = data.load(corpus, [tmp_path / "mine.jsonl"], tmp_path / "texts.jsonl")
    assert len(found.train) == 84
    assert found.facts["added"] == {"mine.jsonl": 3}
    assert found.facts["external_paragraphs"] == 1
    assert found.facts["hash"] != data.load(corpus).facts["hash"]


def test_augmentation_keeps_mentions_whole() -> None:
    import random

    paragraphs = read_split("dev")[:60]
    names = Names(paragraphs)
    changed = 0
    for paragraph in paragraphs:
        copy = substitute(paragraph, names, random.Random(0), share=1.0)
        assert [e.label for e in copy.entities] == [e.label for e in paragraph.entities]
        GoldParagraph.model_validate(copy.model_dump())
        changed += copy.text != paragraph.text
    assert changed > 20
    assert copies(paragraphs, 1, seed=3) == copies(paragraphs, 1, seed=3)


def test_noise_keeps_mentions_whole() -> None:
    import random

    for paragraph in read_split("dev")[:60]:
        copy = spaced(paragraph, random.Random(1), share=0.3)
        assert copy.text.replace(" ", "") == paragraph.text.replace(" ", "")
        assert copy.text != paragraph.text
        for old, new in zip(paragraph.entities, copy.entities, strict=True):
            mention = copy.text[new.start : new.end]
            assert mention.replace(" ", "") == paragraph.text[old.start : old.end].replace(" ", "")
            assert mention[0] != " "
    assert full_width(read_split("dev")[0].model_copy(update={"text": "增长8.7%"})).text == "增长８.７％"

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from pipeline.errors import ModelError
from pipeline.stages.indicators.component import Indicators
from pipeline.stages.indicators.features import Scene, name_features, name_tags, split_words, tagged_name
from pipeline.stages.indicators.learnt import label_of, role_of
from pipeline.stages.indicators.naming import Name

TEXT = "去年完成工业投资12.5亿元，增长6.4%。"
WORDS = [(0, 2), (2, 4), (4, 6), (6, 8), (8, 14), (14, 15), (15, 17), (17, 21), (21, 22)]


@pytest.fixture
def scene() -> Scene:
    return Scene(TEXT, WORDS, [(8, 14), (17, 21)], ["MONEY", "PERCENT"], [(8, 14, "MONEY"), (17, 21, "PERCENT")])


@pytest.mark.parametrize("name", [(4, 8), (4, 6), (2, 8)])
@pytest.mark.parametrize("index", [0, 1])
def test_tags_are_read_back_as_the_name(scene: Scene, index: int, name: tuple[int, int]) -> None:
    first, rows = name_features(scene, index, name, None)
    tags = name_tags(scene, first, len(rows), name)
    assert tags is not None
    assert len(tags) == len(rows)
    assert tagged_name(scene, first, tags) == name


def test_a_name_inside_words_has_no_tags(scene: Scene) -> None:
    assert name_tags(scene, 0, len(WORDS), (5, 8)) is None
    assert tagged_name(scene, 0, ["O", "I", "E", "O"]) is None


def test_words_are_cut_where_names_end() -> None:
    assert split_words([(0, 2), (2, 5)], {1, 2, 4}) == [(0, 1), (1, 2), (2, 4), (4, 5)]


@pytest.mark.parametrize(
    ("name", "label", "role"),
    [
        (None, "none", ("none", None)),
        (Name(0, 2), "level", ("level", None)),
        (Name(0, 2, "share", "up"), "share", ("share", None)),
        (Name(0, 2, "change", "down"), "change down", ("change", "down")),
    ],
)
def test_labels(name: Name | None, label: str, role: tuple[str, str | None]) -> None:
    assert label_of(name) == label
    assert role_of(label) == role


def test_the_bundled_model_corrects_the_grammar(nlp: Language) -> None:
    text = "为低保户发放补助，全年预计支出350万元。"
    grammar = Indicators()(nlp(text))._.indicators
    assert [record["status"] for record in grammar] == ["actual"]
    assert [record["status"] for record in nlp(text)._.indicators] == ["target"]


def test_no_model_of_that_name() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("quantities")
    nlp.add_pipe("indicators", config={"model": "no-such-model"})
    with pytest.raises(ModelError, match="no-such-model"):
        nlp(TEXT)


def test_a_saved_stage_keeps_its_model_and_names(nlp: Language, tmp_path: Path) -> None:
    table = tmp_path / "names.tsv"
    table.write_text("工业固投\t工业投资\n", encoding="utf-8")
    stage = Indicators(names=str(table), model="indicators")
    wanted = stage(nlp(TEXT))._.indicators
    stage.to_disk(tmp_path / "saved")
    table.unlink()
    again = Indicators(model="indicators").from_disk(tmp_path / "saved")
    assert again(nlp(TEXT))._.indicators == wanted
    assert {record["canonical"] for record in wanted} == {"工业固投"}

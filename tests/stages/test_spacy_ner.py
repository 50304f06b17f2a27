"""Another spaCy pipeline in the place of the bundled tagger, and users' dictionaries, by a run's config file."""

from __future__ import annotations

import json
import pickle
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.training import Example
from typer.testing import CliRunner

import pipeline
from pipeline.cli import app
from pipeline.errors import ConfigError, ModelError
from pipeline.resources import config_path
from pipeline.stages.entities.component import EntityTagger

STAGES = '["entities","quantities","places","sentencizer","keyphrases","themes","indicators"]'
SENTENCES = [
    ("王小明到柳溪镇调研。", [(0, 3, "PERSON"), (4, 7, "GPE")]),
    ("柳溪镇建成青石大桥。", [(0, 3, "GPE"), (5, 9, "FAC")]),
    ("李大山到白沙镇调研。", [(0, 3, "PERSON"), (4, 7, "GPE")]),
    ("白沙镇投资约3亿元。", [(0, 3, "GPE"), (5, 9, "MONEY")]),
    ("柳溪镇投资约3亿元，建成青石大桥。", [(0, 3, "GPE"), (5, 9, "MONEY"), (12, 16, "FAC")]),
    ("工作报告", []),
]
REPORT = "工作报告\n王小明到白沙镇调研。\n柳溪镇投资约3亿元，建成青石大桥。\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spaCy pipeline that knows the names above by heart, saved as a folder."""
    random.seed(0)
    nlp = spacy.blank("zh")  # cuts characters
    nlp.meta["name"] = "tiny_ner"
    ner: Any = nlp.add_pipe("ner", config={"model": {"tok2vec": {"width": 64, "embed_size": 500}}})
    nlp.add_pipe("sentencizer")
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in SENTENCES]
    assert {label for _, ents in SENTENCES for *_, label in ents} == {"PERSON", "GPE", "FAC", "MONEY"}
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert set(ner.labels) >= {"GPE", "FAC"}
    folder = tmp_path_factory.mktemp("spacy") / "zh_tiny"
    nlp.to_disk(folder)
    return folder


def _config(folder: Path, *changes: tuple[str, str], stages: str = '["entities","quantities"]') -> Path:
    text = config_path().read_text(encoding="utf-8")
    for old, new in ((STAGES, stages), *changes):
        assert old in text
        text = text.replace(old, new)
    (folder / "mine.cfg").write_text(text, encoding="utf-8")
    return folder / "mine.cfg"


def _entities(folder: Path, config: Path) -> Iterator[tuple[str, str, str]]:
    (folder / "报告.txt").write_text(REPORT, encoding="utf-8")
    arguments = ["run", folder / "报告.txt", "-o", folder / "out", "-c", config, "-q", "--force"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.exception
    record = json.loads((folder / "out" / "annotations.jsonl").read_text(encoding="utf-8"))
    for entity in record["entities"]:
        assert record["text"][entity["start"] : entity["end"]] == entity["text"]
        yield entity["text"], entity["label"], entity["provenance"]


def test_one_line_puts_it_in_the_place_of_ours(trained: Path, tmp_path: Path) -> None:
    config = _config(tmp_path, ('model = "entities"', f'model = "{trained}"'))
    by = "model:zh_tiny_ner"
    assert list(_entities(tmp_path, config)) == [
        ("白沙镇", "GPE", by),
        ("柳溪镇", "GPE", by),
        ("3亿元", "MONEY", "rule:quantities.amount"),
        ("青石大桥", "FAC", by),
    ]
    facts = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    (model,) = (model for model in facts["models"] if model["stage"] == "entities")
    assert (model["version"], len(model["hash"])) == ("0.0.0", 16)


def test_labels_are_a_matter_of_config(trained: Path, tmp_path: Path) -> None:
    labels = '\n[components.entities.labels]\nPERSON = "ORG"\nFAC = "LOC"\nGPE = null\n\n[components.quantities]\n'
    changes = ('model = "entities"', f'model = "{trained}"'), ("[components.quantities]\n", labels)
    config = _config(tmp_path, *changes, stages='["entities"]')
    found = [(text, label) for text, label, _ in _entities(tmp_path, config)]
    assert found == [("王小明", "ORG"), ("约3亿元", "MONEY"), ("青石大桥", "LOC")]


def test_a_label_of_no_kind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"PERSON: not a label here\. Known: ORG, GPE"):
        EntityTagger(labels={"PER": "PERSON"})


def test_an_installed_package(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "zh_tiny_ner_sm"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (package / "zh_tiny_ner_sm-0.0.0").symlink_to(trained)
    monkeypatch.syspath_prepend(tmp_path)
    tagger = EntityTagger(model="zh_tiny_ner_sm")
    doc = tagger(spacy.blank("zh")("柳溪镇建成青石大桥。"))
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("柳溪镇", "GPE"), ("青石大桥", "FAC")]
    assert "zh_tiny_ner_sm" not in sys.modules


def test_saved_and_sent_to_workers(trained: Path, tmp_path: Path) -> None:
    nlp = pipeline.load(_config(tmp_path, ('model = "entities"', f'model = "{trained}"'), stages='["entities"]'))
    wanted = [(ent.text, ent.label_) for ent in nlp(REPORT).ents]
    assert len(wanted) == 4
    nlp.to_disk(tmp_path / "whole")
    assert not (tmp_path / "whole" / "entities" / "model.npz").exists()
    for other in (pipeline.load(tmp_path / "whole"), nlp):
        assert [(ent.text, ent.label_) for ent in other(REPORT).ents] == wanted
    tagger: Any = pickle.loads(pickle.dumps(nlp.get_pipe("entities")))
    assert [(ent.text, ent.label_) for ent in tagger(nlp.make_doc(REPORT)).ents] == wanted


@pytest.mark.parametrize("name", ["zh_core_web_sm", "zh_core_web_trf"])
def test_a_package_that_is_not_installed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.resources.find_spec", lambda name: None)
    (tmp_path / "报告.txt").write_text(REPORT, encoding="utf-8")
    config = _config(tmp_path, ('model = "entities"', f'model = "{name}"'))
    result = CliRunner().invoke(app, ["run", str(tmp_path), "-o", str(tmp_path / "out"), "-c", str(config)])
    assert isinstance(result.exception, ModelError)
    said = str(result.exception)
    assert said.startswith(f"{name}: not installed. ")
    assert f"python -m spacy download {name}" in said
    assert "https://github.com/explosion/spacy-models/releases" in said
    assert f"{name.replace('_', '-')} on PyPI is not the publisher's" in said
    assert "\n" not in said
    assert not (tmp_path / "out" / "annotations.jsonl").exists()


@pytest.mark.parametrize(
    ("stages", "message"),
    [(["sentencizer"], "recognises no entities"), ([], r"recognises no entities \(it has: none\)")],
)
def test_a_pipeline_without_a_recogniser(stages: list[str], message: str, tmp_path: Path) -> None:
    nlp = spacy.blank("zh")
    for stage in stages:
        nlp.add_pipe(stage)
    nlp.to_disk(tmp_path / "x")
    with pytest.raises(ModelError, match=message):
        EntityTagger(model=f"{tmp_path}/x")(nlp("柳溪镇"))


def test_a_broken_pipeline(trained: Path, tmp_path: Path) -> None:
    for name in ("config.cfg", "meta.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    with pytest.raises(ModelError, match="can't be loaded"):
        EntityTagger(model=str(tmp_path))(spacy.blank("zh")("柳溪镇"))


def test_dictionaries_of_a_runs_config(tmp_path: Path) -> None:
    """One file of names with labels serves the segmenter, too, which takes what stands before the tab."""
    names = tmp_path / "names.tsv"
    names.write_text("王小明到\tORG\n建成青石\tLOC\n", encoding="utf-8")
    plain = _config(tmp_path, stages='["entities"]')
    before = set(_entities(tmp_path, plain))
    words = [token.text for token in pipeline.load(plain)(REPORT)]
    assert not {"王小明到", "建成青石"} & set(words)
    changes = ("dictionary = null", f'dictionary = "{names}"'), ("names = null", f'names = "{names}"')
    config = _config(tmp_path, *changes, stages='["entities"]')
    words = [token.text for token in pipeline.load(config)(REPORT)]
    assert {"王小明到", "建成青石"} <= set(words)
    listed = {("王小明到", "ORG", "rule:names"), ("建成青石", "LOC", "rule:names")}
    assert listed <= set(_entities(tmp_path, config))
    assert not listed & before

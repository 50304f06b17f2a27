from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from pipeline.errors import ConfigError, ModelError
from pipeline.resources import model_path
from pipeline.stages.themes import ThemeClassifier
from pipeline.stages.themes.model import ThemeModel, load
from pipeline.stages.themes.table import read_table


def test_paragraphs_get_themes(nlp: Language) -> None:
    doc = nlp(
        "加快推进义务教育学校建设，新增学位2000个，提升教师队伍素质。\n实施河道治理，关停污染企业，空气质量明显改善。"
    )
    first, second = doc._.paragraphs
    assert first["themes"][0]["theme"] == "education"
    assert second["themes"][0]["theme"] == "environment"
    assert all(0 <= theme["score"] <= 1 for p in (first, second) for theme in p["themes"])


@pytest.mark.parametrize(
    ("scores", "themes"),
    [
        ([0.9, 0.1, 0.1], ["a"]),
        ([0.6, 0.9, 0.1], ["b", "a"]),
        ([0.1, 0.2, 0.1], ["other"]),
        ([0.6, 0.1, 0.8], ["other"]),
        ([0.9, 0.1, 0.8], ["a"]),
    ],
)
def test_decision(scores: list[float], themes: list[str]) -> None:
    model = ThemeModel(None, ["a", "b", "other"], [0.5, 0.5, 0.5])
    assert [theme["theme"] for theme in model.themes(np.array(scores))] == themes


def test_boilerplate_is_other(nlp: Language) -> None:
    doc = nlp.make_doc("分享到微信朋友圈")
    doc._.paragraphs = [{"start": 0, "end": 8, "role": "boilerplate", "section": None, "headings": []}]
    doc = nlp(doc)
    assert doc._.paragraphs[0]["themes"] == [{"theme": "other", "score": 1.0}]
    assert doc._.paragraphs[0]["keyphrases"] == []


class Evil:
    def __reduce__(self) -> tuple:
        return (exec, ("raise SystemExit('executed')",))


@pytest.mark.parametrize("kind", ["pickle", "truncated", "missing", "foreign type"])
def test_tampered_model_is_refused(tmp_path: Path, kind: str) -> None:
    source = model_path("themes")
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    model = tmp_path / "model.skops"
    if kind == "pickle":
        model.write_bytes(pickle.dumps(Evil()))
    elif kind == "truncated":
        model.write_bytes(model.read_bytes()[:1000])
    elif kind == "missing":
        model.unlink()
    else:
        with zipfile.ZipFile(source / "model.skops") as old, zipfile.ZipFile(model, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "schema.json":
                    data = data.replace(b'"OneVsRestClassifier"', b'"Popen"').replace(
                        b'"sklearn.multiclass"', b'"subprocess"'
                    )
                new.writestr(name, data)
    with pytest.raises(ModelError):
        load(tmp_path)


def test_round_trip(tmp_path: Path) -> None:
    stage = ThemeClassifier()
    stage.to_disk(tmp_path)
    rows = [("加强 教育", "加强教育", "")]
    again = ThemeClassifier(model="nowhere/at/all").from_disk(tmp_path)
    assert np.allclose(again._model.scores(rows), load(model_path("themes")).scores(rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[themes]]\nid = 'a'\nzh = 'A'\nen = 'A'\n", "include 'other'"),
        ("[[themes]]\nid = 'other'\n", "zh"),
        ("[[themes]\n", "malformed"),
        ("[[themes]]\nid='other'\nzh='o'\nen='o'\ncolor='x'\n", "color"),
    ],
)
def test_bad_table(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "themes.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_table(path)

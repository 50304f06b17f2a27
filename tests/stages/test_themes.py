from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import spacy
from spacy.language import Language

from pipeline.errors import ConfigError, ModelError
from pipeline.resources import config_path, model_path
from pipeline.stages.themes import ThemeClassifier
from pipeline.stages.themes.features import Terms
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
        ([0.1, 0.2, 0.1], ["b"]),
        ([0.05, 0.09, 0.2], ["other"]),
        ([0.6, 0.1, 0.8], ["other"]),
        ([0.9, 0.1, 0.8], ["a"]),
    ],
)
def test_decision(scores: list[float], themes: list[str]) -> None:
    model = ThemeModel(None, np.zeros(0), np.zeros(0), ["a", "b", "other"], [0.5] * 3, [(1.0, 0.0)] * 3)
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


def _change(file: Path, **facts: object) -> None:
    known = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**known, **facts}), encoding="utf-8")


def _lose(file: Path, name: str) -> None:
    known = json.loads(file.read_text(encoding="utf-8"))
    del known[name]
    file.write_text(json.dumps(known), encoding="utf-8")


def _change_words(file: Path, **settings: object) -> None:
    columns = json.loads(file.read_text(encoding="utf-8"))["columns"]
    _change(file, columns={**columns, "words": {**columns["words"], **settings}})


def _without(model: Path, *names: str, **more: np.ndarray) -> None:
    with np.load(model) as arrays:
        kept = {name: array for name, array in arrays.items() if name not in names}
    np.savez(model, **{**kept, **more})


def _forged(change: Callable[[Path], object]) -> Callable[[Path, Path], None]:
    def do(model: Path, facts: Path) -> None:
        change(model)
        _change(facts, sha256=hashlib.sha256(model.read_bytes()).hexdigest())

    return do


REFUSED = {
    "pickle": ("not a usable|changed or damaged", lambda m, f: m.write_bytes(pickle.dumps(Evil()))),
    "pickle, hash forged": ("can't be loaded", _forged(lambda m: m.write_bytes(pickle.dumps(Evil())))),
    "truncated": ("changed or damaged", lambda m, f: m.write_bytes(m.read_bytes()[:1000])),
    "truncated, hash forged": ("can't be loaded", _forged(lambda m: m.write_bytes(m.read_bytes()[:1000]))),
    "one byte": ("changed or damaged", lambda m, f: m.write_bytes(m.read_bytes() + b"x")),
    "missing": ("model.npz is missing", lambda m, f: m.unlink()),
    "object array": ("changed or damaged", lambda m, f: _without(m, intercepts=np.array([Evil()]))),
    "object array, hash forged": ("can't be loaded", _forged(lambda m: _without(m, intercepts=np.array([Evil()])))),
    "array missing, hash forged": ("can't be loaded", _forged(lambda m: _without(m, "lead.idf"))),
    "terms missing, hash forged": (
        "changed or damaged",
        _forged(lambda m: _without(m, **{"lead.terms": np.zeros(0, dtype=np.uint8)})),
    ),
    "other format": ("made by another version", lambda m, f: _change(f, format=1)),
    "labels cut": ("changed or damaged", lambda m, f: _change(f, labels=["other"])),
    "columns cut": ("can't be loaded", lambda m, f: _change(f, columns={})),
    "hash missing": ("changed or damaged", lambda m, f: _lose(f, "sha256")),
    "calibration missing": ("changed or damaged", lambda m, f: _lose(f, "calibration")),
    "labels a number": ("changed or damaged", lambda m, f: _change(f, labels=3)),
    "unknown unit": ("changed or damaged", lambda m, f: _change_words(f, unit="sentence")),
    "size no number": ("changed or damaged", lambda m, f: _change_words(f, longest="2")),
    "threshold no number": ("can't be loaded", lambda m, f: _change(f, thresholds=[None])),
    "a list": ("can't be loaded.*not a JSON object", lambda m, f: f.write_text("[]", encoding="utf-8")),
    "facts damaged": ("can't be loaded", lambda m, f: f.write_text("{", encoding="utf-8")),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_model_is_refused(tmp_path: Path, kind: str) -> None:
    for file in model_path("themes").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    message, change = REFUSED[kind]
    change(tmp_path / "model.npz", tmp_path / "labels.json")
    with pytest.raises(ModelError, match=message):
        load(tmp_path)


def test_a_model_of_another_table_is_refused(tmp_path: Path) -> None:
    text = config_path("themes.toml").read_text(encoding="utf-8").replace('id = "health"', 'id = "medicine"')
    (tmp_path / "themes.toml").write_text(text, encoding="utf-8")
    stage = ThemeClassifier(table=str(tmp_path / "themes.toml"))
    with pytest.raises(ModelError, match=r"another theme table \(differing: health, medicine\)"):
        stage.loaded()


@pytest.mark.parametrize(
    ("score", "wanted"),
    [(0.9, "education"), (0.3, "environment")],
    ids=["a heading that says enough", "a heading that takes the theme of what it heads"],
)
def test_headings(score: float, wanted: str) -> None:
    class Model:
        labels: ClassVar[list[str]] = ["education", "environment"]

        def scores(self, rows: list[object]) -> np.ndarray:
            return np.array([[score, 0.1], [0.1, 0.9], [0.3, 0.9], [0.9, 0.1]])

        def themes(self, scores: np.ndarray, limit: int = 3) -> list[dict]:
            best = int(scores.argmax())
            return [{"theme": self.labels[best], "score": float(scores[best])}]

    stage = ThemeClassifier()
    stage._model = Model()
    doc = spacy.blank("zh")("一、甲乙\n丙\n丁\n戊")
    doc._.paragraphs = [
        {"start": a, "end": b, "role": role, "section": None, "headings": headings}
        for a, b, role, headings in (
            (0, 4, "heading", []),
            (5, 6, "body", ["甲乙"]),
            (7, 8, "body", ["甲乙"]),
            (9, 10, "body", []),
        )
    ]
    assert stage(doc)._.paragraphs[0]["themes"][0]["theme"] == wanted


TEXTS = [
    "推进 义务 教育 ， 新增 学位 0 个 。 推进 教育",
    "GDP growth\u3000 PMI\n\n下  一行",
    "İstanbul ＡＢ ß ẞ Ǆ",
    "一",
    "",
    " \t ",
]


@pytest.mark.parametrize(("unit", "sizes"), [("word", (1, 2)), ("char", (2, 3)), ("char", (1, 3))])
@pytest.mark.parametrize("least", [1, 2, 3])
def test_terms_are_those_of_scikit_learn(unit: str, sizes: tuple[int, int], least: int) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [*TEXTS, *TEXTS[:2], TEXTS[0]]
    words = {"token_pattern": r"\S+"} if unit == "word" else {}
    theirs = TfidfVectorizer(analyzer=unit, ngram_range=sizes, min_df=least, sublinear_tf=True, **words).fit(texts)
    ours = Terms(unit, *sizes, 2.0, {}, np.zeros(0)).learnt(texts, least)
    assert ours.places == theirs.vocabulary_
    assert ours.idf == pytest.approx(theirs.idf_)
    for text in [*texts, "学位 学位 GDP 新的", "全 新", "鑫鑫 鑫"]:
        places, values = ours.weigh(text)
        wanted = 2.0 * theirs.transform([text]).toarray()[0]
        assert np.flatnonzero(wanted).tolist() == places
        assert values == pytest.approx(wanted[places])


def test_round_trip(tmp_path: Path) -> None:
    stage = ThemeClassifier()
    stage.to_disk(tmp_path)
    rows = [("加强 教育", "加强教育", "", "")]
    again = ThemeClassifier(model="nowhere/at/all").from_disk(tmp_path)
    assert np.allclose(again._model.scores(rows), load(model_path("themes")).scores(rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[themes]]\nid = 'a'\nzh = 'A'\nen = 'A'\n", "include 'other'"),
        ("[[themes]]\nid = 'other'\n", "zh"),
        ("[[themes]\n", "malformed"),
        ("[[themes]]\nid='other'\nzh='o'\nen='o'\ncolor='x'\n", "color"),
        ("[[themes]]\nid='other'\nzh='o'\nen='o'\nincludes=['other']\n", "two themes' includes"),
    ],
)
def test_bad_table(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "themes.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_table(path)

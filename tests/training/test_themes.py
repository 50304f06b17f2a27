"""Training, going on from a model, and the whole loop from a run to a run with the corrected model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.corpus.gold import GoldParagraph, write
from pipeline.errors import CorpusError, ModelError, UsageError
from pipeline.evaluation.confidence import calibration, coverage, intervals
from pipeline.stages.themes.explanation import explain
from pipeline.stages.themes.model import VECTORS, ThemeModel, load
from pipeline.stages.themes.table import read_table
from pipeline.training import themes as trainer
from pipeline.training.installing import install
from pipeline.training.vocabulary import grown
from tests.training.tiny import SENTENCES, TABLE


def _train(tiny: Path, output: Path, table: str = TABLE, **more: object) -> trainer.Trained:
    path = output.parent / f"{output.name}.toml"
    path.write_text(table, encoding="utf-8")
    return trainer.train(output, corpus=tiny / "corpus", table=path, **more)


def test_card(tiny: Path) -> None:
    card = json.loads((tiny / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["packages"].keys() == {"scikit-learn"}
    assert card["data"]["paragraphs"] == 36
    assert card["dev"]["issuers"] == 2
    assert card["issuers_held_out_in_turn"]["issuers"] == 4
    assert {"intervals_95", "confusions", "calibration", "coverage"} <= card["dev"].keys()
    assert card["dev"]["primary_accuracy"] > 0.8


def test_the_same_seed_gives_the_same_model(tiny: Path, tmp_path: Path) -> None:
    again, old = _train(tiny, tmp_path / "m").model, load(tiny / "model")
    assert np.array_equal(again.coefficients.astype(np.float32), old.coefficients)
    assert (again.thresholds, again.calibration) == (old.thresholds, old.calibration)
    for name in ("model.npz", "labels.json"):
        assert (tmp_path / "m" / name).read_bytes() == (tiny / "model" / name).read_bytes()


def test_another_process_gives_the_same_file(tiny: Path, tmp_path: Path) -> None:
    """What a file says of its objects must not depend on where they lay in memory."""
    code = (
        "import sys; from pathlib import Path; from pipeline.stages.themes.model import load\n"
        "load(Path(sys.argv[1])).save(Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tiny / "model"), str(tmp_path)], check=True)
    assert (tmp_path / "model.npz").read_bytes() == (tiny / "model" / "model.npz").read_bytes()


def _added(tmp_path: Path, theme: str, *texts: str) -> Path:
    found = [
        GoldParagraph(id=f"我的.txt#{n}", text=text, entities=[], themes=[theme], keyphrases=[])
        for n, text in enumerate(texts)
    ]
    write(tmp_path / "corrections.jsonl", found)
    return tmp_path / "corrections.jsonl"


def test_going_on_learns_what_was_added_and_forgets_nothing(tiny: Path, tmp_path: Path) -> None:
    old = load(tiny / "model")
    text = "学校河道：绿化学校宿舍。"
    path = _added(tmp_path, "environment", text, text + "完成。")
    trained = _train(tiny, tmp_path / "m", base=tiny / "model", add=[path], weight=5)
    (wanted,) = {trained.model.themes(s)[0]["theme"] for s in trained.model.scores(trained.added_rows)}
    assert wanted == "environment"
    before, after = old.scores(trained.dev_rows), trained.model.scores(trained.dev_rows)
    assert [m[0]["theme"] for m in map(old.themes, before)] == [m[0]["theme"] for m in map(trained.model.themes, after)]
    assert trained.card["data"]["base"] == json.loads((tiny / "model" / "card.json").read_text())["hash"]
    assert trained.card["data"]["added"] == {"corrections.jsonl": 2}


def test_going_on_learns_words_the_old_model_lacks(tiny: Path, tmp_path: Path) -> None:
    old = load(tiny / "model")
    path = _added(tmp_path, "environment", "种植红树林。", "保护红树林。", "红树林繁茂。")
    trained = _train(tiny, tmp_path / "m", base=tiny / "model", add=[path], weight=5)
    new = load(tmp_path / "m")
    assert new.coefficients.shape[1] > old.coefficients.shape[1]
    row = trainer.row(["红树林"], [])
    assert new.themes(new.scores([row])[0])[0]["theme"] == "environment"
    assert not old.transform([row]).nnz
    (found,) = [found for found in explain(new, row) if found.theme == "environment"]
    assert found.words[0][0] == "红树林"
    assert found.words[0][1] > 0
    # What has none of the new words is decided by the old words alone, and hardly otherwise than before.
    before, after = old.scores(trained.dev_rows), new.scores(trained.dev_rows)
    assert np.abs(before - after).max() < 0.2


def test_a_grown_model_decides_as_before(tiny: Path) -> None:
    old = load(tiny / "model")
    lines = [trainer.row(["红树林", "新建", "学校"], []), trainer.row(["红树林"], ["红树林"])]
    new = grown(old, lines)
    assert new.coefficients.shape[1] > old.coefficients.shape[1]
    known = [trainer.row(["整治", "河道", "。"], ["education"]), trainer.row([], [])]
    assert np.allclose(new.scores(known), old.scores(known))


def test_going_on_with_nothing_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    trained = _train(tiny, tmp_path / "m", base=tiny / "model")
    assert np.array_equal(trained.model.coefficients, load(tiny / "model").coefficients)


RENAMED = TABLE.replace('id = "education"', 'id = "schools"\nincludes = ["education"]')
MERGED = """
[[themes]]
id = "public"
zh = "公共"
en = "Public"
includes = ["education", "environment"]

[[themes]]
id = "other"
zh = "其他"
en = "Other"
"""
GROWN = TABLE + '\n[[themes]]\nid = "farming"\nzh = "农业"\nen = "Farming"\n'


@pytest.mark.parametrize("going_on", [True, False])
@pytest.mark.parametrize(
    ("table", "wanted"),
    [(RENAMED, {"schools", "environment", "other"}), (MERGED, {"public", "other"}), (GROWN, {*SENTENCES, "farming"})],
    ids=["renamed", "merged", "grown"],
)
def test_another_table(tiny: Path, tmp_path: Path, table: str, wanted: set[str], going_on: bool) -> None:
    theme = "farming" if table == GROWN else "education"
    sentence = "水稻播种，农田灌溉，粮食增产。" if table == GROWN else "新建学校。"
    add = _added(tmp_path, theme, *[f"{sentence}{n}" for n in "甲乙丙丁戊己"])
    base = tiny / "model" if going_on else None
    trained = _train(tiny, tmp_path / "m", table, add=[add], base=base)
    assert set(trained.model.labels) == wanted
    given = [trained.model.themes(line)[0]["theme"] for line in trained.model.scores(trained.dev_rows)]
    right = [theme == p.themes[0] for theme, p in zip(given, trained.dev, strict=True)]
    assert sum(right) > 0.7 * len(right)
    with pytest.raises(ModelError, match="another theme table"):
        load(tmp_path / "m", list(SENTENCES) if table != TABLE else ["other"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GROWN, "farming: in the theme table, but no paragraph"),
        (TABLE.replace("environment", "water"), "'environment'"),
    ],
)
def test_a_table_that_does_not_fit_the_corpus(tiny: Path, tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        _train(tiny, tmp_path / "m", table)


def test_explanations_add_up(tiny: Path) -> None:
    model = load(tiny / "model")
    row = trainer.row(["新建", "学校", "，", "河道", "学校", "。"], ["社会", "education"])
    decisions = (model.transform([row]) @ model.coefficients.T + model.intercepts)[0]
    explanations = explain(model, row)
    assert explanations[0].theme == "education"
    for found in explanations:
        parts = sum(value for _, value in [*found.words, *found.headings])
        assert found.start + parts == pytest.approx(decisions[model.labels.index(found.theme)], abs=1e-4)
    words = dict(explanations[0].words)
    assert words["学校"] > words.get("河道", 0.0)
    assert dict(explanations[0].headings)["education"] > 0


def test_the_mean_of_word_vectors_stands_behind_the_terms(tiny: Path, tmp_path: Path) -> None:
    model = load(tiny / "model")
    size = model.vectors.shape[1]
    assert size == trainer.DIMENSIONS
    lines = [trainer.row(["新建", "学校"], []), trainer.row(["没有", "见过"], [])]
    means = model.transform(lines)[:, -size:].toarray()
    assert np.linalg.norm(means, axis=1) == pytest.approx([VECTORS, 0.0])
    words = model.features[0].places
    assert not model.vectors[[index for term, index in words.items() if " " in term]].any()
    # Two words used alike lie nearer to each other than two that are not.
    school, pupils, river = (model.vectors[words[word]] for word in ("学校", "教师", "污水"))
    assert school @ pupils > school @ river


def test_a_model_whose_vectors_were_cut_is_refused(tiny: Path, tmp_path: Path) -> None:
    model = load(tiny / "model")
    model.vectors = model.vectors[:, :-1]
    model.save(tmp_path)
    with pytest.raises(ModelError, match="changed or damaged"):
        load(tmp_path)


def test_installing_keeps_the_old_model(tiny: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    assert install(tiny / "model", "themes", models) is None
    (models / "themes" / "labels.json").write_text("{}", encoding="utf-8")
    kept = install(tiny / "model", "themes", models)
    assert kept is not None
    assert (kept / "labels.json").read_text(encoding="utf-8") == "{}"
    assert load(models / "themes").labels
    assert sorted(path.name for path in models.iterdir()) == sorted(["themes", kept.name])
    with pytest.raises(UsageError, match="can't be written"):
        install(tmp_path / "nowhere", "themes", models)
    assert load(models / "themes").labels


def test_intervals_calibration_and_coverage() -> None:
    gold = [["a"], ["a"], ["b"], ["b"]]
    found = intervals(gold, [["a"], ["a"], ["a"], ["a"]], ["x", "x", "y", "y"])
    assert found["primary_accuracy"] == [0.0, 1.0]
    table = calibration([0.1, 0.9, 0.9, 1.0], [False, True, True, False])
    assert [(b["from"], b["paragraphs"], b["right"]) for b in table["bins"]] == [(0.0, 1, 0.0), (0.8, 3, 0.6667)]
    assert [row["accuracy"] for row in coverage([0.9, 0.8, 0.2, 0.1], [True, True, False, False])][::5] == [1.0, 0.5]


def test_a_model_of_the_decision_alone() -> None:
    model = ThemeModel(None, np.zeros(0), np.zeros(0), ["a", "other"], [0.5, 0.5], [(1.0, 0.0)] * 2)
    assert model.scores([]).shape == (0, 2)
    assert read_table()[-1].id == "other"

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.corpus import external, gold
from pipeline.corpus.check import check
from pipeline.corpus.gold import GoldParagraph
from pipeline.corpus.report import agreement, markdown
from pipeline.errors import CorpusError
from pipeline.resources import ROOT

GOOD = {
    "id": "a#0",
    "text": "九江镇完成投资2亿元，增长5%。",
    "entities": [
        {"start": 0, "end": 3, "label": "GPE"},
        {"start": 7, "end": 10, "label": "MONEY"},
        {"start": 13, "end": 15, "label": "PERCENT"},
    ],
    "themes": ["economy"],
    "keyphrases": ["投资"],
    "indicators": [
        {"entity": 1, "indicator": "投资", "role": "level", "direction": None, "status": "actual", "bound": "exact", "period": ""}
    ],
}


def _write(path: Path, *rows: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_read(tmp_path: Path) -> None:
    (paragraph,) = gold.read(_write(tmp_path / "a.jsonl", GOOD))
    assert [paragraph.text[e.start : e.end] for e in paragraph.entities] == ["九江镇", "2亿元", "5%"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": [{"start": 0, "end": 99, "label": "GPE"}]}, "leaves the text"),
        ({"entities": [{"start": 0, "end": 3, "label": "GPE"}, {"start": 2, "end": 4, "label": "ORG"}]}, "overlaps"),
        ({"entities": [{"start": 0, "end": 3, "label": "PERSON"}]}, "label"),
        ({"keyphrases": ["招商引资"]}, "招商引资"),
        ({"colour": 1}, "colour"),
        ({"text": None}, "text"),
    ],
)
def test_bad_line_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = _write(tmp_path / "a.jsonl", GOOD, {**GOOD, **change})
    with pytest.raises(CorpusError, match=message) as error:
        list(gold.read(path))
    assert "a.jsonl:2:" in str(error.value)


def test_external_labels_come_back_whole(tmp_path: Path) -> None:
    paragraph = GoldParagraph.model_validate(GOOD)
    row = external.strip("report", 3, paragraph)
    assert "九江镇" not in json.dumps(row, ensure_ascii=False)
    _write(tmp_path / "external" / "labels.jsonl", row)
    texts = _write(tmp_path / "texts.jsonl", {"doc": "report", "p": 2, "text": "别的"}, {"doc": "report", "p": 3, "text": GOOD["text"]})
    (joined,) = external.join(texts, tmp_path)
    assert joined.model_copy(update={"id": "a#0", "issuer": ""}) == paragraph


def test_external_text_must_be_the_labelled_one(tmp_path: Path) -> None:
    _write(tmp_path / "external" / "labels.jsonl", external.strip("report", 3, GoldParagraph.model_validate(GOOD)))
    texts = _write(tmp_path / "texts.jsonl", {"doc": "report", "p": 3, "text": "九江镇完成投资3亿元，增长5%。"})
    with pytest.raises(CorpusError, match=r"texts\.jsonl:1: .*not the one"):
        list(external.join(texts, tmp_path))


def _paragraph(number: int, issuer: str, text: str, **change: object) -> dict[str, object]:
    row = {"id": f"{issuer}#{number}", "text": text, "entities": [], "themes": ["economy"], "keyphrases": [], "issuer": issuer, "level": "town"}
    return {**row, **change}


@pytest.mark.parametrize(
    ("train", "dev", "problem"),
    [
        ([], [_paragraph(1, "甲镇", "另一个段落写着别的内容")], "issuer 甲镇 stands in dev and train"),
        ([_paragraph(0, "甲镇", "又一个段落")], [], "occurs 2 times"),
        ([_paragraph(1, "甲镇", "再写一遍：全镇上下齐心协力推动各项事业稳步向前迈进取得明显成效")], [], "shares a run"),
        ([_paragraph(1, "甲镇", "短", themes=["weather"])], [], "themes"),
        ([_paragraph(1, "甲镇", "短", themes=["other", "economy"])], [], "other stands alone"),
        ([_paragraph(1, "甲镇", "，中山", entities=[{"start": 0, "end": 3, "label": "GPE"}])], [], "mention"),
        ([_paragraph(1, "甲镇", "长" * 451)], [], "451 characters"),
    ],
)
def test_check_finds(tmp_path: Path, train: list[dict], dev: list[dict], problem: str) -> None:
    base = _paragraph(0, "甲镇", "全镇上下齐心协力推动各项事业稳步向前迈进取得明显成效")
    _write(tmp_path / "train" / "a.jsonl", base, *train)
    _write(tmp_path / "dev" / "a.jsonl", *dev)
    report = check(tmp_path, minima={})
    assert any(problem in line for line in report.problems), report.problems


def test_check_counts(tmp_path: Path) -> None:
    _write(tmp_path / "train" / "a.jsonl", _paragraph(0, "甲镇", "全镇上下齐心协力"))
    report = check(tmp_path, minima={"paragraphs": 1, "issuers": 1, "hard case": 0, "primary theme": 0, "other": 1})
    assert report.problems == ["paragraphs: 0, 1 wanted", "other: 0, 1 wanted"]


def test_bundled_corpus_is_sound_and_its_readme_tells_the_truth() -> None:
    report = check()
    readme = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    assert report.problems == []
    assert markdown(report) in readme
    assert agreement(ROOT / "corpus/agreement/first.jsonl", ROOT / "corpus/agreement/second.jsonl") in readme


def test_agreement_wants_the_same_paragraphs(tmp_path: Path) -> None:
    first, second = _write(tmp_path / "a.jsonl", GOOD), _write(tmp_path / "b.jsonl", GOOD, GOOD)
    with pytest.raises(CorpusError, match="not the same paragraphs"):
        agreement(first, second)

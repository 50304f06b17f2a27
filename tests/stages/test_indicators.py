from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from pipeline.errors import ConfigError
from pipeline.stages.indicators.canonical import canonical, read_table

RECORDS = [
    # text, (quantity, indicator, role, direction, status, bound, period) of each record
    (
        "去年，全镇完成工业投资12.5亿元，增长6.4%。",
        [
            ("12.5亿元", "工业投资", "level", None, "actual", "exact", "去年"),
            ("6.4%", "工业投资", "change", "up", "actual", "exact", "去年"),
        ],
    ),
    (
        "信访总量、刑事案件分别下降3.5%和4.5%。",
        [
            ("3.5%", "信访总量", "change", "down", "actual", "exact", ""),
            ("4.5%", "刑事案件", "change", "down", "actual", "exact", ""),
        ],
    ),
    (
        "2019年，绿化覆盖率由31.5%提升至36.4%。",
        [
            ("31.5%", "绿化覆盖率", "level", None, "actual", "exact", "2019年"),
            ("36.4%", "绿化覆盖率", "level", None, "actual", "exact", "2019年"),
        ],
    ),
    ("力争自来水普及率达到98%以上。", [("98%", "自来水普及率", "level", None, "target", "at_least", "")]),
    ("确保失业率控制在4%以内。", [("4%", "失业率", "level", None, "target", "at_most", "")]),
    ("河道水质浓度已改善7.5%。", [("7.5%", "河道水质浓度", "change", "down", "actual", "exact", "")]),
    ("民间投资占比达52.5%。", [("52.5%", "民间投资占比", "share", None, "actual", "exact", "")]),
    ("外贸出口同比增长约9.5%。", [("9.5%", "外贸出口", "change", "up", "actual", "about", "")]),
    (
        "接待游客3.4万人次、旅游收入2.5亿元，分别增长5.5%、6.5%。",
        [
            ("2.5亿元", "旅游收入", "level", None, "actual", "exact", ""),
            ("5.5%", "接待游客", "change", "up", "actual", "exact", ""),
            ("6.5%", "旅游收入", "change", "up", "actual", "exact", ""),
        ],
    ),
]


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    nlp = spacy.blank("zh")
    nlp.add_pipe("quantities")
    nlp.add_pipe("indicators")
    return nlp


@pytest.mark.parametrize(("text", "wanted"), RECORDS)
def test_records(nlp: spacy.language.Language, text: str, wanted: list[tuple[str | None, ...]]) -> None:
    doc = nlp(text)
    fields = ("indicator", "role", "direction", "status", "bound", "period")
    found = [(doc.ents[r["entity"]].text, *(r[field] for field in fields)) for r in doc._.indicators]
    assert found == wanted


def test_level_and_change_are_paired_and_show_their_sentence(nlp: spacy.language.Language) -> None:
    doc = nlp("道路通畅。全年完成工业投资12.5亿元，增长6.4%。水清了。")
    level, change = doc._.indicators
    assert (level["pair"], change["pair"]) == (change["entity"], level["entity"])
    assert doc.text[level["start"] : level["end"]] == "全年完成工业投资12.5亿元，增长6.4%。"


@pytest.mark.parametrize(
    ("section", "heading", "status"),
    [
        ("targets", "预期目标", "target"),
        ("review", "工作回顾", "actual"),
        (None, "下一步打算", "target"),
        (None, "主要成效", "actual"),
    ],
)
def test_status_from_section_and_heading(
    nlp: spacy.language.Language, section: str | None, heading: str, status: str
) -> None:
    doc = nlp.make_doc("工业投资增长8%。")
    doc._.paragraphs = [{"start": 0, "end": 9, "role": "body", "section": section, "headings": [heading]}]
    assert [record["status"] for record in nlp(doc)._.indicators] == [status]


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("规上工业增加值", "规模以上工业增加值"),
        ("gdp", "地区生产总值"),
        ("生产总值(GDP)", "地区生产总值"),
        ("国、地两税", "税收收入"),
        ("莲藕产量", "莲藕产量"),
    ],
)
def test_canonical(name: str, same: str) -> None:
    assert canonical(name, read_table()) == same


def test_a_table_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("莲藕总产量\t莲藕产量|藕产\n", encoding="utf-8")
    assert canonical("藕产", read_table(str(path))) == "莲藕总产量"
    path = tmp_path / "bad.tsv"
    path.write_text("莲藕 产量\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        read_table(str(path))

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import spacy

from pipeline.errors import ConfigError
from pipeline.stages.indicators.canonical import canonical, read_table
from pipeline.stages.segmenter import PkusegTokenizer

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


PERIODS = [
    # text, (quantity, period) of each record
    ("今年的目标是：财政支出与2015年持平；工业投资增长4%。", [("4%", "今年")]),
    ("截至2016年10月中旬，受理来信35件，回复率98.5%。", [("98.5%", "截至2016年10月中旬")]),
    ("工业投资由2014年的3.5亿元增加到5.5亿元。", [("3.5亿元", "2014年"), ("5.5亿元", "")]),
    ("河道连续六年达标，自来水普及率98.5%。", [("98.5%", "")]),
    ("新桥年底完工，自来水普及率达98.5%。", [("98.5%", "")]),
    ("工业投资全年完成3.5亿元，增长4.5%；出口2.5亿元。", [("3.5亿元", "全年"), ("4.5%", "全年"), ("2.5亿元", "")]),
]

NAMES = [
    # text, names of the records in order
    ("将40%的茶园、30%的果园和菜地、20%的鱼塘改造成为生态基地。", ["茶园", "果园和菜地", "鱼塘"]),
    ("香菇、木耳、竹笋等特色产值2.5亿元。", ["特色产值"]),
    ("户均增收3500元。", ["户均增收"]),
    ("按可比价格计算，出口总额增长4.5%。", ["出口总额"]),
    ("工业投资3.5亿元，增幅高于全县平均1.5个百分点。", ["工业投资", "工业投资"]),
    ("外贸出口增长4.5%，总量突破3.5亿元。", ["外贸出口", "外贸出口"]),
    ("水稻产量一万二千吨，增长4.5%。", ["水稻产量"]),
    ("整合各方资源投入近6000万元。", ["各方资源投入"]),
    ("人口自然增长率控制在4‰以内。", ["人口自然增长率"]),
]

COUNTS = [
    # text, (indicator, value, unit, status, bound, period) of each count
    ("去年，新增就业5.12万人。", [("就业", "51200", "人", "actual", "exact", "去年")]),
    ("力争引进15家以上工业企业落户。", [("工业企业", "15", "家", "target", "at_least", "")]),
    (
        "建成社区公园6个，绿化面积超1,200亩。",
        [("社区公园", "6", "个", "actual", "exact", ""), ("绿化面积", "1200", "亩", "actual", "over", "")],
    ),
    (
        "道路硬化十九公里，接待游客230多万人次。",
        [("道路硬化", "19", "公里", "actual", "exact", ""), ("接待游客", "2300000", "人次", "actual", "over", "")],
    ),
    (
        "栽树3万棵，报废旧车12辆，用煤3.5吨。",
        [
            ("栽树", "30000", "棵", "actual", "exact", ""),
            ("报废旧车", "12", "辆", "actual", "exact", ""),
            ("用煤", "3.5", "吨", "actual", "exact", ""),
        ],
    ),
    ("历时5个月，培育产值超300亿项目，走第3条路，完成投资2.5亿元，增长4.5%。", []),
    ("心系两家一个理。", []),
    # Quoted, the number is a part of the name; 和 and 破 are no part of one.
    ("落实“惠企助农十二条”。", []),
    ("新建和修缮粮仓15座。", [("修缮粮仓", "15", "座", "actual", "exact", "")]),
    ("发明申请量破800件。", [("发明申请量", "800", "件", "actual", "over", "")]),
    (
        "建成小学2所和文化站3座。",
        [("小学", "2", "所", "actual", "exact", ""), ("文化站", "3", "座", "actual", "exact", "")],
    ),
]


@pytest.fixture(scope="module")
def nlp() -> spacy.language.Language:
    nlp = spacy.blank("zh")
    nlp.add_pipe("quantities")
    nlp.add_pipe("indicators")
    return nlp


@cache
def words_only() -> spacy.language.Language:
    nlp = spacy.blank("zh")
    nlp.tokenizer = PkusegTokenizer(nlp.vocab)
    nlp.add_pipe("quantities")
    nlp.add_pipe("indicators")
    return nlp


@pytest.mark.parametrize(("text", "wanted"), RECORDS)
def test_records(nlp: spacy.language.Language, text: str, wanted: list[tuple[str | None, ...]]) -> None:
    doc = nlp(text)
    fields = ("indicator", "role", "direction", "status", "bound", "period")
    found = [(doc.ents[r["entity"]].text, *(r[field] for field in fields)) for r in doc._.indicators]
    assert found == wanted


@pytest.mark.parametrize(("text", "wanted"), PERIODS)
def test_period_governs(nlp: spacy.language.Language, text: str, wanted: list[tuple[str, str]]) -> None:
    doc = nlp(text)
    assert [(doc.ents[r["entity"]].text, r["period"]) for r in doc._.indicators] == wanted


@pytest.mark.parametrize(("text", "wanted"), NAMES)
def test_names(text: str, wanted: list[str]) -> None:
    """With the pipeline's own words: single characters, as of the blank pipeline, end no noun."""
    doc = words_only()(text)
    assert [record["indicator"] for record in doc._.indicators] == wanted


@pytest.mark.parametrize(("text", "wanted"), COUNTS)
def test_counts(text: str, wanted: list[tuple[str, ...]]) -> None:
    doc = words_only()(text)
    fields = ("indicator", "value", "unit", "status", "bound", "period")
    assert [tuple(count[field] for field in fields) for count in doc._.counts] == wanted
    for count in doc._.counts:
        start, end = count["count"]
        assert doc.text[start:end].endswith(count["unit"])
        assert count["start"] <= start < end <= count["end"]


def test_counts_can_be_left_out() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("indicators", config={"counts": False})
    assert nlp("建成社区公园6个。")._.counts == []


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

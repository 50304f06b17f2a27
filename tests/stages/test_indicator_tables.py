from __future__ import annotations

import re

import pytest
import spacy

from pipeline.stages.indicators import tables
from pipeline.stages.indicators.grammar import Mention

HEADS = "指标\t单位\t2021年目标\t2021年完成\t同比增长（%）\t2022年目标"
AMOUNT = re.compile(r"\d+(?:\.\d+)?(?:%|亿元|亿美元)")

# indicator, figure as it stands, value and unit (None: an entity), role, direction, status, period
ROWS = [
    (
        HEADS,
        "规上工业产值\t亿元\t60\t61.5\t-2.4\t增长5%以上",
        [
            ("规上工业产值", "5%", None, "change", "up", "target", "2022年"),
            ("规上工业产值", "60", "6000000000 元", "level", None, "target", "2021年"),
            ("规上工业产值", "61.5", "6150000000 元", "level", None, "actual", "2021年"),
            ("规上工业产值", "2.4", "2.4 %", "change", "down", "actual", ""),
        ],
    ),
    (
        HEADS,
        "单位产值能耗\t%\t-3\t−3.2\t—\t下降3%",
        [
            ("单位产值能耗", "3%", None, "change", "down", "target", "2022年"),
            ("单位产值能耗", "3", "3 %", "change", "down", "target", "2021年"),
            ("单位产值能耗", "3.2", "3.2 %", "change", "down", "actual", "2021年"),
        ],
    ),
    (
        HEADS,
        "1.专精特新企业\t家\t8\t9\t\t新增4家",
        [
            ("专精特新企业", "8", "8 家", "level", None, "target", "2021年"),
            ("专精特新企业", "9", "9 家", "level", None, "actual", "2021年"),
            ("专精特新企业", "4家", "4 家", "change", "up", "target", "2022年"),
        ],
    ),
    (
        "项目\t2020年\t2021年",
        "其中：农业产值（万元）\t1,200\t1350",
        [
            ("农业产值", "1,200", "12000000 元", "level", None, "actual", "2020年"),
            ("农业产值", "1350", "13500000 元", "level", None, "actual", "2021年"),
        ],
    ),
    (None, "绿化率\t达到41%", [("绿化率", "41%", None, "level", None, "actual", "")]),
    (None, "3\t17\t21", []),  # no name
    (None, "农户\t300", []),  # no unit anywhere
]


@pytest.mark.parametrize(("head", "row", "expected"), ROWS)
def test_row(head: str | None, row: str, expected: list[tuple[str | None, ...]]) -> None:
    mentions = [Mention(m.start(), m.end(), "PERCENT" if m[0][-1] == "%" else "MONEY") for m in AMOUNT.finditer(row)]
    heads = tables.read_heads(head) if head else None
    measured, counted = tables.extract(row, mentions, heads, "review")
    found = [(r, mentions[r.mention].start, mentions[r.mention].end, None) for r in measured]
    found += [(r, r.count.start, r.count.end, f"{r.count.value} {r.count.unit}") for r in counted]
    said = [(r.indicator, row[a:b], value, r.role, r.direction, r.status, r.period) for r, a, b, value in found]
    assert said == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (HEADS, True),
        ("项目\t2020年\t2021年", True),
        ("绿化率\t达到41%", False),
        ("企业\t8家", False),
        ("张三\t李四", False),
    ],
)
def test_heads(row: str, expected: bool) -> None:
    assert (tables.read_heads(row) is not None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("产值\t3\t4", True), ("产值增长3%。", False), ("一、\t全年完成投资3亿元。其中工业2亿元。", False)],
)
def test_is_row(text: str, expected: bool) -> None:
    assert tables.is_row(text) == expected


def test_head_holds_until_the_table_ends() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("quantities")
    nlp.add_pipe("indicators")
    doc = nlp("指标\t2030年目标\n投资额\t3亿元\n全年完成投资2亿元。\n投资额\t4亿元")
    assert [(r["indicator"], r["period"], r["status"]) for r in doc._.indicators] == [
        ("投资额", "2030年", "target"),
        ("投资", "全年", "actual"),
        ("投资额", "", "actual"),
    ]

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.corpus.gold import GoldParagraph
from pipeline.corpus.markup import MarkupError, parse_file, parse_inline, write_inline
from pipeline.resources import ROOT

MARKED = [
    "全镇无一处提到名称。",
    "{九江镇|G}党委书记在{上东工业园|F}调研。",
    "{九江镇党委|O}召开会议，{石马河|L}治理完成，投资{2亿元|M}。",
    "实现{189.25亿元|M|工业总产值|level|actual|exact|今年1-8月}的工业总产值，今年1-8月增长{8.7%|P|工业总产值|change up|actual|exact|今年1-8月}。",
]


@pytest.mark.parametrize("marked", MARKED)
def test_write_is_the_inverse_of_parse(marked: str) -> None:
    assert write_inline(parse_inline(marked)) == marked


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("{九江镇|X}", "unknown label"),
        ("{九江镇|G", "left over"),
        ("九江镇|G}", "left over"),
        ("{九江镇|G|投资}", "only MONEY and PERCENT"),
        ("{8%|P|产值|grow}", "role 'grow'"),
        ("{8%|P|产值|change}", "direction"),
        ("{8%|P|产值|level up}", "direction"),
        ("{8%|P|产值|level|done}", "status 'done'"),
    ],
)
def test_bad_markup(marked: str, message: str) -> None:
    with pytest.raises(MarkupError, match=message):
        parse_inline(marked)


HEADER = "issuer: 某镇\nplace: 广东省\nprovince: 广东省\nlevel: town\nkind: news\nyear: 2017\n---\n"


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        HEADER + "# 一、产业 / (一)招商\n@ industry economy | 招商引资\n推进招商引资，引进{云帆电子|O}。\n#\n@ other |\n来源：党政办\n",
        encoding="utf-8",
    )
    first, second = (GoldParagraph.model_validate(p) for p in parse_file(path))
    assert (first.headings, first.themes, first.keyphrases) == (["一、产业", "(一)招商"], ["industry", "economy"], ["招商引资"])
    assert first.text[first.entities[0].start : first.entities[0].end] == "云帆电子"
    assert (second.headings, second.themes, second.keyphrases, second.year) == ([], ["other"], [], 2017)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("没有主题的段落。\n", "needs its '@"),
        ("@ industry | 灯饰产业\n发展装备制造。\n", "灯饰产业"),
        ("@ industry | 装备制造\n装备制造增长{8%|P|产值|change up}。\n", "产值"),
    ],
)
def test_bad_file_names_the_line(tmp_path: Path, body: str, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(HEADER + body, encoding="utf-8")
    with pytest.raises(MarkupError, match=message) as error:
        list(parse_file(path))
    assert f"{path}:" in str(error.value)


def test_the_guides_example_is_good_markup(tmp_path: Path) -> None:
    guide = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    (example,) = (block for block in guide.split("```\n") if block.startswith("issuer:"))
    (tmp_path / "a.txt").write_text(example, encoding="utf-8")
    first, second = (GoldParagraph.model_validate(paragraph) for paragraph in parse_file(tmp_path / "a.txt"))
    assert (len(first.indicators), len(first.keyphrases), second.themes) == (2, 2, ["other"])

from __future__ import annotations

import csv
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html
from openpyxl import load_workbook
from spacy.language import Language
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.comparison import Value, compare
from pipeline.comparison.periods import Standpoint, label, standpoint
from pipeline.comparison.verdict import verdict
from pipeline.execution import job
from pipeline.output.site import folder

RUNNER = CliRunner()

REPORTS = {
    "liushi-2016.txt": """柳石镇2016年政府工作报告
2016年1月12日
各位代表：
一、2015年工作回顾
2015年，全镇实现地区生产总值50.2亿元，增长7.9%；完成固定资产投资21亿元，增长12.3%。
二、2016年工作安排
2016年的主要预期目标是：地区生产总值增长8%左右，固定资产投资增长15%，城镇登记失业率控制在3%以内，单位GDP能耗下降3%。
""",
    "liushi-2017.txt": """柳石镇2017年政府工作报告
2017年1月10日
各位代表：
一、2016年工作回顾
去年，全镇实现生产总值54.6亿元，增长8.2%；完成固定资产投资23.7亿元，增长13.1%；城镇登记失业率为2.6%，单位GDP能耗下降3.4%。
二、2017年工作安排
今年的主要预期目标是：地区生产总值增长8.5%，固定资产投资增长10%以上。
""",
    "other/tangbian.txt": """塘边乡2017年政府工作报告
2017年2月3日
各位代表：
一、2016年工作回顾
2016年，全乡完成固定资产投资3.8亿元，增长6.5%。
二、2017年工作安排
今年力争固定资产投资增长7%。
""",
}


@pytest.fixture(scope="module")
def out(nlp: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("compare 比较")
    for name, text in REPORTS.items():
        (top / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "in" / name).write_text(text, encoding="utf-8")
    job.run(nlp, [top / "in"], top / "out")
    folder.write(top / "out", top / "site")
    return top / "out"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_targets_stand_beside_the_results_of_the_next_report(out: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    wanted = [part for name in ("GDP", "固定资产投资", "登记失业率", "单位GDP能耗") for part in ("-i", name)]
    result = RUNNER.invoke(app, ["compare", str(out), *wanted, "--out", str(file)])
    assert result.exit_code == 0, result.output
    found = {
        (row["issuer"], row["indicator"], row["measure"], row["year"]): (
            row["target_text"],
            row["result_text"],
            row["verdict"],
        )
        for row in _rows(file)
    }
    assert found == {
        ("柳石镇", "地区生产总值", "level", "2015"): ("", "50.2亿元", ""),
        ("柳石镇", "地区生产总值", "level", "2016"): ("", "54.6亿元", ""),
        ("柳石镇", "地区生产总值", "change", "2015"): ("", "7.9%", ""),
        ("柳石镇", "地区生产总值", "change", "2016"): ("8%", "8.2%", "met"),
        ("柳石镇", "地区生产总值", "change", "2017"): ("8.5%", "", ""),
        ("柳石镇", "固定资产投资", "level", "2015"): ("", "21亿元", ""),
        ("柳石镇", "固定资产投资", "level", "2016"): ("", "23.7亿元", ""),
        ("柳石镇", "固定资产投资", "change", "2015"): ("", "12.3%", ""),
        ("柳石镇", "固定资产投资", "change", "2016"): ("15%", "13.1%", "missed"),
        ("柳石镇", "固定资产投资", "change", "2017"): ("10%", "", ""),
        ("塘边乡", "固定资产投资", "level", "2016"): ("", "3.8亿元", ""),
        ("塘边乡", "固定资产投资", "change", "2016"): ("", "6.5%", ""),
        ("塘边乡", "固定资产投资", "change", "2017"): ("7%", "", ""),
        ("柳石镇", "城镇登记失业率", "level", "2016"): ("3%", "2.6%", "met"),
        ("柳石镇", "单位地区生产总值能耗", "change", "2016"): ("3%", "3.4%", "met"),
    }
    growth = next(row for row in _rows(file) if row["verdict"] == "met")
    assert (growth["target_value"], growth["target_bound"], growth["unit"]) == ("8", "about", "%")
    assert growth["target_document"] == "liushi-2016.txt"
    assert growth["result_document"] == "liushi-2017.txt"
    assert "预期目标" in growth["target_sentence"]
    assert "met" in result.output
    assert "固定资产投资" in result.output


def test_without_names_only_what_can_be_judged(out: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["compare", str(out), "--out", str(tmp_path / "x.csv")])
    assert result.exit_code == 0, result.output
    rows = _rows(tmp_path / "x.csv")
    assert len(rows) == 4
    assert {row["issuer"] for row in rows} == {"柳石镇"}


def test_every_cell_leads_to_its_sentence(out: Path, tmp_path: Path) -> None:
    site = out.parent / "site"
    page, sheet, text = tmp_path / "a b" / "x.html", tmp_path / "x.xlsx", tmp_path / "x.md"
    files = [part for path in (page, sheet, text) for part in ("--out", str(path))]
    result = RUNNER.invoke(app, ["compare", str(out), "-i", "GDP", "--site", str(site), *files])
    assert result.exit_code == 0, result.output
    tree = html.fromstring(page.read_text(encoding="utf-8"))
    assert not tree.xpath("//*[@style]")
    links = tree.xpath("//table//a/@href")
    sentences = tree.xpath("//table//a/@title")
    assert len(links) == 6
    for link, sentence in zip(links, sentences, strict=True):
        name, _, anchor = unquote(link).partition("#")
        target = html.fromstring((page.parent / name).read_text(encoding="utf-8")).get_element_by_id(anchor)
        assert target.tag in ("mark", "a")
        part = target.xpath("ancestor::section")[0].xpath("string(p)")
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", part)
    for link in tree.xpath("//nav//a/@href"):
        assert (page.parent / unquote(link)).is_file()
    book = load_workbook(sheet)["comparison"]
    heads = [cell.value for cell in book[1]]
    cell = book.cell(2, heads.index("result_link") + 1)
    assert (tmp_path / unquote(cell.hyperlink.target).partition("#")[0]).is_file()
    assert book.cell(2, heads.index("result_value") + 1).value == 5020000000
    assert "[8%](" in text.read_text(encoding="utf-8")


def test_names(out: Path) -> None:
    listing = RUNNER.invoke(app, ["compare", str(out), "--list"])
    assert re.search(r"地区生产总值\s+1\s+2\s+4", listing.output), listing.output
    wrong = RUNNER.invoke(app, ["compare", str(out), "-i", "生产总量值"])
    assert "Did you mean 地区生产总值" in str(wrong.exception)
    nothing = RUNNER.invoke(app, ["compare", str(out), "-i", "xyz"])
    assert "Did you mean" not in str(nothing.exception)
    assert "--list" in str(nothing.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--out", "x.doc"], ".csv"), (["--site", "a", "--site", "b"], "2 times --site for 1")],
)
def test_wrong_usage(out: Path, arguments: list[str], said: str) -> None:
    assert said in str(RUNNER.invoke(app, ["compare", str(out), *arguments]).exception)


JANUARY = Standpoint(now=2017, reviewed=2016, planned=2017)
AUTUMN = Standpoint(now=2017, reviewed=2017, planned=2017)


@pytest.mark.parametrize(
    ("period", "status", "place", "column"),
    [
        ("", "actual", JANUARY, "2016"),
        ("", "target", JANUARY, "2017"),
        ("去年", "actual", JANUARY, "2016"),
        ("今年", "target", JANUARY, "2017"),
        ("全年", "actual", JANUARY, "2016"),
        ("年内", "target", JANUARY, "2017"),
        ("明年", "target", AUTUMN, "2018"),
        ("2013年", "actual", JANUARY, "2013"),
        ("二〇一三年", "actual", JANUARY, "2013"),
        ("到2020年", "target", JANUARY, "2020"),
        ("今年1-8月", "actual", AUTUMN, "2017 1–8月"),
        ("1至6月", "actual", AUTUMN, "2017 1–6月"),
        ("上半年", "actual", AUTUMN, "2017 上半年"),
        ("2016年前三季度", "actual", JANUARY, "2016 1–9月"),
        ("一季度", "actual", AUTUMN, "2017 一季度"),
        ("截至11月底", "actual", JANUARY, "2016 1–11月"),
        ("1-12月", "actual", JANUARY, "2016"),
        ("8月底前", "target", JANUARY, "2017"),
        ("“十三五”时期", "target", JANUARY, "2016–2020"),
        ("“十三五”末", "target", JANUARY, "2020"),
        ("2012-2016年", "actual", JANUARY, "2012–2016"),
        ("五年来", "actual", JANUARY, "2012–2016"),
        ("今后三年", "target", JANUARY, "2017–2019"),
        ("今年", "actual", Standpoint(), "?"),
        ("", "target", Standpoint(), "?"),
        ("2015年", "actual", Standpoint(), "2015"),
    ],
)
def test_years(period: str, status: str, place: Standpoint, column: str) -> None:
    assert label(period, status, place) == column


@pytest.mark.parametrize(
    ("title", "date", "lines", "place"),
    [
        ("柳石镇2017年政府工作报告", "", [], (2017, 2016, 2017, False)),
        ("柳石镇二○一七年政府工作报告", "", [], (2017, 2016, 2017, False)),
        ("柳石镇2016年工作总结和2017年工作计划", "2016-12-20", [], (2016, 2016, 2017, False)),
        ("柳石镇2017年工作总结", "2017-12-20", [], (2017, 2017, 2018, False)),
        ("政府工作报告", "2017-01-10", [], (2017, 2016, 2017, False)),
        ("镇人大会议召开", "2017-09-21", [], (2017, 2017, 2017, False)),
        ("政府工作报告", "2017-12-21", [], (2017, 2017, 2018, False)),
        ("政府工作报告", "", [("heading", "review", "一、2016年工作回顾")], (2017, 2016, 2017, False)),
        ("", "", [("body", "tasks", "2017年，修路，到2020年建成。")], (2017, 2016, 2017, False)),
        ("", "", [("body", "review", "去年修路。")], (None, None, None, False)),
        (
            "柳石镇2023年工作报告",
            "",
            [("body", "review", "2013年修路。"), ("body", "tasks", "目标至2015年建成。")],
            (2023, 2022, 2023, True),
        ),
    ],
)
def test_when_a_document_speaks(
    title: str, date: str, lines: list[tuple[str, str, str]], place: tuple[int, int, int, bool]
) -> None:
    paragraphs, text = [], ""
    for role, section, line in lines:
        paragraphs.append({"role": role, "section": section, "start": len(text), "end": len(text) + len(line)})
        text += line + "\n"
    record = {"doc_id": "a/b.txt", "meta": {"title": title, "date": date}, "text": text, "paragraphs": paragraphs}
    assert standpoint(record) == Standpoint(*place)


def _value(text: str, status: str = "actual", name: str = "地区生产总值", **more: str) -> Value:
    low, _, high = text.partition("-")
    empty = dict.fromkeys(("period", "doc_id", "title", "link", "sentence", "site"), "")
    value = Value(
        canonical=name, indicator=name, issuer="柳石镇", code="", year="2016", status=status, role="change",
        direction="up", bound="exact", averaged=False, unit="%", text=text, low=Decimal(low),
        high=Decimal(high or low), paragraph=0, **empty,
    )  # fmt: skip
    return replace(value, **more)


@pytest.mark.parametrize(
    ("target", "result", "said"),
    [
        (_value("8"), _value("8"), "met"),
        (_value("8"), _value("7.9"), "missed"),
        (_value("8", bound="about"), _value("7.7"), "met"),
        (_value("8", bound="about"), _value("7.5"), "missed"),
        (_value("8", bound="at_least"), _value("8.1"), "met"),
        (_value("8-9"), _value("8.1"), "met"),
        (_value("8-9"), _value("7.1"), "missed"),
        (_value("5", bound="at_most"), _value("4.1"), "met"),
        (_value("5", bound="at_most"), _value("5.1"), "missed"),
        (_value("3", direction="down"), _value("3.4", direction="down"), "met"),
        (_value("3", direction="down"), _value("2.4", direction="down"), "missed"),
        (_value("3", direction="down"), _value("3.4"), "missed"),
        (_value("3"), _value("3.4", direction="down"), "missed"),
        (_value("3", name="居民消费价格指数"), _value("2.1", name="居民消费价格指数"), "met"),
        (_value("8"), _value("8", bound="over"), "met"),
        (_value("8"), _value("7", bound="over"), ""),
        (_value("8"), _value("9", bound="at_most"), ""),
        (_value("8"), _value("8", bound="nearly"), ""),
        (_value("8"), _value("8", unit="pp"), ""),
        (_value("8"), _value("8", role="level"), ""),
        (_value("8", name="投资"), _value("8", name="投资"), ""),
        (_value("8", year="?"), _value("8", year="?"), ""),
        (_value("8"), None, ""),
        (None, _value("8"), ""),
    ],
)
def test_verdicts(target: Value | None, result: Value | None, said: str) -> None:
    assert verdict(target, result) == said


def test_issuers_and_repeated_figures() -> None:
    coded = _value("8", "target", code="440605121000")
    rows = compare([coded, _value("8.1"), _value("8.1"), _value("8.3", period="2016年")], ["地区生产总值"])
    (row,) = rows
    assert row.code == "440605121000"
    assert [value.text for value in row.results] == ["8.3", "8.1"]
    other = _value("8", code="440605122000")
    assert len(compare([coded, other, _value("9")], ["地区生产总值"])) == 3


def test_formulas_are_neutral(tmp_path: Path) -> None:
    from pipeline.comparison.writing import write

    rows = compare([_value("8", issuer="=1+1", name="@x|y")], ["@x|y"])
    for suffix in ("csv", "xlsx", "md", "html"):
        write(rows, tmp_path / f"x.{suffix}")
    assert _rows(tmp_path / "x.csv")[0]["issuer"] == "'=1+1"
    assert load_workbook(tmp_path / "x.xlsx")["comparison"]["B2"].data_type == "s"
    assert "@x\\|y" in (tmp_path / "x.md").read_text(encoding="utf-8")

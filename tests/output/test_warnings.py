from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from spacy.language import Language

from pipeline import years
from pipeline.errors import UsageError
from pipeline.execution import job
from pipeline.output.shared import Passage, SharedPassages, fingerprints
from pipeline.output.site import build, folder
from pipeline.output.warnings import find
from tests.output.records import HOSTILE, record, write_run

OWN = (
    "柳石大桥北侧的旧粮库改成了陶艺工坊，二十三位匠人带着四十多个学徒，"
    "把本地红泥烧成了能卖到海外的茶具和灯座，周末还给孩子们开拉坯课"
)
FORMULA = (
    "高举中国特色社会主义伟大旗帜，全面贯彻党的十九大精神，"
    "以习近平新时代中国特色社会主义思想为指导，团结带领全镇人民攻坚克难"
)
OTHER = "白鹭湾湿地今年开春补种了芦苇和菖蒲，护塘员每天清晨划着木船巡一圈，把漂来的塑料瓶捞起来过秤登记"


def _record(doc_id: str, *lines: str, title: str = "") -> dict[str, Any]:
    paragraphs, text = [], ""
    for number, line in enumerate(lines):
        paragraphs.append({"id": number, "start": len(text), "end": len(text) + len(line), "role": "body"})
        text += line + "\n"
    return {"doc_id": doc_id, "meta": {"title": title}, "text": text, "paragraphs": paragraphs}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20xx年，全镇", ["20xx"]),
        ("二〇一六年到20××年", ["20××"]),
        ("201x年和20__年", ["201x", "20__"]),
        ("在20XX-2018年建成", ["20XX"]),
        ("XX年", ["XX"]),
        ("2016年，20多年，20家，XX公司，2×20米", []),
    ],
)
def test_redacted_years(text: str, found: list[str]) -> None:
    assert years.redacted(text) == found
    warnings = find([_record("a", "不相干。", text)])
    assert [(w["kind"], w["paragraphs"]) for w in warnings] == ([("redacted_years", [1])] if found else [])


@pytest.mark.parametrize(
    ("title", "lines", "doubted"),
    [
        ("柳石镇2023年工作报告", ["到2014年建成。", "2015年完工。"], True),
        ("柳石镇2023年工作报告", ["“十二五”规划收官。", "十八届五中全会。"], True),
        ("柳石镇二〇二三年工作报告", ["2013年建成，2014年完工。"], True),
        ("柳石镇2023年工作报告", ["2014年建成，2015年完工，2022年大修。"], False),
        ("柳石镇2023年工作报告", ["2014年建成，2021-2025年大修。"], False),
        ("柳石镇2023年工作报告", ["“十四五”规划，2014年建成，2015年完工。"], False),
        ("柳石镇2023年工作报告", ["2014年建成。"], False),
        ("柳石镇2023年工作报告", ["去年建成。"], False),
        ("柳石镇工作报告", ["2014年建成，2015年完工。"], False),
        ("柳石镇2016-2020年规划", ["2016年开工，2019年完工。"], False),
    ],
)
def test_title_years(title: str, lines: list[str], doubted: bool) -> None:
    assert [w["kind"] for w in find([_record("a", *lines, title=title)])] == ["title_year"] * doubted


def test_a_shared_passage_names_both_paragraphs() -> None:
    first = _record("a", OTHER + "。", "去年，" + OWN + "。此后也没有停。")
    second = _record("b", "又说：" + OWN.replace("，", "、") + "；随后又办了展览。")
    (warning,) = find([first, second])
    assert (warning["kind"], warning["doc_id"], warning["other"]) == ("shared_passage", "b", "a")
    (passage,) = warning["passages"]
    assert (passage["paragraph"], passage["other_paragraph"]) == (0, 1)
    shown = second["text"][passage["start"] : passage["end"]]
    assert shown in OWN.replace("，", "、")
    assert len(shown) > 40


@pytest.mark.parametrize(
    "lines",
    [
        (FORMULA + "。", FORMULA + "。"),
        (FORMULA + "，在柳石镇建起新桥。", FORMULA + "，在塘边乡修好旧路。"),
        (OWN[:30] + "。", OWN[:30] + "。"),
        (OWN + "。", OTHER + "。"),
        (OWN + "。", "".join(reversed(OWN)) + "。"),
    ],
    ids=["formula", "formula with own words", "too short", "different", "same characters"],
)
def test_what_is_no_shared_passage(lines: tuple[str, str]) -> None:
    assert find([_record("a", lines[0]), _record("b", lines[1])]) == []


def test_a_document_shares_nothing_with_itself() -> None:
    assert find([_record("a", OWN, OWN)]) == []


def test_what_everybody_says_is_a_formula() -> None:
    assert len(find([_record(str(number), OWN) for number in range(9)])) == 8
    assert find([_record(str(number), OWN) for number in range(10)]) == []


def test_chrome_and_headings_do_not_count() -> None:
    records = [_record(name, OWN) for name in "ab"]
    for found in records:
        found["paragraphs"][0]["role"] = "boilerplate"
    assert find(records) == []


def test_memory_is_bounded_and_long_copies_are_found_all_the_same() -> None:
    def text(seed: int) -> str:
        return "".join(chr(0x4E00 + (seed * 7919 + place * place * 31 + place * seed) % 9000) for place in range(4000))

    def add(record: dict[str, Any]) -> list[Passage]:
        return passages.add(record, fingerprints(record))

    passages = SharedPassages(most=2000)
    tracemalloc.start()
    for number in range(30):
        assert add(_record(str(number), text(number))) == []
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert len(passages._seen) <= 2000
    assert add(_record("copy", text(3)))


def test_run_and_pages_tell(nlp: Language, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    lines = ["柳石镇2023年工作报告", "", f"20xx年，{OWN}。", "2014年开工，2015年完工。"]
    (tmp_path / "in" / "a.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "in" / "b.txt").write_text(f"塘边乡工作总结\n\n去年修了路。\n{OWN}。\n", encoding="utf-8")
    job.run(nlp, [tmp_path / "in"], tmp_path / "out")
    warnings = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["warnings"]
    assert [(w["doc_id"], w["kind"]) for w in warnings] == [
        ("a.txt", "redacted_years"),
        ("a.txt", "title_year"),
        ("b.txt", "shared_passage"),
    ]
    folder.write(tmp_path / "out", tmp_path / "site")
    index = html.fromstring((tmp_path / "site" / "index.html").read_text(encoding="utf-8"))
    marks = index.xpath("//a[@class='warn']")
    assert [mark.text_content()[-10:] for mark in marks] == ["3 warnings", " 1 warning"]
    for mark in marks:
        name, _, anchor = mark.get("href").partition("#")
        page = html.fromstring((tmp_path / "site" / name).read_text(encoding="utf-8"))
        links = page.get_element_by_id(anchor).xpath(".//a/@href")
        assert len([link for link in links if "html#p" in link]) == 1
        for link in links:
            other, _, part = link.partition("#")
            there = tmp_path / "site" / "documents" / other if other else tmp_path / "site" / name
            shown = html.fromstring(there.read_text(encoding="utf-8")).get_element_by_id(part).text_content()
            assert "陶艺工坊" in shown or "20xx" in shown


def test_nothing_of_a_warning_becomes_markup(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", [record(), HOSTILE])
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    attack = "<script>alert(1)</script>"
    passage = {"paragraph": 0, "other_paragraph": 2, "start": 0, "end": 9}
    manifest["warnings"] = [
        {"kind": attack, "doc_id": HOSTILE["doc_id"], "message": attack, "paragraphs": [0]},
        {"kind": "shared_passage", "doc_id": HOSTILE["doc_id"], "other": record()["doc_id"], "message": attack,
         "passages": [passage]},
    ]  # fmt: skip
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    for _, page in build(run):
        assert "<script>alert" not in page
    manifest["warnings"] = ["text"]
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match="warnings"):
        list(build(run))

"""Each tool's own format, written and read back, with an astral character before the mentions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from pipeline import exchange
from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.exchange.checking import ordered
from pipeline.exchange.items import Item
from pipeline.exchange.offsets import from_utf16, to_utf16
from pipeline.exchange.tools.sheet import read_entities, show_entities
from pipeline.stages.themes.table import Theme, read_table

TEXT = "𠮷田镇新建学校3所，𠮷田镇财政投入2亿元，整治河道。"
ITEM = Item(
    doc_id="甲/报告.txt",
    paragraph=4,
    text=TEXT,
    headings=("社会事业", "教育"),
    issuer="𠮷田镇",
    themes=("economy", "education"),
    score=0.41,
    entities=((10, 13, "GPE"), (17, 20, "MONEY")),
    keyphrases=("整治河道",),
)
FORMULA = Item("b.txt", 0, "=SUM(A1) 是公式", (), "", ("other",), 0.9, (), ())
TABLE = read_table()

Row = dict[str, Any]


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _save(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def _gather(path: Path, tool: str | None = None, take_all: bool = False) -> exchange.Imported:
    return exchange.gather(exchange.read(path, tool), TABLE, take_all)


# How a person corrects ITEM in each tool: the first 𠮷田镇 is marked, the primary theme becomes education, the
# second environment. Each function takes what was exported and gives what the tool would write.


def _in_csv(path: Path) -> Path:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows[0].update({"theme": "教育", "theme 2": "Environment", "entities": "𠮷田镇/GPE | 𠮷田镇/GPE | 2亿元/money"})
    with path.open("w", encoding="gb18030", newline="") as out:  # as Excel in China may save it
        writer = csv.DictWriter(out, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _in_xlsx(path: Path) -> Path:
    book = load_workbook(path)
    rows = book["paragraphs"]
    columns = {cell.value: cell.column for cell in rows[1]}
    rows.cell(2, columns["theme"]).value = "education"
    rows.cell(2, columns["theme 2"]).value = "生态环境"
    rows.cell(2, columns["entities"]).value = "𠮷田镇/GPE | 𠮷田镇/GPE | 2亿元/MONEY"
    book.save(path)
    return path


def _in_doccano(path: Path) -> Path:
    """As its export of "intent detection and slot filling": own id, labels sorted, UTF-16 offsets."""
    rows = _lines(path)
    rows[0]["entities"].append([0, 4, "GPE"])
    rows[0]["entities"].sort()
    rows[0]["cats"] = ["education", "environment"]
    return _save(path, [{"id": 70 + n, **row, "Comments": []} for n, row in enumerate(rows)])


def _in_label_studio(path: Path) -> Path:
    """As its JSON export: results of an annotation beside the predictions."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        task.update({"id": 11 + number, "annotations": [], "project": 1})
    results = [r for r in tasks[0]["predictions"][0]["result"] if r["type"] == "labels"]
    results.append(_span(0, 3, "GPE"))
    for name, theme in (("theme", "education"), ("themes", "environment")):
        value = {"choices": [theme]}
        results.append({"value": value, "id": name, "from_name": name, "to_name": "text", "type": "choices"})
    tasks[0]["annotations"] = [
        {"id": 1, "was_cancelled": True, "result": []},
        {"id": 2, "was_cancelled": False, "result": results, "lead_time": 3.5},
    ]
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return path


def _span(start: int, end: int, label: str) -> Row:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"value": value, "id": "x1", "from_name": "span", "to_name": "text", "type": "labels", "origin": "manual"}


def _in_label_studio_min(path: Path) -> Path:
    """As its JSON-MIN export."""
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    spans = [r["value"] for r in task["predictions"][0]["result"] if r["type"] == "labels"]
    row = {**task["data"], "id": 11, "span": [*spans, _span(0, 3, "GPE")["value"]], "theme": "education"}
    row |= {"themes": {"choices": ["environment"]}, "annotator": 1, "annotation_id": 2, "lead_time": 3.5}
    path.write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    return path


def _in_prodigy(path: Path) -> Path:
    """As ``db-out`` writes it: hashes, an answer, the options clicked."""
    rows = _lines(path)
    rows[0]["spans"].insert(0, {"start": 0, "end": 3, "label": "GPE", "token_start": 0, "token_end": 2})
    rows[0]["accept"] = ["education", "environment"]
    for row in rows:
        row.update({"_input_hash": 1, "_task_hash": 2, "_view_id": "blocks", "answer": "accept"})
    rows[1]["answer"] = "reject"
    return _save(path, rows)


CORRECT: list[tuple[str, str, Callable[[Path], Path]]] = [
    ("csv", "x.csv", _in_csv),
    ("xlsx", "x.xlsx", _in_xlsx),
    ("doccano", "x.jsonl", _in_doccano),
    ("label-studio", "x.json", _in_label_studio),
    ("label-studio", "y.json", _in_label_studio_min),
    ("prodigy", "x.jsonl", _in_prodigy),
]


@pytest.mark.parametrize(("tool", "name", "correct"), CORRECT, ids=[c.__name__ for *_, c in CORRECT])
def test_corrections_come_back(tool: str, name: str, correct: Callable[[Path], Path], tmp_path: Path) -> None:
    exchange.write(tool, [ITEM, FORMULA], tmp_path / name, TABLE)
    path = correct(tmp_path / name)
    assert exchange.detect(path) == tool
    found = _gather(path)
    assert found.problems == []
    (paragraph,) = found.paragraphs
    assert paragraph.id == "甲/报告.txt#4"
    assert paragraph.text == TEXT
    # doccano keeps no order: what was added in place of the predicted primary comes first.
    assert paragraph.themes == (["environment", "education"] if tool == "doccano" else ["education", "environment"])
    assert [(e.start, e.end, e.label) for e in paragraph.entities] == [
        (0, 3, "GPE"),
        (10, 13, "GPE"),
        (17, 20, "MONEY"),
    ]
    assert paragraph.keyphrases == ["整治河道"]
    assert (paragraph.headings, paragraph.issuer) == (["社会事业", "教育"], "𠮷田镇")
    assert dict(found.changed) == {"themes": 1, "entities": 1}
    assert found.unchanged + found.skipped == (name != "y.json")


@pytest.mark.parametrize("tool", ["csv", "xlsx", "doccano", "prodigy"])
def test_what_nobody_touched(tool: str, tmp_path: Path) -> None:
    (path,) = exchange.write(tool, [ITEM, FORMULA], tmp_path / f"x{exchange.TOOLS[tool][1]}", TABLE)
    assert (_gather(path).paragraphs, _gather(path).unchanged) == ([], 2)
    first, second = _gather(path, take_all=True).paragraphs
    assert (first.text, first.themes, first.keyphrases) == (TEXT, ["economy", "education"], ["整治河道"])
    assert [(e.start, e.end, e.label) for e in first.entities] == list(ITEM.entities)
    assert second.text == FORMULA.text


def test_spreadsheets_see_no_formula(tmp_path: Path) -> None:
    (path,) = exchange.write("csv", [FORMULA], tmp_path / "x.csv", TABLE)
    assert ",'=SUM" in path.read_text(encoding="utf-8-sig")
    (path,) = exchange.write("xlsx", [FORMULA], tmp_path / "x.xlsx", TABLE)
    assert all(cell.data_type != "f" for row in load_workbook(path)["paragraphs"] for cell in row)


def _given(**changes: Any) -> Row:
    return {"text": TEXT, "cats": ["education"], "entities": [], **ITEM.facts(), **changes}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_given(cats=["sport"]), "theme 'sport' is not in the theme table"),
        (_given(cats=[]), "no theme"),
        (_given(cats=["other", "health"]), "has to stand alone"),
        (_given(cats=["health", "economy", "industry", "culture"]), "at most 3"),
        (_given(entities=[[0, 4, "PERSON"]]), "label 'PERSON' is none of"),
        (_given(entities=[[1, 4, "GPE"]]), "within a character"),
        (_given(entities=[[0, 999, "GPE"]]), "beyond the text"),
        (_given(entities=[[0, 4, "GPE"], [0, 6, "ORG"]]), "overlaps"),
        (_given(entities=[["a"]]), "not enough values"),
        (_given(text=TEXT + "！"), "text was changed"),
        (_given(key="abc"), "key is missing or damaged"),
        ({"text": TEXT, "cats": []}, "keep the columns"),
        ({"cats": []}, "text"),
    ],
)
def test_a_line_that_cant_be_used_is_named(row: Row, reason: str, tmp_path: Path) -> None:
    path = _save(tmp_path / "x.jsonl", [_given(), row])
    found = _gather(path)
    assert len(found.paragraphs) == 1
    (problem,) = found.problems
    assert problem.where == "line 2"
    assert reason in problem.reason


def test_what_is_no_json_and_what_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    second = _given(cats=["health"])
    path.write_text(f"{json.dumps(_given())}\n{{\n[1]\n{json.dumps(second)}\n", encoding="utf-8")
    found = _gather(path)
    assert [p.themes for p in found.paragraphs] == [["health"]]
    assert [problem.where for problem in found.problems] == ["line 2", "line 3", "line 4"]


# The examples doccano shows for its other projects, with our columns beside them.
@pytest.mark.parametrize(
    ("layers", "themes", "entities", "without"),
    [
        ({"label": ["health"]}, ["health"], [], {"entities", "keyphrases"}),
        ({"label": [[0, 4, "GPE"]]}, ["economy", "education"], [(0, 3, "GPE")], {"themes"}),
        (
            {
                "entities": [{"id": 0, "start_offset": 0, "end_offset": 4, "label": "GPE"}],
                "relations": [{"id": 0, "from_id": 0, "to_id": 0, "type": "x"}],
            },
            ["economy", "education"],
            [(0, 3, "GPE")],
            {"themes"},
        ),
    ],
)
def test_other_projects_of_doccano(
    layers: Row, themes: list[str], entities: list[Any], without: set[str], tmp_path: Path
) -> None:
    path = _save(tmp_path / "x.jsonl", [{"id": 1, "text": TEXT, **layers, "meta": ITEM.facts()}])
    found = _gather(path)
    assert [p.themes for p in found.paragraphs] == [themes]
    assert [(e.start, e.end, e.label) for e in found.paragraphs[0].entities] == entities
    assert found.without == without


def test_a_span_that_does_not_stand_there(tmp_path: Path) -> None:
    path, config = exchange.write("label-studio", [ITEM], tmp_path / "x.json", TABLE)
    assert '<Choice value="教育" alias="education"/>' in config.read_text(encoding="utf-8")
    tasks = json.loads(path.read_text(encoding="utf-8"))
    shifted = _span(0, 3, "GPE")
    shifted["value"]["start"] = 1
    tasks[0]["annotations"] = [{"result": [shifted]}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    (problem,) = _gather(path).problems
    assert "does not stand at 1:3" in problem.reason


@pytest.mark.parametrize("tool", ["label-studio", "prodigy"])
@pytest.mark.parametrize("end", ["1e999", "-1e999"])
def test_a_span_that_ends_nowhere(tool: str, end: str, tmp_path: Path) -> None:
    path, *_ = exchange.write(tool, [ITEM], tmp_path / f"x{exchange.TOOLS[tool][1]}", TABLE)
    text = path.read_text(encoding="utf-8").replace('"predictions"', '"annotations"')
    changed = re.sub(r'"end": ?\d+', f'"end": {end}', text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    found = _gather(path, tool, take_all=True)
    assert (len(found.paragraphs), len(found.problems)) == (0, 1)


@pytest.mark.parametrize("paragraph", ["²", "9" * 5000, "-1", ""])
@pytest.mark.parametrize("tool", ["csv", "doccano"])
def test_a_paragraph_without_a_number(tool: str, paragraph: str, tmp_path: Path) -> None:
    path, *_ = exchange.write(tool, [ITEM], tmp_path / f"x{exchange.TOOLS[tool][1]}", TABLE)
    given = path.read_text(encoding="utf-8")
    changed = given.replace(f",{ITEM.paragraph},", f",{paragraph},", 1)
    changed = re.sub(r'"paragraph": ?\d+', f'"paragraph": "{paragraph}"', changed)
    assert changed != given
    path.write_text(changed, encoding="utf-8")
    found = _gather(path, tool, take_all=True)
    assert not found.paragraphs
    assert "lacks" in found.problems[0].reason


@pytest.mark.parametrize(
    ("content", "name", "tool", "message"),
    [
        ("a,b\n1,2\n", "x.csv", None, "no column doc_id"),
        ("no zip", "x.xlsx", None, "not a file for xlsx"),
        ("text", "x.jsonl", None, "--from"),
        ("text", "x.txt", None, "--from"),
        ("text", "x.txt", "word", "word: not a tool"),
        (None, "x.csv", None, "no such file"),
    ],
)
def test_files_of_no_tool(content: str | None, name: str, tool: str | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        _gather(tmp_path / name, tool)


@pytest.mark.parametrize("offset", range(len(TEXT) + 1))
def test_offsets_there_and_back(offset: int) -> None:
    there = to_utf16(TEXT, offset)
    assert there == len(TEXT[:offset].encode("utf-16-le")) // 2
    assert from_utf16(TEXT, there) == offset


@pytest.mark.parametrize(
    ("entities", "cell"),
    [
        ([(0, 3, "GPE"), (10, 13, "GPE")], "𠮷田镇/GPE | 𠮷田镇/GPE"),
        ([(10, 13, "GPE")], "𠮷田镇/GPE@10"),
        ([], ""),
    ],
)
def test_entities_in_a_cell(entities: list[tuple[int, int, str]], cell: str) -> None:
    assert show_entities(TEXT, entities) == cell
    assert read_entities(TEXT, cell) == entities


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("𠮷田镇", "no label"),
        ("县/GPE", "does not stand"),
        ("𠮷田镇/GPE@3", "does not stand"),
        ("𠮷田镇/GPE@99999999999", "'99999999999' is no place"),
        ("𠮷田镇/GPE@²", "'²' is no place"),
        ("𠮷田镇/GPE@-10", "'-10' is no place"),
    ],
)
def test_entities_nobody_can_read(cell: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_entities(TEXT, cell)


@pytest.mark.parametrize(
    ("given", "predicted", "wanted"),
    [
        (["a", "b"], ["b", "a"], ["b", "a"]),
        (["a", "b", "c"], ["b"], ["b", "a", "c"]),
        (["a", "b"], ["c", "b"], ["a", "b"]),
        (["b"], ["c", "b"], ["b"]),
    ],
)
def test_order_of_themes_in_tools_that_keep_none(given: list[str], predicted: list[str], wanted: list[str]) -> None:
    assert ordered(given, predicted) == wanted


def _item(doc: str, number: int, score: float, theme: str = "economy") -> Item:
    return Item(doc, number, f"{doc}{number}", (), "", (theme,), score, (), ())


def test_selection() -> None:
    items = [_item("a", 0, 0.1), _item("a", 1, 0.2), _item("b", 0, 0.5, "health"), _item("b", 1, 0.4)]

    def chosen(*args: Any) -> list[str]:
        return [item.text for item in exchange.select([*items, *items], *args)]

    assert chosen("uncertain") == ["a0", "b1", "a1", "b0"]
    assert chosen("uncertain", 2) == ["a0", "b1"]
    assert chosen("theme=health") == ["b0"]
    assert chosen("random", None, 1) == chosen("random", None, 1)
    assert sorted(chosen("random")) == ["a0", "a1", "b0", "b1"]
    with pytest.raises(UsageError, match="uncertain, random"):
        chosen("best")


def test_excel_brings_its_own_themes(tmp_path: Path) -> None:
    mine = [Theme(id="economy", zh="钱", en="money", definition="x"), Theme(id="other", zh="其他", en="other")]
    (path,) = exchange.write("xlsx", [ITEM], tmp_path / "x.xlsx", mine)
    assert [(theme.id, theme.zh, theme.en, theme.definition) for theme in exchange.themes_of(path) or []] == [
        ("economy", "钱", "money", "x"),
        ("other", "其他", "other", ""),
    ]
    book = load_workbook(path)
    del book["themes"]
    book.save(path)
    assert exchange.themes_of(path) is None
    (path,) = exchange.write("csv", [ITEM], tmp_path / "x.csv", mine)
    assert exchange.themes_of(path) is None


def test_import_takes_the_themes_of_the_run(tmp_path: Path) -> None:
    mine = [theme.model_dump() for theme in (*TABLE, Theme(id="sport", zh="体育", en="sport"))]
    (tmp_path / "run.json").write_text(json.dumps({"themes": mine}), encoding="utf-8")
    (path,) = exchange.write("csv", [ITEM], tmp_path / "x.csv", TABLE)
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",economy,", ",体育,"), encoding="utf-8")
    args = ["import", str(path), "-o", str(tmp_path / "gold.jsonl")]
    refused, taken = (CliRunner().invoke(app, [*args, *more]) for more in ([], ["--run", str(tmp_path)]))
    assert (refused.exit_code, taken.exit_code) == (1, 0), taken.output
    assert json.loads((tmp_path / "gold.jsonl").read_text(encoding="utf-8"))["themes"][0] == "sport"

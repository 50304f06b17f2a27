"""The loop a user lives in: run, export, correct, import, train, run again; for each tool."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from pipeline import exchange
from pipeline.cli import app
from pipeline.corpus.gold import GoldParagraph, read
from pipeline.exchange.offsets import to_utf16
from pipeline.stages.themes.model import load
from pipeline.stages.themes.table import read_table
from tests.training.tiny import config, run

REPORT = (
    "𠮷田鎮(zhèn)工作報告\n一、工作回顧\n𠮷田鎮(zhèn)新建學校，關停污染企業，投入2億元。\n"
    "植樹綠化，河道水質達標，經濟發展，農業豐收。\n"
)
TEXT = "𠮷田镇新建学校，关停污染企业，投入2亿元。"
MONEY = (TEXT.index("2"), TEXT.index("元") + 1)
PHRASE = (TEXT.index("污染"), TEXT.index("，投入"))
ENTITIES = [(0, 3, "GPE"), (*MONEY, "MONEY")]

Row = dict[str, Any]

# How a person corrects TEXT in each tool: its theme becomes the one given, 𠮷田镇 is marked as GPE and 污染企业 as a
# key phrase. Each function takes what was exported and leaves what the tool would save.


def _in_csv(path: Path, theme: str) -> None:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["text"] == TEXT:
            assert row["entities"] == "2亿元/MONEY"
            cells = {"theme": theme, "theme 2": "", "theme 3": "", "keyphrases": "污染企业"}
            row.update({**cells, "entities": "𠮷田镇/GPE | 2亿元/MONEY"})
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _in_xlsx(path: Path, theme: str) -> None:
    book = load_workbook(path)
    rows = book["paragraphs"]
    columns = {cell.value: cell.column for cell in rows[1]}
    (number,) = (n for n in range(2, rows.max_row + 1) if rows.cell(n, columns["text"]).value == TEXT)
    cells = {"theme": theme, "theme 2": None, "theme 3": None, "keyphrases": "污染企业"}
    for column, value in {**cells, "entities": "𠮷田镇/GPE | 2亿元/MONEY"}.items():
        rows.cell(number, columns[column]).value = value
    book.save(path)


def _json_lines(path: Path, change: Callable[[Row], None]) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["text"] == TEXT:
            change(row)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _in_doccano(path: Path, theme: str) -> None:
    def change(row: Row) -> None:
        (amount,) = row["entities"]
        assert TEXT.encode("utf-16-le")[2 * amount[0] : 2 * amount[1]].decode("utf-16-le") == "2亿元"
        place = [to_utf16(TEXT, offset) for offset in PHRASE]
        row.update({"id": 1, "cats": [theme], "entities": [[0, 4, "GPE"], amount, [*place, "KEYPHRASE"]]})

    _json_lines(path, change)


def _in_prodigy(path: Path, theme: str) -> None:
    def change(row: Row) -> None:
        (amount,) = row["spans"]
        assert TEXT[amount["start"] : amount["end"]] == "2亿元"
        row["spans"].append({"start": 0, "end": 3, "label": "GPE"})
        row["spans"].append({"start": PHRASE[0], "end": PHRASE[1], "label": "KEYPHRASE"})
        row.update({"accept": [theme], "answer": "accept", "_input_hash": 1, "_task_hash": 2})

    _json_lines(path, change)


def _in_label_studio(path: Path, theme: str) -> None:
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        task.update({"id": number, "annotations": [], "project": 1})
        if task["data"]["text"] != TEXT:
            continue
        (amount,) = (r for r in task["predictions"][0]["result"] if r["type"] == "labels")
        assert amount["value"]["text"] == "2亿元"
        result = [amount, _mark(0, 3, "GPE"), _mark(*PHRASE, "KEYPHRASE")]
        choice = {"value": {"choices": [theme]}, "from_name": "theme", "to_name": "text", "type": "choices"}
        task["annotations"] = [{"id": 2, "was_cancelled": False, "result": [*result, choice]}]
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")


def _mark(start: int, end: int, label: str) -> Row:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"value": value, "from_name": "span", "to_name": "text", "type": "labels"}


TOOLS: dict[str, Callable[[Path, str], None]] = {
    "csv": _in_csv,
    "xlsx": _in_xlsx,
    "doccano": _in_doccano,
    "label-studio": _in_label_studio,
    "prodigy": _in_prodigy,
}


@pytest.fixture(scope="module")
def result(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of REPORT under ``out``."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "报告.txt").write_text(REPORT, encoding="utf-8")
    mine = config(folder, tiny / "model", tiny / "themes.toml")
    run("run", folder / "报告.txt", "-o", folder / "out", "-c", mine, "-q")
    return folder


def _paragraph(out: Path) -> Row:
    record = json.loads((out / "annotations.jsonl").read_text(encoding="utf-8"))
    (found,) = (p for p in record["paragraphs"] if record["text"][p["start"] : p["end"]] == TEXT)
    return found


@pytest.mark.parametrize("tool", TOOLS)
def test_the_loop(tool: str, tiny: Path, result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table, model, out = tiny / "themes.toml", tiny / "model", result / "out"
    theme = "environment" if _paragraph(out)["themes"][0]["theme"] != "environment" else "education"
    file = Path(f"to{exchange.TOOLS[tool][1]}")
    assert "paragraphs of 1 documents" in run("export", out, "--to", tool, "-o", file)
    TOOLS[tool](file, theme)
    said = run("import", file, "-o", "corrections.jsonl", "--themes", table)
    assert "1 paragraphs written" in said
    assert "themes of 1, entities of 1, keyphrases of 1" in said
    (gold,) = read(Path("corrections.jsonl"))
    assert (gold.text, gold.themes, gold.keyphrases) == (TEXT, [theme], ["污染企业"])
    assert [(e.start, e.end, e.label) for e in gold.entities] == ENTITIES

    said = run(
        "train", "themes", "--corpus", tiny / "corpus", "--themes", table, "--old", model,
        "--add", "corrections.jsonl", "--weight", "20", "-o", "new/themes",
    )  # fmt: skip
    for words in ("held-out issuers (18 paragraphs)", "your paragraphs", "old", "new", "flips: ", "written to new/"):
        assert words in said
    assert load(model).labels  # the old one is untouched
    mine = config(tmp_path, tmp_path / "new" / "themes", table)
    run("run", result / "报告.txt", "-o", "again", "-c", mine, "-q")
    paragraph = _paragraph(Path("again"))
    assert [found["theme"] for found in paragraph["themes"]] == [theme]

    shown = run("explain", "again", "报告", paragraph["id"], "-c", mine)
    assert f"{theme}: score" in shown
    assert "学校" in shown


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("explain", "{out}", "别的", 0), "0 documents"),
        (("explain", "{out}", "报告", 99), "no paragraph 99"),
        (("explain", "{out}", "报告", 0, "--theme", "sport"), "--theme sport: not in the theme table"),
        (("explain", "{out}/..", "报告", 0), "docs.spacy is missing"),
        (("export", "{out}/.."), "annotations.jsonl is missing"),
        (("export", "{out}", "--select", "best"), "unknown"),
        (("export", "{out}", "--to", "word"), "not a tool"),
    ],
)
def test_wrong_usage(args: tuple[object, ...], message: str, result: Path) -> None:
    found = CliRunner().invoke(app, [str(arg).format(out=result / "out") for arg in args])
    assert found.exit_code != 0
    assert message in str(found.exception)


def _five(tool: str, folder: Path) -> tuple[Path, list[Any]]:
    """Five paragraphs exported for a tool, as rows that can be changed; of JSON, as lines or tasks."""
    items = [
        exchange.Item("甲.txt", n, f"𠮷田镇新建{name}学校。", (), "", ("education",), 0.5, ((0, 3, "GPE"),), ())
        for n, name in enumerate(["第一", "第二", "第三", "第四", "第五"])
    ]
    path, *_ = exchange.write(tool, items, folder / f"x{exchange.TOOLS[tool][1]}", read_table())
    if tool == "csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return path, list(csv.DictReader(lines))
    if tool == "xlsx":
        head, *rows = load_workbook(path)["paragraphs"].iter_rows(values_only=True)
        return path, [dict(zip(head, row, strict=True)) for row in rows]
    text = path.read_text(encoding="utf-8")
    return path, json.loads(text) if tool == "label-studio" else [json.loads(line) for line in text.splitlines()]


def _save(tool: str, path: Path, rows: list[Any]) -> None:
    if tool == "csv":
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif tool == "xlsx":
        book = load_workbook(path)
        for number, row in enumerate(rows, 2):
            for column, value in enumerate(row.values(), 1):
                book["paragraphs"].cell(number, column).value = value
        book.save(path)
    elif tool == "label-studio":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")


def _break_sheet(rows: list[Row]) -> list[str]:
    rows[0]["theme"] = "sport"
    rows[1]["entities"] = "县政府/ORG"
    rows[2]["text"] += "！"
    rows[3]["key"] = ""
    rows[4]["checked"] = "x"
    return ["theme 'sport'", "'县政府' does not stand", "text was changed", "key is missing"]


def _break_doccano(rows: list[Any]) -> list[str]:
    rows[0]["cats"] = ["sport"]
    rows[1]["entities"] = [[1, 4, "GPE"]]
    del rows[2]["key"]
    rows[3] = "{"
    rows[4]["cats"] = ["health"]
    return ["theme 'sport'", "within a character", "lacks text, doc_id, paragraph or key", "not JSON"]


def _break_prodigy(rows: list[Any]) -> list[str]:
    for row in rows:
        row["answer"] = "accept"
    rows[0]["accept"] = []
    rows[1]["spans"] = [{"start": 0, "end": 99, "label": "GPE"}]
    rows[2]["spans"] = [{"start": 0}]
    rows[3]["source"] = "book.txt"
    return ["no theme", "leaves the text", "lacks start, end or label", "lacks text, doc_id, paragraph or key"]


def _break_label_studio(rows: list[Any]) -> list[str]:
    for row in rows:
        row["annotations"] = [{"result": row["predictions"][0]["result"]}]
    rows[0]["annotations"] = [{"result": [r for r in rows[0]["annotations"][0]["result"] if r["type"] != "choices"]}]
    rows[1]["annotations"][0]["result"][0]["value"]["start"] = 1
    rows[2]["annotations"] = [{}]
    rows[3] = "task"
    return ["no theme", "does not stand at 1:3", "not in the form of Label Studio", "not a JSON object"]


BROKEN: dict[str, tuple[str, int, Callable[[list[Any]], list[str]]]] = {
    "csv": ("line", 2, _break_sheet),
    "xlsx": ("row", 2, _break_sheet),
    "doccano": ("line", 1, _break_doccano),
    "label-studio": ("task", 1, _break_label_studio),
    "prodigy": ("line", 1, _break_prodigy),
}
"""What each tool's places are called, the number of the first, and four ways to break a line; the fifth is good."""


@pytest.mark.parametrize("tool", BROKEN)
def test_import_says_line_by_line_what_it_cant_use(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path, rows = _five(tool, tmp_path)
    what, first, spoil = BROKEN[tool]
    reasons = spoil(rows)
    _save(tool, path, rows)
    found = CliRunner().invoke(app, ["import", path.name, "-o", "back.jsonl", "--from", tool])
    assert found.exit_code == 1
    said = found.output.splitlines()
    for number, reason in enumerate(reasons):
        assert said[number].startswith(f"{path.name}, {what} {first + number}: ")
        assert reason in said[number]
    assert "1 paragraphs written to back.jsonl" in found.output
    assert [paragraph.id for paragraph in read(Path("back.jsonl"))] == ["甲.txt#4"]


def test_import_of_nothing_usable(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a", "cats": []}\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["import", str(tmp_path / "x.jsonl"), "-o", str(tmp_path / "y.jsonl")])
    assert result.exit_code == 1
    assert "x.jsonl, line 1: lacks text, doc_id" in result.output
    assert "nothing written" in result.output
    assert not (tmp_path / "y.jsonl").exists()


@pytest.mark.slow
def test_corrections_train_entities_and_key_phrases(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is exported, corrected and imported teaches the other models, too."""
    import spacy
    from hanlp.utils import log_util

    # HanLP writes to the standard output of whoever imported it: of a test that has ended, say.
    monkeypatch.setattr(log_util._printer, "out", sys.stdout)
    monkeypatch.chdir(tmp_path)
    texts = [f"{name}镇新建灯饰产业园，推进黑臭水体整治。" for name in ("𠮷田", "白沙", "青石", "柳溪", "河口", "云岭")]
    Path("报告.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    run("run", "报告.txt", "-o", "out", "-c", config(tmp_path, tiny / "model", tiny / "themes.toml"), "-q")
    run("export", "out", "--to", "prodigy", "-o", "to.jsonl")
    rows = [json.loads(line) for line in Path("to.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        place = row["text"].index("镇") + 1
        row["spans"] = [{"start": 0, "end": place, "label": "GPE"}]
        for phrase in ("灯饰产业园", "黑臭水体整治"):
            start = row["text"].index(phrase)
            row["spans"].append({"start": start, "end": start + len(phrase), "label": "KEYPHRASE"})
        row["answer"] = "accept"
    Path("back.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run("import", "back.jsonl", "-o", "corrections.jsonl", "--themes", tiny / "themes.toml")

    common = ["--corpus", tiny / "corpus", "--add", "corrections.jsonl"]
    run("train", "entities", *common, "--augment", 0, "--iterations", 30, "-o", "new/entities")
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_tagger", config={"model": "./new/entities"})
    assert [(ent.text, ent.label_) for ent in nlp("河口镇新建灯饰产业园。").ents] == [("河口镇", "GPE")]

    run("train", "keyphrases", *common, "--epochs", 1, "-o", "new/keyphrases")
    card = json.loads(Path("new/keyphrases/card.json").read_text(encoding="utf-8"))
    assert card["data"]["added"] == {"corrections.jsonl": 6}
    assert "灯饰" in Path("new/keyphrases/vocabs.json").read_text(encoding="utf-8")


def test_key_phrases_of_a_correction(tmp_path: Path) -> None:
    from pipeline.training import keyphrases

    found = GoldParagraph(id="a#0", text=TEXT, entities=[], themes=["other"], keyphrases=["污染企业"])
    assert keyphrases.occurrences(found) == [PHRASE]

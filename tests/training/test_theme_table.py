"""A theme renamed, merged or added in a user's table is seen everywhere after retraining."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from pipeline.corpus.gold import GoldParagraph, read, write
from tests.training.tiny import TABLE, config, run

SCHOOLS = """
[[themes]]
id = "schools"
zh = "学校事务"
en = "Schools"
colour = "#123abc"
includes = ["education"]
"""
PUBLIC = """
[[themes]]
id = "公共"
zh = "公共事务"
en = "Public matters"
colour = "#123abc"
includes = ["education", "environment"]
"""
FARMING = """
[[themes]]
id = "farming"
zh = "种植业"
en = "Farming"
colour = "#123abc"
"""
EDUCATION, ENVIRONMENT, OTHER = (f"\n[[themes]]{part}" for part in TABLE.split("[[themes]]")[1:])
REPORT = "柳溪镇工作报告\n新建学校扩充学位，提高教师待遇。\n整治河道治理污水。\n水稻播种，农田灌溉，粮食增产2成。\n"


@pytest.mark.parametrize(
    ("table", "line", "theme", "name", "gone"),
    [
        (SCHOOLS + ENVIRONMENT + OTHER, 1, "schools", "学校事务", ["education"]),
        (PUBLIC + OTHER, 2, "公共", "公共事务", ["education", "environment"]),
        (EDUCATION + ENVIRONMENT + FARMING + OTHER, 3, "farming", "种植业", []),
    ],
    ids=["renamed", "merged", "added"],
)
def test_everything_downstream_follows(
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    line: int,
    theme: str,
    name: str,
    gone: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(table, encoding="utf-8")
    Path("报告.txt").write_text(REPORT, encoding="utf-8")
    gold = [
        GoldParagraph(id=f"丙#{n}", text=text, entities=[], themes=["farming"], keyphrases=[], issuer="丙")
        for n, text in enumerate(["水稻播种，农田灌溉。", "粮食增产，水稻丰收。", "农田灌溉，粮食丰收。"])
    ]
    write(Path("farming.jsonl"), gold)
    more = ["--add", "farming.jsonl"] if theme == "farming" else ["--fresh"]
    common = ["--corpus", tiny / "corpus", "--themes", "mine.toml", "--old", tiny / "model"]
    said = run("train", "themes", *common, *more, "-o", "new/themes")
    assert "held-out issuers" in said
    assert "not compared" not in said
    mine = config(tmp_path, tmp_path / "new" / "themes", tmp_path / "mine.toml")

    said = run("run", "报告.txt", "-o", "out", "-c", mine)
    assert f"{name} " in said
    record = json.loads(Path("out/annotations.jsonl").read_text(encoding="utf-8"))
    assert record["paragraphs"][line]["themes"][0]["theme"] == theme
    given = set(pq.read_table("out/tables/themes.parquet")["theme"].to_pylist())
    assert theme in given
    assert not given & set(gone)
    assert pq.read_table("out/tables/paragraphs.parquet")["theme"].to_pylist()[line] == theme

    run("view", "out", "--html", "site")
    pages = {path.name: path.read_text(encoding="utf-8") for path in Path("site").rglob("*.html")}
    page = next(text for file, text in pages.items() if file not in ("index.html", "report.html"))
    for text in (page, pages["index.html"], pages["report.html"]):
        assert name in text
        assert "--th: #123abc" in text

    run("export", "out", "--to", "xlsx", "-o", "to.xlsx")
    legend = [row[1] for row in load_workbook("to.xlsx")["themes"].iter_rows(values_only=True)]
    assert name in legend
    run("export", "out", "--to", "label-studio", "-o", "to.json")
    assert f'alias="{theme}"' in Path("to.config.xml").read_text(encoding="utf-8")
    run("export", "out", "--to", "csv", "-o", "to.csv", "--select", f"theme={theme}")
    with Path("to.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["theme"] for row in rows} == {theme}
    with Path("to.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**row, "theme": name, "checked": "x"} for row in rows)
    run("import", "to.csv", "-o", "back.jsonl", "--themes", "mine.toml")
    assert {tuple(paragraph.themes) for paragraph in read(Path("back.jsonl"))} == {(theme,)}

    assert f"{name}, {theme}: score" in run("explain", "out", "报告", line, "-c", mine)
    # The gold file speaks of themes as the old table called them.
    scores = json.loads(run("evaluate", tiny / "corpus" / "dev" / "a.jsonl", "-c", mine, "--json"))["themes"]
    assert not set(scores["themes"]) & set(gone)
    assert scores["overall"]["primary_accuracy"] > 0.7


def test_a_run_without_a_table_of_its_own_is_shown_with_the_bundled_one(tmp_path: Path) -> None:
    from pipeline.exchange import read_themes
    from pipeline.stages.themes.table import read_table

    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    assert read_themes(tmp_path) == read_table()

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest
import spacy
from spacy import displacy
from spacy.language import Language
from spacy.tokens import DocBin

import pipeline
from pipeline.errors import UsageError
from pipeline.execution import job
from pipeline.output.schema import schema
from pipeline.output.tables import COLUMNS, neutral, rows
from pipeline.output.writer import FILES, OutputFolder

TEXT = "九江镇政府工作报告\n一、产业发展\n今年1-8月,九江镇实现工业总产值189.25亿元,增长8.7%。𠮷利公司落户。\n"


@pytest.fixture(scope="module")
def out(nlp: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "in").mkdir()
    (folder / "in" / "甲 镇😀.txt").write_text(TEXT, encoding="utf-8")
    (folder / "in" / "=cmd.txt").write_text(TEXT.replace("九江", "河口"), encoding="utf-8")
    job.run(nlp, [folder / "in"], folder / "out", with_csv=True)
    return folder / "out"


def _records(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]


def test_records_follow_the_schema(out: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for record in _records(out):
        validator.validate(record)


def test_offsets_hold_in_text_and_source(out: Path) -> None:
    for record in _records(out):
        source = Path(record["source"]["path"]).read_text(encoding="utf-8")
        assert len(source) == record["source"]["chars"]
        for entity in record["entities"]:
            assert record["text"][entity["start"] : entity["end"]] == entity["text"]
            assert source[entity["source_start"] : entity["source_end"]] == entity["text"]
        for paragraph in record["paragraphs"]:
            assert paragraph["source_start"] < paragraph["source_end"] <= len(source)


def test_tables_join_and_hold_what_the_records_hold(out: Path) -> None:
    records = _records(out)
    for table in COLUMNS:
        read = pq.read_table(out / "tables" / f"{table}.parquet").to_pylist()
        found = [row for record in records for row in rows(table, record)]
        assert read == [{column: row.get(column) for column in COLUMNS[table]} for row in found]
        lines = list(csv.DictReader((out / "tables" / f"{table}.csv").open(encoding="utf-8-sig", newline="")))
        assert len(lines) == len(read)
    assert len(records) == 2


def test_csv_starts_with_a_bom_and_is_neutral(out: Path) -> None:
    data = (out / "tables" / "documents.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"'=cmd.txt" in data


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@a", "'@a"),
        ("\t=a", "'\t=a"),
        ("a=1", "a=1"),
        (-3, -3),
        (None, None),
    ],
)
def test_neutral(value: object, safe: object) -> None:
    assert neutral(value) == safe


def test_docbin_opens_in_plain_spacy_and_displacy_draws_it(out: Path) -> None:
    docs = list(DocBin().from_disk(out / "docs.spacy").get_docs(spacy.blank("zh").vocab))
    for doc, record in zip(docs, _records(out), strict=True):
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [
            (e["start"], e["end"], e["label"]) for e in record["entities"]
        ]
        assert doc._.meta["doc_id"] == record["doc_id"]
        assert "189.25亿元" in displacy.render(doc, style="ent", jupyter=False)


def test_manifest(out: Path) -> None:
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["counts"]["documents"] == 2
    assert {model["stage"] for model in run["models"]} == {
        "tokenizer",
        "entities",
        "keyphrases",
        "themes",
        "indicators",
    }
    assert all(model["hash"] and model["license"] and model["version"] for model in run["models"])
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)


def test_a_result_is_not_overwritten_without_force(out: Path, nlp: Language, tmp_path: Path) -> None:
    before = (out / "annotations.jsonl").read_bytes()
    with pytest.raises(UsageError, match="--force"):
        OutputFolder(out)
    assert (out / "annotations.jsonl").read_bytes() == before


def test_an_aborted_run_leaves_the_old_result(tmp_path: Path) -> None:
    (tmp_path / "annotations.jsonl").write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path, force=True):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.jsonl"]
    assert (tmp_path / "annotations.jsonl").read_text(encoding="utf-8") == "old"


def test_annotate_text_and_file(nlp: Language, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    from_text, from_file = pipeline.annotate(TEXT, nlp), pipeline.annotate(path, nlp)
    assert from_text["entities"] == from_file["entities"]
    assert from_text["paragraphs"] == from_file["paragraphs"]

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app, main
from pipeline.cli.run import say_warnings
from pipeline.output.writer import SHARDS
from pipeline.resources import ROOT, STAGES_WITH_MODELS, config_path, folder_hash, model_path, read_card

RUNNER = CliRunner()
GOOD = "九江镇政府工作报告\n今年1-8月,九江镇实现工业总产值189.25亿元,增长8.7%。\n"


def _run(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from pipeline.cli import main; sys.argv[0] = 'pipeline'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=False,
    )


def _failures(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "failures.jsonl").read_text(encoding="utf-8").splitlines()]


def test_help_is_quick_and_cheap() -> None:
    code = (
        "import sys, time; start = time.perf_counter()\n"
        "from pipeline.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'spacy', 'hanlp', 'sklearn', 'numpy', 'pyarrow'} & set(sys.modules)\n"
        "print(time.perf_counter() - start, sorted(heavy))"
    )
    best = 9.0
    for _ in range(3):
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        seconds, heavy = found.splitlines()[-1].split(" ", 1)
        assert heavy == "[]"
        best = min(best, float(seconds))
    assert best < 0.5


def test_info_loads_no_torch() -> None:
    code = (
        "import sys\nfrom pipeline.cli import app\ntry: app(['info', '--json'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'sklearn'} & set(sys.modules), 'heavy'"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    facts = json.loads(found.stdout)
    assert next(stage["stage"] for stage in facts["stages"]) == "tokenizer"
    assert {model["license"] for model in facts["models"]} == {"Apache-2.0"}


def test_info_for_people() -> None:
    result = RUNNER.invoke(app, ["info"])
    assert result.exit_code == 0
    assert "hanlp_keyphrases" in result.stdout


def test_run_and_summary(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    result = RUNNER.invoke(app, ["run", str(tmp_path / "a.txt"), "--output", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    for word in ("documents", "MONEY 1", "PERCENT 1", "themes", "failures", "characters/s"):
        assert word in result.stdout
    assert re.search(r"^warnings +none *$", result.stdout, re.MULTILINE)
    again = RUNNER.invoke(app, ["run", str(tmp_path / "a.txt"), "--output", str(tmp_path / "out")])
    assert again.exit_code == 0, again.output
    assert "1  (1 from earlier runs)" in again.stdout
    shutil.rmtree(tmp_path / "out" / SHARDS)
    again = _run("run", tmp_path / "a.txt", "--output", tmp_path / "out")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("pipeline: ")
    assert "--force" in again.stderr
    assert "Traceback" not in again.stderr
    quiet = RUNNER.invoke(app, ["run", str(tmp_path), "--output", str(tmp_path / "out"), "--force", "--quiet"])
    assert (quiet.exit_code, quiet.output) == (0, "")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "none"),
        ([{"kind": "redacted_years", "doc_id": "a"}], "1 document: redacted years 1"),
        (
            [
                {"kind": "redacted_years", "doc_id": "a"},
                {"kind": "title_year", "doc_id": "a"},
                {"kind": "shared_passage", "doc_id": "b", "other": "c"},
                {"kind": "shared_passage", "doc_id": "b", "other": "a"},
            ],
            "3 documents: redacted years 1, title year 1, shared passage 3",
        ),
    ],
)
def test_summary_says_which_warnings(found: list[dict[str, Any]], said: str) -> None:
    assert say_warnings(found) == said


def _broken_model(tmp_path: Path) -> str:
    """A config whose entity model is an empty folder."""
    (tmp_path / "empty").mkdir()
    text = config_path().read_text(encoding="utf-8").replace('model = "entities"', f'model = "{tmp_path}/empty"')
    (tmp_path / "x.cfg").write_text(text, encoding="utf-8")
    return f"{tmp_path}/x.cfg"


def _config(tmp_path: Path, old: str, new: str) -> str:
    text = config_path().read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "x.cfg").write_text(text.replace(old, new), encoding="utf-8")
    return f"{tmp_path}/x.cfg"


USAGE = [
    ("missing config", lambda t: ["run", _file(t, "a.txt"), "--config", t / "no.cfg"], "no such config file"),
    (
        "unknown key",
        lambda t: ["run", _file(t, "a.txt"), "-c", _config(t, "per_paragraph = 5", "per_page = 5")],
        "per_page",
    ),
    (
        "unknown stage",
        lambda t: ["run", _file(t, "a.txt"), "-c", _config(t, '"quantities"', '"quantitys"')],
        "quantitys",
    ),
    (
        "bad value",
        lambda t: ["run", _file(t, "a.txt"), "-c", _config(t, "bare_yi = true", 'bare_yi = "so"')],
        "bare_yi",
    ),
    ("no config at all", lambda t: ["run", _file(t, "a.txt"), "-c", _file(t, "b.cfg")], "b.cfg"),
    ("broken model", lambda t: ["run", _file(t, "a.txt"), "-c", _broken_model(t)], "model.npz is missing"),
    (
        "missing model",
        lambda t: ["run", _file(t, "a.txt"), "-c", _config(t, 'model = "themes"', 'model = "./nowhere"')],
        "no such model folder",
    ),
    ("gold missing", lambda t: ["evaluate", t / "no.jsonl"], "no.jsonl: no such file"),
    ("gold malformed", lambda t: ["evaluate", _file(t, "g.jsonl", '{"id": 1}\n')], "g.jsonl:1: "),
]


def _file(folder: Path, name: str, text: str = GOOD) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(("name", "args", "message"), USAGE, ids=[name for name, *_ in USAGE])
def test_wrong_usage_is_one_line(
    name: str,
    args: object,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = [str(arg) for arg in args(tmp_path)]
    if argv[0] == "run":
        argv += ["--output", str(tmp_path / "out"), "--quiet"]
    monkeypatch.setattr(sys, "argv", ["pipeline", *argv])
    with pytest.raises(SystemExit) as exit:
        main()
    shown = capsys.readouterr()
    assert exit.value.code == 2
    assert message in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert "Traceback" not in shown.err
    assert not (tmp_path / "out" / "annotations.jsonl").exists()


def test_bad_inputs_cost_only_themselves(tmp_path: Path) -> None:
    """What each bad document says is tested in tests/documents; here, that the rest goes on."""
    folder = tmp_path / "in"
    folder.mkdir()
    _file(folder, "好 报告😀.txt")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "truncated.docx").write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "empty folder").mkdir()
    (folder / "huge.txt").write_bytes("全镇".encode() * 9_000_000)
    _file(folder, "nul.txt", GOOD.replace("九江", "九\x00江"))
    inputs = [folder, tmp_path / "empty folder", tmp_path / "nowhere", _file(tmp_path, "a.xyz")]
    result = _run("run", *inputs, "--output", tmp_path / "out", "--quiet")
    assert result.returncode == 1, result.stderr
    assert len(result.stderr.splitlines()) == 7
    assert "Traceback" not in result.stderr
    failed = {Path(failure["path"]).name: failure for failure in _failures(tmp_path / "out")}
    assert sorted(failed) == [
        "a.xyz",
        "binary.txt",
        "empty folder",
        "empty.txt",
        "huge.txt",
        "nowhere",
        "truncated.docx",
    ]
    assert all(failure["stage"] == "documents" and failure["message"] for failure in failed.values())
    records = [json.loads(line) for line in (tmp_path / "out" / "annotations.jsonl").open(encoding="utf-8")]
    assert sorted(record["doc_id"] for record in records) == ["nul.txt", "好 报告😀.txt"]
    assert all(record["entities"] for record in records)


def test_a_stage_that_breaks_costs_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.stages.quantities import Quantities

    whole = Quantities.__call__

    def breaks(self: Quantities, doc: object) -> object:
        if "河口" in doc.text:
            raise RuntimeError("boom")
        return whole(self, doc)

    monkeypatch.setattr(Quantities, "__call__", breaks)
    _file(tmp_path, "a.txt")
    _file(tmp_path, "b.txt", GOOD.replace("九江", "河口"))
    result = RUNNER.invoke(app, ["run", str(tmp_path), "--output", str(tmp_path / "out"), "-q"])
    assert result.exit_code == 1
    (failure,) = _failures(tmp_path / "out")
    assert (failure["error"], failure["message"]) == ("RuntimeError", "boom")
    assert "quantities" in failure["traceback"] or "breaks" in failure["traceback"]


def test_jsonl_only_when_named(tmp_path: Path) -> None:
    _file(tmp_path, "a.jsonl", json.dumps({"id": "x", "text": GOOD}) + "\nnot json\n")
    named = RUNNER.invoke(app, ["run", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out"), "-q"])
    assert named.exit_code == 1
    (failure,) = _failures(tmp_path / "out")
    assert "2" in failure["message"]
    assert (tmp_path / "out" / "annotations.jsonl").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.slow
def test_a_line_of_three_megabytes(tmp_path: Path) -> None:
    _file(tmp_path, "long.txt", "全镇完成固定资产投资37.99亿元," * 60_000)
    start = time.perf_counter()
    stages = re.search(r"pipeline = (\[.+\])", config_path().read_text(encoding="utf-8"))[1]
    config = _config(tmp_path, stages, '["quantities","sentencizer"]')
    arguments = ["-o", str(tmp_path / "out"), "-q", "-c", config, "--max-chars", "2000000"]
    result = RUNNER.invoke(app, ["run", str(tmp_path / "long.txt"), *arguments])
    assert result.exit_code == 0, result.output
    assert time.perf_counter() - start < 300


def test_evaluate(tmp_path: Path) -> None:
    gold = ROOT / "corpus" / "annotations" / "test"
    file = sorted(gold.glob("*.jsonl"))[0]
    result = RUNNER.invoke(app, ["evaluate", str(file), "--json"])
    scores = json.loads(result.stdout)
    assert scores["entities"]["exact"]["PERCENT"]["f1"] > 0.9
    assert 0 < scores["themes"]["overall"]["primary_accuracy"] <= 1
    shown = RUNNER.invoke(app, ["evaluate", str(file)])
    assert "F1 overlapping" in shown.stdout


@pytest.mark.parametrize("stage", STAGES_WITH_MODELS)
def test_every_model_is_small_enough_and_has_its_own_card(stage: str) -> None:
    folder = model_path(stage)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 60_000_000
    card = read_card(folder)
    assert (card["stage"], card["hash"]) == (stage, folder_hash(folder))

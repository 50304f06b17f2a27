"""Every engine writes the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin

from pipeline.errors import ModelError, UsageError
from pipeline.execution import EngineName, choose, job
from pipeline.execution.processes import Processes
from pipeline.execution.serial import Serial
from pipeline.execution.tasks import Engine
from pipeline.output import docbin
from tests.execution.conftest import command, content, document, names


def _ray(workers: int) -> Engine:
    from pipeline.execution.ray_data import RayData

    return RayData(None, workers)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files, a file that can't be read, lines, and a line that is none; long ones first, so that order is work."""
    folder = tmp_path_factory.mktemp("in")
    for number in range(4):
        lines = "\n".join(document(f"完成第{number}个项目的第{line}期") for line in range(9 - 3 * number))
        (folder / f"{number}.txt").write_text(lines or document("完"), encoding="utf-8")
    (folder / "2b.txt").write_bytes(b"")
    lines = [json.dumps({"id": name, "text": document(name)}, ensure_ascii=False) for name in ("甲", "乙", "丙")]
    (folder / "lines.jsonl").write_text("\n".join([lines[0], "not json", *lines[1:]]), encoding="utf-8")
    return [folder, folder / "lines.jsonl"]


@pytest.fixture(scope="module")
def serial(inputs: list[Path], nlp: Language, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("serial") / "out"
    summary = job.run(nlp, inputs, out, with_csv=True)
    assert (summary.counts.documents, summary.counts.failures) == (7, 2)
    return content(out)


ENGINES = [
    pytest.param(lambda: Processes(None, 1), id="one process"),
    pytest.param(lambda: Processes(None, 2, recycle=3), id="two processes, each for three documents"),
    pytest.param(lambda: _ray(2), id="ray", marks=pytest.mark.ray),
]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_writes_the_same(
    engine: Callable[[], Engine], inputs: list[Path], nlp: Language, serial: dict[str, bytes], tmp_path: Path
) -> None:
    job.run(nlp, inputs, tmp_path / "out", with_csv=True, engine=engine())
    found = content(tmp_path / "out")
    assert found.keys() == serial.keys()
    assert [name for name in found if found[name] != serial[name]] == []


@pytest.mark.slow
def test_workers_reach_for_no_network(inputs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denial = """
import socket
def refuse(self, address, *args):
    if self.family != socket.AF_UNIX:
        raise SystemExit(f"network: {address}")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
"""
    (tmp_path / "sitecustomize.py").write_text(denial, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    options = ["--output", tmp_path / "out", "--workers", 1, "--limit", 1, "--quiet"]
    ran = subprocess.run(command("run", *inputs, *options), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert names(tmp_path / "out") == ["0"]


SMALL, LARGE = [("a.txt", 100)], [("a.txt", 150_000), ("b.txt", 150_000)]


@pytest.mark.parametrize(
    ("files", "options", "kind", "workers"),
    [
        (SMALL, {}, Serial, 1),
        (LARGE, {}, Processes, min(2, len(os.sched_getaffinity(0)))),
        (SMALL, {"workers": 3}, Processes, 3),
        (SMALL, {"engine": EngineName.processes}, Processes, 1),
        (LARGE, {"engine": EngineName.serial}, Serial, 1),
    ],
)
def test_choose(
    files: list[tuple[str, int]], options: dict, kind: type, workers: int, light: Language, tmp_path: Path
) -> None:
    for name, size in files:
        (tmp_path / name).write_bytes(b"a" * size)
    engine = choose(light, None, [(tmp_path / name, name) for name, _ in files], **options)
    assert (type(engine), engine.workers) == (kind, workers)


def test_a_model_that_is_missing_ends_the_run(config: Path, folder: Callable[..., Path], tmp_path: Path) -> None:
    text = config.read_text(encoding="utf-8").replace('model = "segmenter"', 'model = "./nowhere"')
    config.write_text(text, encoding="utf-8")
    nlp = spacy.blank("zh")
    with pytest.raises(ModelError, match="nowhere"):
        job.run(nlp, [folder(a="完")], tmp_path / "out", engine=Processes(config, 1))
    assert not (tmp_path / "out").exists()


def test_workers_that_cannot_start_end_the_run(
    folder: Callable[..., Path], light: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(7)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UsageError, match="exit status 7"):
        job.run(light, [folder(a="完")], tmp_path / "out", engine=Processes(None, 1))


def test_docbins_are_what_spacy_writes(nlp: Language, tmp_path: Path) -> None:
    docs = [nlp(document(text)) for text in ("完成", "开工建设" * 30, "")] + [nlp("")]
    writer = docbin.DocBinWriter(tmp_path)
    for doc in docs:
        writer.add(DocBin(store_user_data=True, docs=[doc]))
    writer.close()
    assert (tmp_path / "docs.spacy").read_bytes() == DocBin(store_user_data=True, docs=docs).to_bytes()


def test_docbins_are_split(nlp: Language, tmp_path: Path) -> None:
    docs = [nlp(document(f"完成{number}次")) for number in range(5)]
    writer = docbin.DocBinWriter(tmp_path, tokens_a_file=2 * len(docs[0]))
    for doc in docs:
        writer.add(DocBin(store_user_data=True, docs=[doc]))
    writer.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs-2.spacy", "docs-3.spacy", "docs.spacy"]
    again = list(docbin.read(tmp_path, spacy.blank("zh").vocab))
    assert [(doc.text, doc.ents[0]._.norm) for doc in again] == [(doc.text, doc.ents[0]._.norm) for doc in docs]

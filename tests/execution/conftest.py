"""A light pipeline with a stage that breaks on demand, here and in worker processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language

import pipeline
from pipeline.resources import config_path

FAULTS = Path(__file__).parent / "faults"
POISON = {
    "exception": ("抛出异常", "RuntimeError", "boom"),
    "exits": ("退出进程", "WorkerDied", "exit status 3"),
    "killed": ("杀死进程", "WorkerKilled", "SIGKILL"),
    "loops": ("死循环中", "TimeLimit", "--time-limit"),
    "memory": ("吃光内存", "MemoryError", "--memory-limit"),
    "sleeps": ("永远睡眠", "TimeLimit", "--time-limit"),
    "toolong": ("长" * 5000, "DocumentError", "--max-chars"),
}
"""Documents that do harm: text, error and what the message has."""

RESULT = ("annotations.jsonl", "failures.jsonl", "docs.spacy", "tables")


@pytest.fixture(autouse=True)
def ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bounds tests of Ray in time, and sees to it that they leave nothing behind."""
    if request.node.get_closest_marker("ray") is None:
        yield
        return
    monkeypatch.setattr("pipeline.execution.ray_data._START", 120)
    # Not pytest's folder: there the names of Ray's sockets would get too long.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        with _limited(300):
            yield
        end = time.monotonic() + 20
        while left := _with_environment(folder):
            assert time.monotonic() < end, left
            time.sleep(0.05)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Fail what takes longer, whatever it waits for. (The serial engine has the alarm for itself.)"""
    main = threading.main_thread().ident
    timer = threading.Timer(seconds, lambda: signal.pthread_kill(main, signal.SIGUSR1))
    before = signal.signal(signal.SIGUSR1, lambda *_: pytest.fail(f"not done within {seconds:g} s"))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def _with_environment(text: str) -> list[str]:
    """Command lines of processes that have a text in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if text.encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " "))
    return [line for line in found if "resource_tracker" not in line]  # of this process, for as long as it lives


@pytest.fixture(autouse=True)
def faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes find the stage by its entry point, this process imports it."""
    monkeypatch.syspath_prepend(FAULTS)
    monkeypatch.setenv("PYTHONPATH", str(FAULTS))
    __import__("faults")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The bundled config without the stages that take long to load, with the stage that breaks."""
    text = config_path().read_text(encoding="utf-8")
    text = re.sub(r"pipeline = \[.+\]", 'pipeline = ["quantities","sentencizer","faults"]', text)
    path = tmp_path / "faults.cfg"
    path.write_text(text + '\n[components.faults]\nfactory = "faults"\n', encoding="utf-8")
    return path


@pytest.fixture
def light(config: Path) -> Language:
    return pipeline.load(config)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of documents: name without suffix and what stands in it."""

    def make(**texts: str) -> Path:
        path = tmp_path / "in"
        path.mkdir(exist_ok=True)
        for name, text in texts.items():
            (path / f"{name}.txt").write_text(document(text), encoding="utf-8")
        return path

    return make


def document(text: str) -> str:
    return f"河口镇政府工作报告\n今年，河口镇实现工业总产值12.5亿元，增长8%，{text}。\n"


def content(out: Path) -> dict[str, bytes]:
    """All bytes of a result that must not differ from run to run."""
    found = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for name in RESULT
        for path in ([out / name] if (out / name).is_file() else sorted((out / name).iterdir()))
    }
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    for name in ("seconds", "characters_per_second", "execution"):
        del manifest[name]
    return found | {"run.json": json.dumps(manifest, sort_keys=True).encode()}


def names(out: Path) -> list[str]:
    lines = (out / "annotations.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["doc_id"].removesuffix(".txt") for line in lines]


def failures(out: Path) -> dict[str, dict[str, str]]:
    lines = (out / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    return {Path(failure["path"]).stem: failure for failure in map(json.loads, lines)}


def command(*arguments: object) -> list[str]:
    code = "import sys; from pipeline.cli import main; sys.argv[0] = 'pipeline'; main()"
    return [sys.executable, "-c", code, *map(str, arguments)]


def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """The command line in a process of its own, which a test may kill."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command(*arguments), env=dict(os.environ), **pipes, **options)


def children(parent: int) -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if state(path)[1:2] == [str(parent)]]


def state(process: Path) -> list[str]:
    """State, parent and what else the system tells of a process; nothing of one that has ended."""
    try:
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target

"""The hunt led by branches: it starts with every target, and finds what is broken."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzzing import TARGETS

pytestmark = [
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is made for Linux on x86-64"),
    pytest.mark.slow,
]

# A fault four branches deep, behind bytes that nobody guesses together.
PLANTED = """
import sys
import atheris
from scripts import fuzz

def check(data):
    if data[:1] == b"p":
        if data[1:2] == b"l":
            if data[2:3] == b"a":
                if data[3:4] == b"n":
                    raise ValueError("the planted fault")

targets = fuzz.load()
check = atheris.instrument_func(check)
targets.TARGETS["planted"] = lambda folder: targets.Target(None, check, (b"seed",))
sys.exit(fuzz.main(["planted", *sys.argv[1:]]))
"""


def hunt(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=900)


def test_every_target_runs(tmp_path: Path) -> None:
    done = hunt("scripts/fuzz.py", "--runs", 100, "--folder", tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "nothing broke" in done.stdout
    assert done.stderr.count("DONE   cov:") == len(TARGETS)


def test_a_planted_fault_is_found_and_kept(tmp_path: Path) -> None:
    done = hunt("-c", PLANTED, "--seconds", 120, "--folder", tmp_path)
    assert done.returncode == 1
    assert "broken: planted" in done.stdout
    assert "the planted fault" in done.stdout + done.stderr
    (kept,) = (tmp_path / "planted" / "crashes").iterdir()
    assert kept.read_bytes().startswith(b"plan")
    assert hunt("-c", PLANTED, "--file", kept, "--folder", tmp_path).returncode == 1

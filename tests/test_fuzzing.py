"""Anything at all thrown at what reads foreign input: no crash, no hang, no lost text, only our own errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.stages.quantities.component import find
from tests.fuzzing import TARGETS

DRAWN = ("-json", "-parts", "-shuffled")
CHANGED = [name for name in TARGETS if name.startswith(("read-", "import-")) and not name.endswith(DRAWN)]
"""Those that change good files; the others draw what they try."""


@pytest.mark.parametrize("name", TARGETS)
def test_target(tmp_path: Path, name: str) -> None:
    TARGETS[name](tmp_path).test()()


@pytest.mark.parametrize("name", CHANGED)
def test_good_files_are_of_use(tmp_path: Path, name: str) -> None:
    """What is changed has to be good before: a file that is refused at once tests nothing."""
    target = TARGETS[name](tmp_path)
    assert target.seeds
    assert all(target.check(seed) for seed in target.seeds)


@pytest.mark.parametrize(
    "unit", ["1,", "一百", "1 000 ", "1.5亿-", "百分之", "近", "三分之", "1-", "9" * 50 + ".", "000,", "十点五"]
)
def test_endless_quantities_end(unit: str) -> None:
    find(unit * 20_000 + "元")

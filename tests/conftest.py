"""Fixtures that many tests share: the bundled pipeline, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest
from spacy.language import Language

import pipeline

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / "corpus" / "reports"


@pytest.fixture(scope="session")
def nlp() -> Language:
    return pipeline.load()


@pytest.fixture(scope="session")
def reports() -> Path:
    return REPORTS

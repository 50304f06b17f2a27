"""A tiny theme model that the tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny import make


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, a theme table and a model of both."""
    return make(tmp_path_factory.mktemp("tiny"))

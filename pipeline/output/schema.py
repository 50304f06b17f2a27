"""The published JSON Schema of a record."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every line of ``annotations.jsonl`` follows."""
    text = files("pipeline.output").joinpath("annotations.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded

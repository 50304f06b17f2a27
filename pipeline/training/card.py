"""Model cards: what a model is, what it learnt from and how it scored."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.resources import CARD, folder_hash


def write_card(folder: Path, stage: str, *, packages: list[str], **facts: Any) -> dict[str, Any]:
    """Write ``card.json`` into a model folder.

    Parameters
    ----------
    folder : Path
    stage : str
        The stage the model serves.
    packages : list of str
        Distributions whose version the model depends on.
    **facts
        What else is worth knowing: data hash and counts, settings, scores.

    Returns
    -------
    dict
        The card.
    """
    card = {
        "stage": stage,
        "version": version("govreport-pipeline"),
        "license": "Apache-2.0",
        "hash": folder_hash(folder),
        "packages": {name: version(name) for name in packages},
        **facts,
    }
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return card

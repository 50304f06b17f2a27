"""``run.json``: what was run, with what, and how it went."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pipeline import language
from pipeline.errors import ModelError
from pipeline.resources import folder_hash, model_path, read_card, spacy_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

    from pipeline.execution.job import Execution
    from pipeline.stages.themes.table import Theme

PACKAGES = ("govreport-pipeline", "spacy", "spacy-pkuseg", "hanlp", "numpy", "python-crfsuite", "torch")


@dataclass(slots=True)
class Counts:
    """Running totals of a run."""

    documents: int = 0
    paragraphs: int = 0
    chars: int = 0
    failures: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)
    keyphrases: Counter[str] = field(default_factory=Counter)

    def add(self, record: dict[str, Any]) -> None:
        """Count one record; themes by the primary theme of body paragraphs, phrases by mentions."""
        self.documents += 1
        self.chars += len(record["text"])
        self.paragraphs += len(record["paragraphs"])
        self.entities.update(entity["label"] for entity in record["entities"])
        self.themes.update(p["themes"][0]["theme"] for p in record["paragraphs"] if p["role"] == "body" and p["themes"])
        for phrase in record["keyphrases"]:
            self.keyphrases[phrase["text"]] += len(phrase["mentions"])


def model_facts(nlp: Language) -> list[dict[str, Any]]:
    """Stage, name, version, hash and licence of each model; ``missing`` where its folder is."""
    facts = []
    for stage, name in language.models(nlp):
        try:
            other = spacy_pipeline(name)
            folder = other or model_path(name)
        except ModelError:
            facts.append({"stage": stage, "model": name, "missing": True})
            continue
        card = json.loads((other / "meta.json").read_text(encoding="utf-8")) if other else read_card(folder)
        facts.append(
            {
                "stage": stage,
                "model": name,
                "version": card.get("version"),
                "hash": folder_hash(folder),
                "license": card.get("license"),
            }
        )
    return facts


def themes(facts: dict[str, Any], path: Path) -> list[Theme]:
    """The theme table of a run: what it wrote down, or the bundled one where it wrote none.

    Parameters
    ----------
    facts : dict
        The content of ``run.json``.
    path : Path
        Where it lies, for messages.
    """
    from pipeline.stages.themes.table import checked, read_table

    rows = facts.get("themes")
    return checked(rows, path) if rows else read_table()


def environment() -> dict[str, str]:
    """Versions of Python and of the packages results depend on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def manifest(
    nlp: Language, counts: Counts, seconds: float, execution: Execution, warnings: list[dict[str, Any]]
) -> dict[str, Any]:
    """The content of ``run.json``: of one set of inputs always the same, but for times and ``execution``."""
    return {
        "schema": "pipeline.run/1",
        "environment": environment(),
        "config": hashlib.sha256(nlp.config.to_str().encode()).hexdigest()[:16],
        "pipeline": list(nlp.pipe_names),
        "models": model_facts(nlp),
        "themes": [theme.model_dump() for theme in language.themes(nlp)],
        "counts": {
            "documents": counts.documents,
            "failures": counts.failures,
            "paragraphs": counts.paragraphs,
            "characters": counts.chars,
            "entities": dict(counts.entities.most_common()),
            "themes": dict(counts.themes.most_common()),
        },
        "seconds": round(seconds, 2),
        "characters_per_second": round(execution.chars / seconds) if seconds else None,
        "execution": {
            "engine": execution.engine,
            "workers": execution.workers,
            "done": execution.done,
            "kept": execution.kept,
            "dropped": execution.dropped,
        },
        "warnings": warnings,
    }

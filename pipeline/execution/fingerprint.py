"""What a document's result depends on besides its source, as one short hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline
from pipeline.output.manifest import PACKAGES, environment, model_facts
from pipeline.resources import config_path

if TYPE_CHECKING:
    from spacy.language import Language

_CODE = ("*.py", "output/*", "data/*", "documents/**/*", "stages/**/*")


def fingerprint(nlp: Language) -> str:
    """Hash of the config, the models, the files the config names, the code and the packages below it.

    Parameters
    ----------
    nlp : Language

    Returns
    -------
    str
        16 hex digits.
    """
    versions = environment()
    facts = {
        "config": nlp.config.to_str(),
        "models": model_facts(nlp),
        "files": {str(path): _hash(path) for path in sorted(set(_files(nlp.config)))},
        "packages": {name: versions[name] for name in PACKAGES},
        "code": _code(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _files(value: Any) -> Iterator[Path]:
    """Files that settings name."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _files(inner)
    elif isinstance(value, str) and 0 < len(value) < 1000 and "\n" not in value and Path(value).is_file():
        yield Path(value)


def _code() -> dict[str, str]:
    home = Path(pipeline.__file__).parent
    paths = (path for pattern in _CODE for path in home.glob(pattern) if "__pycache__" not in path.parts)
    return {path.relative_to(home).as_posix(): _hash(path) for path in paths if path.is_file()} | {
        "themes": _hash(config_path("themes.toml"))
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

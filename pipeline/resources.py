"""Where bundled models, configs and the annotated corpus lie, in a checkout and in a wheel."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, Errors, ModelError

_PACKAGED = Path(__file__).parent / "_data"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent
"""A wheel carries ``models``, ``configs`` and ``corpus`` in ``pipeline/_data``; a checkout has them at its top."""

CARD = "card.json"
_CONFIG, _META = "config.cfg", "meta.json"
_PUBLISHED = re.compile("[a-z]{2,3}_[a-z]+_[a-z]+_(sm|md|lg|trf)")
"""How the packages of spaCy's publisher are called."""
STAGES_WITH_MODELS = ("segmenter", "entities", "keyphrases", "themes", "indicators")


def model_path(name: str | Path) -> Path:
    """Find a trained model.

    Parameters
    ----------
    name : str or Path
        A bare name means a bundled model (``themes``); anything with a slash is a folder of the user's.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    ModelError
        If there is no such folder.
    """
    path = Path(name)
    if len(path.parts) == 1 and not path.is_absolute() and not str(name).startswith("."):
        path = ROOT / "models" / path
    if not path.is_dir():
        raise ModelError(Errors.E201.format(path=path))
    return path


def spacy_pipeline(name: str) -> Path | None:
    """Find a spaCy pipeline.

    Parameters
    ----------
    name : str
        An installed package (``zh_core_web_sm``) or a folder that ``nlp.to_disk`` wrote.

    Returns
    -------
    Path or None
        Its folder; None if it is no such thing. A bundled model of that name comes first.

    Raises
    ------
    ModelError
        If the name is a package of spaCy's publisher that is not installed.
    """
    if name.isidentifier() and (ROOT / "models" / name).is_dir():
        return None
    folder = Path(name)
    if (folder / _CONFIG).is_file() and (folder / _META).is_file():
        return folder
    if not name.isidentifier():
        return None
    found = find_spec(name)
    for place in (found.submodule_search_locations or []) if found else []:
        for config in sorted(Path(place).glob(f"*/{_CONFIG}")):
            if (config.parent / _META).is_file():
                return config.parent
    if _PUBLISHED.fullmatch(name):
        raise ModelError(Errors.E208.format(name=name, squatted=name.replace("_", "-")))
    return None


def model_file(folder: Path, name: str) -> Path:
    """A file every model of its kind has; a `ModelError` names it where it is missing or empty."""
    path = folder / name
    if not path.is_file() or path.stat().st_size == 0:
        raise ModelError(Errors.E202.format(path=folder, name=name))
    return path


def read_card(folder: Path) -> dict[str, Any]:
    """The model card of a trained model; empty where a user's own model has none."""
    path = folder / CARD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def folder_hash(folder: Path) -> str:
    """SHA-256 over names and contents of a model's files, the card left out; 16 hex digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != CARD:
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def config_path(name: str | Path | None = None) -> Path:
    """Find a config file: a path of the user's, or a bundled one by its bare name.

    Raises
    ------
    ConfigError
        If there is no such file.
    """
    path = Path(name or "pipeline.cfg")
    if not path.is_file() and len(path.parts) == 1:
        path = ROOT / "configs" / path
    if not path.is_file():
        raise ConfigError(Errors.E301.format(path=name))
    return path


def annotations_path() -> Path:
    """Folder of the bundled annotated corpus with its ``train``, ``dev`` and ``test`` splits."""
    return ROOT / "corpus" / "annotations"

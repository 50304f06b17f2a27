"""Importing spaCy without torch.

thinc, below spaCy, imports torch wherever it is installed, which costs more than all the rest of a start;
of the bundled stages only key phrases need it, when they first run.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from pipeline.resources import config_path


def import_spacy(config: str | None = None) -> None:
    """Import spaCy; torch is kept out unless the config speaks of a transformer.

    Only the command line does this: in a process of the user's own, thinc shall find torch.

    Parameters
    ----------
    config : str, optional
        The config the command was given.
    """
    if "spacy" in sys.modules or "torch" in sys.modules:
        return
    folder = Path(config or "")
    path = folder / "config.cfg" if config and folder.is_dir() else config_path(config)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if "transformer" in text or "_trf" in text:
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("spacy")
    finally:
        del sys.modules["torch"]

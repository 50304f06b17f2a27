"""Putting a trained model in the place of the bundled one, which is kept beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import Errors, UsageError
from pipeline.resources import ROOT, folder_hash


def install(folder: Path, name: str, models: Path | None = None) -> Path | None:
    """Make a trained model the bundled one.

    Parameters
    ----------
    folder : Path
        What a trainer wrote.
    name : str
        The model to replace: ``themes``.
    models : Path, optional
        Where the models lie; the bundled ones by default.

    Returns
    -------
    Path or None
        Where the old model lies now, ``themes-<hash>``; None if there was none.

    Raises
    ------
    UsageError
        If the models can't be written to; nothing has changed then.
    """
    models = models or ROOT / "models"
    place, fresh = models / name, models / f".{name}.new"
    kept = None
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(folder, fresh)
        if place.exists():
            kept = models / f"{name}-{folder_hash(place)}"
            if kept.exists():  # the same model was kept before
                shutil.rmtree(place)
            else:
                place.rename(kept)
        fresh.rename(place)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise UsageError(Errors.E605.format(path=models, reason=error.strerror, folder=folder)) from None
    return kept

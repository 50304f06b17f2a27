"""Write the site as files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pipeline.errors import Errors, UsageError
from pipeline.output.site.build import DOCUMENTS, EVIDENCE, INDEX, REPORT, build

_OURS = {INDEX, REPORT, DOCUMENTS, EVIDENCE}


def write(folder: Path, target: Path, *, force: bool = False) -> int:
    """Write the site of an output folder; it appears at once, when whole.

    Parameters
    ----------
    folder : Path
        What ``pipeline run`` wrote.
    target : Path
        Where the site goes.
    force : bool
        Replace a site that is there already.

    Returns
    -------
    int
        Number of pages.

    Raises
    ------
    UsageError
        If the result can't be read, or the target holds something or can't be written.
    """
    try:
        there = sorted(path.name for path in target.iterdir()) if target.exists() else []
        if foreign := [name for name in there if name not in _OURS]:
            raise UsageError(Errors.E009.format(path=target, name=foreign[0]))
        if there and not force:
            raise UsageError(Errors.E008.format(path=target))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".site-") as temporary:
            pages = write_pages(folder, Path(temporary) / "site")
            if target.exists():
                shutil.rmtree(target)
            (Path(temporary) / "site").rename(target)
        return pages
    except OSError as error:
        raise UsageError(Errors.E004.format(path=target, reason=error.strerror)) from None


def write_pages(folder: Path, target: Path) -> int:
    """Write every page below a new folder and count them."""
    (target / DOCUMENTS).mkdir(parents=True)
    number = 0
    for number, (name, html) in enumerate(build(folder), 1):  # noqa: B007
        (target / name).parent.mkdir(exist_ok=True)
        # A lone surrogate of the text has no UTF-8.
        (target / name).write_text(html, encoding="utf-8", errors="replace")
    return number

"""Take the README's picture: a page of the site of corpus/, in headless Chromium.

Run it from the top of a checkout, after ``make browser``: ``.venv/bin/python scripts/screenshot.py``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline import load
from pipeline.execution import job
from pipeline.output.site import folder
from pipeline.output.site.addresses import file_name

TOP = Path(__file__).parent.parent
PICTURE = TOP / "docs" / "screenshot.png"
DOCUMENT = "reports/canggang-development-zone-report-2023.docx"
SIZE = (1200, 760)
LARGEST = 300_000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
"""Chromium alone with a page, here and in the tests."""


def main() -> int:
    """Annotate corpus/, build the site, photograph one page of it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium here: run 'make browser'", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        out, site = Path(temporary, "out"), Path(temporary, "site")
        job.run(load(), [TOP / "corpus"], out)
        folder.write(out, site)
        PICTURE.parent.mkdir(exist_ok=True)
        subprocess.run(
            [
                chromium,
                *FLAGS,
                f"--user-data-dir={temporary}/profile",
                "--virtual-time-budget=3000",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                f"--screenshot={PICTURE}",
                (site / "documents" / file_name(DOCUMENT)).as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    size = PICTURE.stat().st_size
    print(f"{PICTURE.relative_to(TOP)}: {size:,} bytes")
    return 0 if size < LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())

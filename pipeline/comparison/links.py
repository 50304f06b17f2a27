"""Addresses of figures, from wherever they are read."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from pipeline.comparison.values import Value


def absolute(value: Value) -> str:
    """An address a terminal can open; empty where the site isn't known."""
    if not value.site:
        return ""
    if _is_address(value.site):
        return _joined(value.site, value.link)
    page, _, anchor = value.link.partition("#")
    return f"{(Path(value.site).resolve() / page).as_uri()}#{anchor}"


def relative(value: Value, folder: Path) -> str:
    """An address for a file in a folder: that of an unknown site counts from its top."""
    if not value.site:
        return value.link
    if _is_address(value.site):
        return _joined(value.site, value.link)
    way = Path(os.path.relpath(Path(value.site).resolve(), folder.resolve())).as_posix()
    return value.link if way == "." else f"{quote(way)}/{value.link}"


def _is_address(site: str) -> bool:
    return site.startswith(("http://", "https://"))


def _joined(site: str, link: str) -> str:
    return f"{site.rstrip('/')}/{link}"

"""From files to clean paragraphs.

`find` lists the files, `read` turns one into sources, `build` turns a source into a document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.documents.types import CleanText, Document, Meta, Paragraph, Source

if TYPE_CHECKING:
    from pipeline.documents.cleaning import clean
    from pipeline.documents.reading import find, read
    from pipeline.documents.structure import build

__all__ = ["CleanText", "Document", "Meta", "Paragraph", "Source", "build", "clean", "find", "read"]

_HOMES = {"build": "structure", "clean": "cleaning", "find": "reading", "read": "reading"}


def __getattr__(name: str) -> Any:
    """Load the functions when first asked for: cleaning needs numpy, and help texts don't."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

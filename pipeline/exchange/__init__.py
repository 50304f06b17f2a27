"""The way to annotation tools and back: paragraphs worth correcting out, corrections in, one module a tool."""

from pipeline.exchange.checking import Imported, gather
from pipeline.exchange.items import Item, read_items, read_themes
from pipeline.exchange.selection import select
from pipeline.exchange.tools import TOOLS, detect, read, themes_of, write

__all__ = [
    "TOOLS",
    "Imported",
    "Item",
    "detect",
    "gather",
    "read",
    "read_items",
    "read_themes",
    "select",
    "themes_of",
    "write",
]

"""Colours of labels, the same on the site, in a notebook and, through an entry point, wherever displaCy draws."""

from __future__ import annotations

COLOURS = {
    "ORG": "#9fc5f0",
    "GPE": "#f6c685",
    "LOC": "#a5d6a0",
    "FAC": "#cfb5ea",
    "MONEY": "#f2aeb1",
    "PERCENT": "#8fd8d2",
    "KEYPHRASE": "#e9dc7a",
}
"""Light enough for black text on them (contrast above 10:1); registered under ``displacy_colors``."""

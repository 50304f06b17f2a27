"""Offsets that count UTF-16 code units, as JavaScript does, and code points, as Python does."""

from __future__ import annotations

ASTRAL = 0x10000


def to_utf16(text: str, offset: int) -> int:
    """A code-point offset as UTF-16 counts it."""
    return offset + sum(ord(character) >= ASTRAL for character in text[:offset])


def from_utf16(text: str, offset: int) -> int:
    """A UTF-16 offset in code points.

    Raises
    ------
    ValueError
        If it stands within a character or beyond the text.
    """
    units = 0
    for position, character in enumerate(text):
        if units == offset:
            return position
        units += 2 if ord(character) >= ASTRAL else 1
    if units == offset:
        return len(text)
    raise ValueError(f"offset {offset} stands within a character or beyond the text")

"""Traditional and simplified script."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# A few traditional characters in a simplified text are names or quotations.
_LEAST_SHARE = 0.04


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1)
def _simplified_of() -> dict[int, str]:
    """OpenCC's answer for each character alone."""
    characters = [
        chr(code) for block in ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x323B0)) for code in range(*block)
    ]
    lines = _converter().convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, lines, strict=True) if old != new and len(new) == 1}


@lru_cache(maxsize=1)
def _simplified_only() -> frozenset[str]:
    """Characters of the mainland standard that Taiwan's lacks and that OpenCC leaves alone."""
    changed = _simplified_of()
    return frozenset(
        character
        for character in map(chr, range(0x4E00, 0xA000))
        if ord(character) not in changed and _encodable(character, "gb2312") and not _encodable(character, "big5")
    )


def is_traditional(text: str) -> bool:
    """Whether a document is written in traditional script.

    Parameters
    ----------
    text : str
        The whole document.

    Returns
    -------
    bool
        True if characters that OpenCC simplifies outnumber those that only occur simplified and
        are more than a stray few.
    """
    counts = _han_counts(text)
    changed = _simplified_of()
    simplified_only = _simplified_only()
    traditional = sum(count for character, count in counts.items() if ord(character) in changed)
    simplified = sum(count for character, count in counts.items() if character in simplified_only)
    total = sum(counts.values())
    return traditional > simplified and traditional >= _LEAST_SHARE * total


def _han_counts(text: str) -> dict[str, int]:
    """How often each Chinese character occurs."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    counts = np.bincount(codes[(codes >= 0x3400) & (codes < 0x323B0)])
    return {chr(code): int(counts[code]) for code in np.flatnonzero(counts) if _is_han(int(code))}


def _is_han(code: int) -> bool:
    return 0x4E00 <= code < 0xA000 or 0x3400 <= code < 0x4DC0 or 0x20000 <= code < 0x323B0


def simplify(text: str) -> str:
    """Turn traditional script into simplified, keeping the length.

    Parameters
    ----------
    text : str
        Text without lone surrogates.

    Returns
    -------
    str
        One character for each character of `text`.
    """
    convert = _converter().convert
    # Twice, because for a handful of characters the first answer has a simpler form still.
    converted: str = convert(convert(text))
    if len(converted) == len(text):
        return converted
    lines = [
        new if len(new) == len(old) else old.translate(_simplified_of())
        for old, new in zip(text.split("\n"), converted.split("\n"), strict=True)
    ]
    return "\n".join(lines)

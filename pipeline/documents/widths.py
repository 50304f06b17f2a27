"""Half-width punctuation in Chinese text, made full-width one to one."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_HALF = ",;:?!()"
_FULL = "，；：？！（）"
_ANY_HALF = re.compile("[,;:?!()]")
_WIDEN = dict(zip(map(ord, _HALF), map(ord, _FULL), strict=True))

# Kinds of neighbours. Spaces, quotes, brackets and the punctuation in question are looked through.
_SKIP, _OTHER, _EDGE, _HAN, _UNIT, _DIGIT = range(6)
_LOOKED_THROUGH = " \t\"'“”‘’()[]（）《》〈〉「」『』【】〔〕" + _HALF + _FULL
_CHINESE_BLOCKS = ((0x3001, 0x3004), (0x3007, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Kind of each character of the basic plane; the last entry stands for the rare Chinese beyond."""
    kinds = np.full(0x10001, _OTHER, dtype=np.uint8)
    for start, end in _CHINESE_BLOCKS:
        kinds[start:end] = _HAN
    for characters, kind in (("\n", _EDGE), ("%‰℃°", _UNIT), ("0123456789", _DIGIT), (_LOOKED_THROUGH, _SKIP)):
        kinds[[ord(character) for character in characters]] = kind
    kinds[0x10000] = _HAN
    return kinds


def widen_punctuation(text: str) -> str:
    """Make half-width ``, ; : ? ! ( )`` full-width where they belong to Chinese text.

    A mark is widened where the nearest letter, digit or sign on either side is Chinese, or where it
    follows a percentage and a digit or the line's end comes next. Both brackets of a pair are
    widened if one is. So ``1,200``, ``3:2`` and ``10:30`` stay.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Text of the same length.

    Examples
    --------
    >>> widen_punctuation("增长8.7%,达1,200亿元;比例3:2")
    '增长8.7%，达1,200亿元；比例3:2'
    """
    if not _ANY_HALF.search(text):
        return text
    # An edge before and after spares the special cases at both ends.
    codes = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
    han_beyond = (codes >= 0x20000) & (codes < 0x323B0)
    kinds = _kinds()[np.where(codes < 0x10000, codes, np.where(han_beyond, 0x10000, 0xFFFF))]
    positions = np.arange(len(codes))
    significant = kinds != _SKIP
    left = kinds[np.maximum.accumulate(np.where(significant, positions, 0))]
    right_positions = np.where(significant, positions, len(codes) - 1)
    right = kinds[np.minimum.accumulate(right_positions[::-1])[::-1]]
    chinese = (left == _HAN) | (right == _HAN)
    after_percentage = (left == _UNIT) & ((right == _DIGIT) | (right == _EDGE))
    brackets = np.isin(codes, [ord(bracket) for bracket in "()（）"])
    marks = np.isin(codes, [ord(mark) for mark in ",;:?!"])
    widened = (marks & (chinese | after_percentage)) | _paired(codes, brackets, chinese)
    for half, full in _WIDEN.items():
        codes[widened & (codes == half)] = full
    return codes[1:-1].tobytes().decode("utf-32-le", "surrogatepass")


def _paired(codes: NDArray[np.uint32], brackets: NDArray[np.bool_], chinese: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which brackets to widen: both of a pair if either is in Chinese text or full-width already."""
    widened = np.zeros(len(codes), dtype=bool)
    wanted = brackets & (chinese | (codes > 0xFF00))
    opened: list[int] = []
    for position in np.flatnonzero(brackets | (codes == 10)).tolist():
        character = chr(int(codes[position]))
        if character == "\n":
            opened.clear()
        elif character in "(（":
            opened.append(position)
            widened[position] = wanted[position]
        else:
            partner = opened.pop() if opened else position
            widened[position] = widened[partner] = bool(wanted[position] or wanted[partner])
    return widened

"""Clean text in which every character knows where in the source it stood.

Each step either replaces characters one to one or deletes them, so the map from clean to source is
the list of source positions that are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.documents.glosses import find_glosses
from pipeline.documents.scripts import is_traditional, simplify
from pipeline.documents.types import CleanText
from pipeline.documents.widths import widen_punctuation

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Punctuation that only Chinese text uses. The pairs that Western text shares (’ ” … —) count too:
# a space between one of them and a Chinese character is no word border.
MARKS = (
    "\u2014\u2018\u2019\u201c\u201d\u2026\u3001-\u3003\u3008-\u3011\u3014-\u301b"
    "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
)

_LINE_ENDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_BLANKS = dict.fromkeys(
    map(ord, "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "
)
_HALF_WIDTH = {ord(full): ord(full) - 0xFEE0 for full in "０１２３４５６７８９％．"}
_HALF_WIDTH |= {code: code - 0xFEE0 for start in "Ａａ" for code in range(ord(start), ord(start) + 26)}
_ONE_TO_ONE = _LINE_ENDS | _BLANKS | _HALF_WIDTH

_CARRIAGE_RETURN = re.compile(r"\r(?=\n)")
# Controls, soft hyphen, zero-width and directional characters, BOM, tags, and lone surrogates,
# which no UTF-8 file can hold.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_REPEATED_BLANKS = re.compile(r"(?<=[ \t])[ \t]+|(?<![^\n])[ \t]+|[ \t]+(?![^\n])")
_REPEATED_NEWLINES = re.compile(r"(?<![^\n])\n+|\n+\Z")
_INNER_SPACE = re.compile(f"(?<=[{HAN}{MARKS}]) (?=[{HAN}{MARKS}])")


class Buffer:
    """Text on its way from source to clean, with the source position of each character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: NDArray[np.int64] = np.arange(len(text), dtype=np.int64)

    def replace(self, text: str) -> None:
        """Take `text` instead, which must correspond character by character."""
        if len(text) != len(self.text):
            raise ValueError("a replacement must keep the length")
        self.text = text

    def delete(self, spans: Iterator[tuple[int, int]]) -> bool:
        """Delete the spans, given in order; tell whether there were any."""
        keep = np.ones(len(self.text), dtype=bool)
        pieces: list[str] = []
        last = 0
        for start, end in spans:
            keep[start:end] = False
            pieces.append(self.text[last:start])
            last = end
        if not pieces:
            return False
        pieces.append(self.text[last:])
        self.text = "".join(pieces)
        self.starts = self.starts[keep]
        return True

    def delete_pattern(self, pattern: re.Pattern[str]) -> bool:
        """Delete every match of `pattern`; tell whether there was any."""
        return self.delete(match.span() for match in pattern.finditer(self.text))

    def finish(self) -> CleanText:
        """The result as plain lists."""
        starts: list[int] = self.starts.tolist()
        ends: list[int] = (self.starts + 1).tolist()
        return CleanText(self.text, starts, ends)


def normalise(text: str) -> Buffer:
    """Do every step of `clean` except that spaces inside Chinese text stay.

    Dividing run-on paragraphs needs those spaces: some separate a heading from its text.

    Parameters
    ----------
    text : str
        The source.

    Returns
    -------
    Buffer
        The text so far with its source positions.
    """
    buffer = Buffer(text)
    buffer.delete_pattern(_CARRIAGE_RETURN)
    buffer.delete_pattern(_INVISIBLE)
    buffer.replace(buffer.text.translate(_ONE_TO_ONE))
    squeeze(buffer)
    buffer.delete(find_glosses(buffer.text))
    if is_traditional(buffer.text):
        buffer.replace(simplify(buffer.text))
        # The simplified character may have a reading that its traditional form lacks.
        buffer.delete(find_glosses(buffer.text))
    squeeze(buffer)
    buffer.replace(widen_punctuation(buffer.text))
    return buffer


def squeeze(buffer: Buffer) -> None:
    """Delete all but the first of several blanks, those at the edges of lines, and empty lines.

    So a tab between table cells survives next to spaces only where it comes first; sources join cells by a lone tab.
    """
    buffer.delete_pattern(_REPEATED_BLANKS)
    buffer.delete_pattern(_REPEATED_NEWLINES)


def close_up(buffer: Buffer) -> None:
    """Delete single spaces between Chinese characters, as scanners and web editors leave them."""
    buffer.delete_pattern(_INNER_SPACE)


def clean(text: str) -> CleanText:
    r"""Clean a text and remember where each character came from.

    Newlines become ``\n`` and blank lines go; control, zero-width and other invisible characters
    go; odd spaces become plain ones and those between Chinese characters go; full-width digits and
    letters become half-width; half-width punctuation in Chinese text becomes full-width; pinyin
    glosses go; traditional script becomes simplified where the whole text is traditional.

    Parameters
    ----------
    text : str
        Decoded source.

    Returns
    -------
    CleanText
        The clean text; character ``i`` was made of ``text[starts[i]:ends[i]]``.

    Examples
    --------
    >>> clean("小欖鎮(zhèn)召開會議,增長１.5％").text
    '小榄镇召开会议，增长1.5%'
    """
    buffer = normalise(text)
    close_up(buffer)
    return buffer.finish()

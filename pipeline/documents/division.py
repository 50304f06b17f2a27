"""Where paragraphs begin and end: run-on ones divided, wrapped ones joined."""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.documents.cleaning import Buffer
from pipeline.documents.numbering import find_number

_LEAST_LENGTH = 200
_LONGEST_HEADING = 45
_SENTENCE_END = "。！？；…!?;”）)"
_HAN = re.compile("[\u4e00-\u9fff]")
_INSIDE_SENTENCE = re.compile("[。！？；：]")
_BLANK = re.compile("[ \t]")
_NARROWEST, _WIDEST = 16, 60
_LEAST_WRAPPED = 8
_CLOSED = "。！？；：!?;:"


def unwrap(buffer: Buffer) -> None:
    """Join lines that an editor broke at a fixed width.

    Only where most lines of a document are equally long and few of them end a sentence; then a line
    of that length that stops in mid-sentence goes on in the next.
    """
    lines = buffer.text.split("\n")
    width = _wrapping_width(lines)
    if width == 0:
        return
    breaks: list[tuple[int, int]] = []
    position = 0
    for line, following in pairwise(lines):
        position += len(line) + 1
        if _width(line) >= width - 2 and line[-1] not in _CLOSED and not find_number(following):
            breaks.append((position - 1, position))
    buffer.delete(iter(breaks))


def _width(line: str) -> int:
    """Printed width in Chinese characters: two Latin ones take the room of one."""
    narrow = sum(character.isascii() for character in line)
    return len(line) - narrow // 2


def _wrapping_width(lines: list[str]) -> int:
    """The width that a document was wrapped at; 0 if it wasn't."""
    if len(lines) < _LEAST_WRAPPED or max(map(len, lines)) > 2 * _WIDEST:
        return 0
    widths = [_width(line) for line in lines]
    widest = max(widths)
    full = [line for line, width in zip(lines, widths, strict=True) if width >= widest - 2]
    open_ended = sum(line[-1] not in _CLOSED for line in full)
    wrapped = 2 * len(full) > len(lines) and 3 * open_ended > 2 * len(full)
    return widest if wrapped and _NARROWEST <= widest <= _WIDEST else 0


def divide(buffer: Buffer) -> None:
    """Put newlines where a long line holds headings set off by spaces only.

    Web copies run a whole article together: ``…新路。 会议指出 市委…``. A blank divides where a
    sentence ends before it and what follows up to the next blank is a heading, or where such a
    heading ends. One character replaces one, so offsets stay.
    """
    lines = buffer.text.split("\n")
    buffer.replace("\n".join(_divide_line(line) if len(line) >= _LEAST_LENGTH else line for line in lines))


def _divide_line(line: str) -> str:
    pieces = _BLANK.split(line)
    # Many blanks are a scanner's work, not an editor's.
    if len(pieces) < 3 or len(line) < 12 * len(pieces):
        return line
    blanks = [match.start() for match in _BLANK.finditer(line)]
    cuts: list[int] = []
    starts_paragraph = True
    for number, piece in enumerate(pieces[:-1]):
        heading = starts_paragraph and _is_heading(piece)
        ended = piece[-1:] in _SENTENCE_END and piece[-1:] != ""
        follows = ended and (_is_heading(pieces[number + 1]) or len(piece) >= _LEAST_LENGTH)
        starts_paragraph = heading or follows
        if starts_paragraph:
            cuts.append(blanks[number])
    characters = list(line)
    for cut in cuts:
        characters[cut] = "\n"
    return "".join(characters)


def _is_heading(piece: str) -> bool:
    """Short, Chinese, and not a sentence."""
    return (
        2 < len(piece) <= _LONGEST_HEADING
        and piece[-1] not in "。！？；，、：!?;,:"
        and not _INSIDE_SENTENCE.search(piece)
        and 2 * len(_HAN.findall(piece)) > len(piece)
    )

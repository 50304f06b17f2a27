"""Bounds on what a PDF makes its reader do.

A few kilobytes of PDF can ask for gigabytes: streams packed a thousandfold, forms that draw forms that draw forms,
tables for four thousand million characters. pdfminer does as it is told; within `bounded` it stops with `TooMuch`.
"""

from __future__ import annotations

import builtins
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pdfminer import cmapdb, lzw, pdfdocument, pdffont, pdftypes, utils
from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTPage
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage

MAX_PAGES = 5_000
MAX_DECODED = 200_000_000
"""Bytes of all streams together once unpacked."""
MAX_DRAWN = 100_000_000
"""Bytes of instructions followed, those of a form again each time it is drawn."""
MAX_GLYPHS = 100_000
"""Characters on one page; the densest printed page has a tenth of it."""
MAX_RANGE = 1_200_000
"""Steps of one counted loop: as many as there are code points."""
MAX_SIDE = 20_000
"""Points along a side of a page, seven metres."""
_FORM_COST = 2_000
_RUN_LENGTH_RATIO = 64


class TooMuch(Exception):
    """A PDF asks for more than any report needs; the message says of what."""


@dataclass(slots=True)
class Budget:
    """What is left for a document."""

    decoded: int = MAX_DECODED
    drawn: int = MAX_DRAWN

    def decode(self, size: int) -> None:
        """Count unpacked bytes."""
        self.decoded -= size
        if self.decoded < 0:
            raise TooMuch(f"it unpacks to more than {MAX_DECODED // 1_000_000} MB")

    def draw(self, size: int) -> None:
        """Count instructions."""
        self.drawn -= size + _FORM_COST
        if self.drawn < 0:
            raise TooMuch(f"its pages hold more than {MAX_DRAWN // 1_000_000} MB of instructions")


@contextmanager
def bounded(budget: Budget) -> Iterator[None]:
    """Let pdfminer unpack and count no further than it may."""

    class Zlib:
        error = zlib.error
        decompressobj = staticmethod(zlib.decompressobj)

        @staticmethod
        def decompress(data: bytes) -> bytes:
            unpacker = zlib.decompressobj()
            unpacked = unpacker.decompress(data, max(1, budget.decoded + 1))
            budget.decode(len(unpacked))
            if not unpacker.eof:
                raise zlib.error("incomplete or truncated stream")
            return unpacked

    def mend(data: bytes) -> bytes:
        """As pdfminer's own: a stream whose end is missing or whose checksum is wrong."""
        unpacker = zlib.decompressobj()
        parts = []
        for position in builtins.range(len(data)):
            try:
                parts.append(unpacker.decompress(data[position : position + 1]))
            except zlib.error:
                if position < len(data) - 3:
                    raise
                break
            budget.decode(len(parts[-1]))
        return b"".join(parts)

    def lzw_decode(data: bytes) -> bytes:
        parts = []
        for part in lzw.LZWDecoder(io.BytesIO(data)).run():
            budget.decode(len(part))
            parts.append(part)
        return b"".join(parts)

    def run_length_decode(data: bytes) -> bytes:
        budget.decode(_RUN_LENGTH_RATIO * len(data))
        decoded: bytes = run_length(data)
        return decoded

    run_length = vars(pdftypes)["rldecode"]
    changes: list[tuple[Any, str, Any]] = [
        (pdftypes, "zlib", Zlib),
        (pdftypes, "decompress_corrupted", mend),
        (pdftypes, "lzwdecode", lzw_decode),
        (pdftypes, "rldecode", run_length_decode),
        *((module, "range", _range) for module in (cmapdb, pdfdocument, pdffont, utils)),
    ]
    before = [(module, name, vars(module).get(name)) for module, name, _ in changes]
    for module, name, value in changes:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            delattr(module, name) if value is None else setattr(module, name, value)


def _range(*bounds: int) -> builtins.range:
    found = builtins.range(*bounds)
    # len() would overflow before it could say so.
    if found and (found[-1] - found[0]) // found.step > MAX_RANGE:
        raise TooMuch(f"one of its tables has more than {MAX_RANGE:,} rows")
    return found


class _Device(PDFPageAggregator):
    """Keeps characters; lines and pictures, of which maps have millions, are not needed."""

    glyphs = 0

    def begin_page(self, page: PDFPage, ctm: Any) -> None:
        self.glyphs = 0
        super().begin_page(page, ctm)

    def render_char(self, *args: Any, **kwargs: Any) -> float:
        self.glyphs += 1
        if self.glyphs > MAX_GLYPHS:
            raise TooMuch(f"a page has more than {MAX_GLYPHS:,} characters")
        advance: float = super().render_char(*args, **kwargs)
        return advance

    def paint_path(self, *args: Any, **kwargs: Any) -> None:
        return None

    def render_image(self, *args: Any, **kwargs: Any) -> None:
        return None


class _Interpreter(PDFPageInterpreter):
    """Pays for every stream it follows."""

    budget: Budget

    def dup(self) -> _Interpreter:
        other = _Interpreter(self.rsrcmgr, self.device)
        other.budget = self.budget
        return other

    def execute(self, streams: Any) -> None:
        for stream in streams:
            found = pdftypes.resolve1(stream)
            self.budget.draw(len(found.get_data()) if isinstance(found, pdftypes.PDFStream) else 0)
        super().execute(streams)


def pages(data: bytes, parameters: LAParams) -> Iterator[LTPage]:
    """The pages of a PDF laid out, as ``pdfminer.high_level.extract_pages`` gives them.

    Raises
    ------
    TooMuch
        If it asks for more than `bounded` grants.
    """
    budget = Budget()
    with bounded(budget):
        resources = PDFResourceManager()
        device = _Device(resources, laparams=parameters)
        interpreter = _Interpreter(resources, device)
        interpreter.budget = budget
        for number, page in enumerate(PDFPage.get_pages(io.BytesIO(data))):
            if number == MAX_PAGES:
                raise TooMuch(f"it has more than {MAX_PAGES:,} pages")
            left, bottom, right, top = page.mediabox
            if max(abs(right - left), abs(top - bottom)) > MAX_SIDE:
                raise TooMuch(f"a page is more than {MAX_SIDE:,} points wide or high")
            interpreter.process_page(page)
            yield device.get_result()

"""PDFs that carry text: lines put together again into paragraphs."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.documents.formats import Extract
from pipeline.documents.numbering import find_number
from pipeline.errors import DocumentError, Errors

_PAGE_NUMBER = re.compile(
    r"^[\s\-—–·/第共页頁,，0-9]*[0-9]+[\s\-—–·/第共页頁,，0-9]*$|^page \d+(?: of \d+)?$", re.IGNORECASE
)
_LEAST_TEXT = 10
_CLOSED = "。！？；：:;"


@dataclass(slots=True)
class _Line:
    """A printed line and where it stands; `top` counts downwards over all pages."""

    text: str
    left: float
    right: float
    top: float
    height: float
    page: int


def extract(data: bytes, path: str) -> Extract:
    """Take the text out of a PDF.

    Parameters
    ----------
    data : bytes
        The file.
    path : str
        Named in errors.

    Returns
    -------
    Extract
        One paragraph a line; page numbers and repeated page heads left out.

    Raises
    ------
    DocumentError
        If the file is encrypted, broken, or holds pictures only.
    """
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    from pipeline.documents.formats.pdf_limits import TooMuch

    if not data.lstrip()[:1024].startswith(b"%PDF"):
        raise DocumentError(Errors.E111.format(path=path, reason="it doesn't begin like one"))
    try:
        pages = list(_pages(data))
    except (PDFEncryptionError, PDFPasswordIncorrect) as error:
        raise DocumentError(Errors.E110.format(path=path)) from error
    except TooMuch as error:
        raise DocumentError(Errors.E115.format(path=path, reason=error)) from error
    except RecursionError as error:
        raise DocumentError(Errors.E111.format(path=path, reason="nested too deeply")) from error
    except Exception as error:
        # A broken PDF makes pdfminer raise nearly anything.
        reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        raise DocumentError(Errors.E111.format(path=path, reason=reason)) from error
    if not pages:
        raise DocumentError(Errors.E111.format(path=path, reason="it has no pages"))
    result = Extract(encoding="pdf")
    for paragraph in _paragraphs(_without_page_furniture(pages)):
        result.add(paragraph)
    if sum(map(len, result.lines)) < _LEAST_TEXT:
        raise DocumentError(Errors.E112.format(path=path))
    return result


def _pages(data: bytes) -> Iterator[list[_Line]]:
    from pdfminer.layout import LAParams, LTTextContainer, LTTextLine

    from pipeline.documents.formats import pdf_limits

    for number, page in enumerate(pdf_limits.pages(data, LAParams(boxes_flow=None))):
        lines: list[_Line] = []
        for box in page:
            if not isinstance(box, LTTextContainer):
                continue
            for item in box:
                if isinstance(item, LTTextLine) and item.get_text().strip():
                    text = item.get_text().strip()
                    lines.append(_Line(text, item.x0, item.x1, page.height - item.y1, _size(item), number))
        yield lines


def _size(line: Any) -> float:
    sizes = [character.size for character in line if hasattr(character, "size")]
    return statistics.median(sizes) if sizes else float(line.height)


def _without_page_furniture(pages: list[list[_Line]]) -> list[_Line]:
    """All lines but page numbers, and heads or feet that most pages repeat."""
    edges = [{(line.text, round(line.top)) for line in page[:1] + page[-1:]} for page in pages]
    counts = Counter(edge for page in edges for edge in page)
    repeated = {text for (text, _), count in counts.items() if count >= 2 and count > len(pages) / 2}
    kept: list[_Line] = []
    for page in pages:
        lines = list(page)
        while lines and (_PAGE_NUMBER.match(lines[-1].text) or lines[-1].text in repeated):
            lines.pop()
        while lines and (_PAGE_NUMBER.match(lines[0].text) or lines[0].text in repeated):
            lines.pop(0)
        kept.extend(lines)
    return kept


def _paragraphs(lines: list[_Line]) -> Iterator[str]:
    """Join the lines that a paragraph was wrapped into."""
    if not lines:
        return
    margin = statistics.quantiles([line.right for line in lines], n=20)[-1] if len(lines) > 1 else lines[0].right
    left = statistics.quantiles([line.left for line in lines], n=20)[0] if len(lines) > 1 else lines[0].left
    gaps = [b.top - a.top for a, b in pairwise(lines) if a.page == b.page and b.top > a.top]
    usual_gap = statistics.median(gaps) if gaps else 0.0
    pieces = [lines[0].text]
    for last, line in pairwise(lines):
        # A number that didn't fit leaves a wider gap at the end of a line.
        full = last.right >= margin - (2.2 if last.text[-1] in _CLOSED else 7) * last.height
        indented = line.left > left + 1.2 * line.height
        same_size = abs(last.height - line.height) < 0.15 * max(last.height, line.height)
        apart = line.page == last.page and usual_gap > 0 and line.top - last.top > 1.35 * usual_gap
        heading = last.text[-1] in _CLOSED and _heads(line.text)
        if full and not indented and same_size and not apart and not heading:
            pieces.append(_joint(pieces[-1], line.text) + line.text)
        else:
            yield "".join(pieces)
            pieces = [line.text]
    yield "".join(pieces)


def _heads(text: str) -> bool:
    number = find_number(text)
    return number is not None and number.rank <= 3


def _joint(before: str, after: str) -> str:
    """A space where two Latin words meet."""
    return (
        " " if before[-1:].isascii() and after[:1].isascii() and before[-1:].isalpha() and after[:1].isalpha() else ""
    )

"""Web pages: the article without the page around it, losing no paragraph of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.documents.decoding import declared_charset, decode
from pipeline.documents.formats import Extract
from pipeline.errors import DocumentError, Errors

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure "  # noqa: SIM905
    "footer form h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol option p pre section summary table tbody tfoot "
    "thead tr ul".split()
)
_DROPPED = frozenset(
    ("head", "iframe", "noscript", "object", "script", "select", "style", "svg", "template", "textarea")
)
# Not form: some systems wrap the whole page in one.
_CHROME = frozenset(("nav", "footer", "aside", "button"))
_SPACES = re.compile(r"[ \t\r\n\f]+")
_PROSE = re.compile(r"(?=.*[\u4e00-\u9fff]).{40,}[。！？；!?;]", re.DOTALL)
_TITLE_DISTANCE = 8
_LEAST_FOUND_INSIDE = 20
MAX_ELEMENTS = 50_000
"""Larger pages are taken whole: what finds the article in a page needs time that grows with the square of it."""
MAX_ATTRIBUTES = 1_000
_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+')*+""")
_VALUE = re.compile(r""""[^"]*"|'[^']*'""")
_LONG_TAG = 2 * MAX_ATTRIBUTES
_DOCTYPE_XML = re.compile(r"^\s*<\?xml[^>]*\?>")


def extract(data: bytes, path: str) -> Extract:
    """Take the article out of a web page.

    Parameters
    ----------
    data : bytes
        The file.
    path : str
        Named in errors.

    Returns
    -------
    Extract
        One paragraph, heading, list item or table row a line.

    Raises
    ------
    DocumentError
        If the bytes can't be decoded or hold no text.
    """
    text, encoding = decode(data, path, declared_charset(data))
    # lxml refuses a string that declares its own encoding.
    tree = _parse(_DOCTYPE_XML.sub("", text), path)
    if tree is None:
        raise DocumentError(Errors.E114.format(path=path))
    everything = _plain(tree)
    if not everything.lines:
        raise DocumentError(Errors.E114.format(path=path))
    result = _article(tree, everything)
    result.encoding = encoding
    return result


def _parse(text: str, path: str) -> Any:
    from lxml import etree, html

    tags = (match.group() for match in _TAG.finditer(text) if match.end() - match.start() > _LONG_TAG)
    if any(len(_VALUE.sub("", tag).split()) > MAX_ATTRIBUTES for tag in tags):
        # libxml2 compares each with all before it.
        reason = f"one tag has more than {MAX_ATTRIBUTES:,} attributes"
        raise DocumentError(Errors.E115.format(path=path, reason=reason))
    parser = html.HTMLParser(huge_tree=True, encoding=None)
    try:
        tree = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        tree = None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        # libxml2 leaves out whatever comes after.
        raise DocumentError(Errors.E115.format(path=path, reason="its elements are nested too deeply"))
    return tree


def _article(tree: Any, everything: Extract) -> Extract:
    """The part of the page that trafilatura takes for the article.

    It tells where the article begins and ends; the lines between come from the page itself, since
    its own text leaves out headings and captions. Prose before or after is never dropped.
    """
    from copy import deepcopy

    from trafilatura import bare_extraction

    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        return everything
    try:
        found = bare_extraction(
            deepcopy(tree),
            favor_recall=True,
            include_comments=False,
            include_tables=True,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception:
        # Whatever goes wrong in there, the page's plain lines are at hand.
        return everything
    if found is None or isinstance(found, dict):
        return everything
    everything.title, everything.date = found.title or "", found.date or ""
    kept = _kept(everything.lines, found.text or "")
    if not kept:
        return everything
    first = _with_title(everything, kept[0])
    result = Extract(title=everything.title, date=everything.date)
    for number in range(first, kept[-1] + 1):
        result.add(everything.lines[number], everything.levels.get(number))
    return result


def _kept(lines: list[str], article: str) -> list[int]:
    """Numbers of the lines that are in the article, or prose."""
    article_lines = {_squeeze(line) for line in article.split("\n")}
    text = _squeeze(article)
    numbers: list[int] = []
    for number, line in enumerate(lines):
        squeezed = _squeeze(line)
        inside = squeezed in article_lines or _PROSE.match(line) is not None
        if inside or (len(squeezed) >= _LEAST_FOUND_INSIDE and not numbers and squeezed in text):
            numbers.append(number)
    return numbers


def _squeeze(text: str) -> str:
    """Text without spaces and without the bars that trafilatura puts between cells."""
    return "".join(text.replace("|", " ").split())


def _with_title(page: Extract, first: int) -> int:
    """Number of the line to begin with: the title's, if it stands closely above."""
    title = _squeeze(page.title)
    for number in range(first - 1, max(first - 1 - _TITLE_DISTANCE, -1), -1):
        if number in page.levels or (title and _squeeze(page.lines[number]) == title):
            return number
    return first


def _plain(tree: Any) -> Extract:
    """Every line of the page but for its navigation, forms and footers."""
    result = Extract()
    body = tree.find("body")
    line: list[str] = []
    level: int | None = None
    for piece, piece_level in _pieces(tree if body is None else body, None):
        if piece is None:
            result.add(_SPACES.sub(" ", "".join(line)).replace("\0", "\t"), level)
            line, level = [], None
        else:
            line.append(piece)
            level = piece_level
    result.add(_SPACES.sub(" ", "".join(line)).replace("\0", "\t"), level)
    return result


def _pieces(root: Any, level: int | None) -> Iterator[tuple[str | None, int | None]]:
    """Text in order; None where a line ends. A stack instead of recursion: pages nest deeply."""
    stack: list[tuple[str, Any, int | None]] = [("open", root, level)]
    while stack:
        action, element, level = stack.pop()
        if action == "text":
            yield element, level
            continue
        if action == "break":
            yield None, None
            continue
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _DROPPED or tag in _CHROME:
            continue
        inner = int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else level
        todo: list[tuple[str, Any, int | None]] = []
        if tag in _BLOCKS:
            todo.append(("break", None, None))
        elif tag in ("td", "th") and element.getprevious() is not None:
            todo.append(("text", "\0", inner))
        if element.text:
            todo.append(("text", element.text, inner))
        for child in element:
            todo.append(("open", child, inner))
            if child.tail:
                todo.append(("text", child.tail, inner))
        if tag in _BLOCKS:
            todo.append(("break", None, None))
        stack.extend(reversed(todo))

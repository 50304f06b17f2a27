"""From a source to a document: clean text, paragraphs with roles, headings and sections, metadata."""

from __future__ import annotations

import re

from pipeline.documents import metadata
from pipeline.documents.cleaning import Buffer, close_up, normalise, squeeze
from pipeline.documents.division import divide, unwrap
from pipeline.documents.paragraphs import Line, assign_roles
from pipeline.documents.sections import Outline
from pipeline.documents.types import Document, Meta, Paragraph, Source

_MARKDOWN_HEADING = re.compile(r"^(#{1,6})[ \t]+(?=\S)", re.MULTILINE)
_MARKDOWN_EMPTY = re.compile(r"^(?:([-*_])(?:[ \t]*\1){2,}|[>*+-])$", re.MULTILINE)
_MARKDOWN_MARKS = re.compile(r"^(?:(?:>[ \t]?|[*+-][ \t]+)(?=\S))+|\*\*(?=\S)|(?<=\S)\*\*", re.MULTILINE)


def build(doc_id: str, source: Source) -> Document:
    r"""Clean a source and find its parts.

    Parameters
    ----------
    doc_id : str
        Name of the document in this run.
    source : Source
        What was read.

    Returns
    -------
    Document
        Its clean text holds the paragraphs in order, separated by ``\n``.
    """
    buffer = normalise(source.text)
    levels = dict(source.headings)
    if source.format == "md":
        _strip_markdown(buffer, levels)
    elif source.format in ("txt", "jsonl"):
        unwrap(buffer)
    divide(buffer)
    close_up(buffer)
    clean = buffer.finish()
    lines: list[Line] = []
    spans: list[tuple[int, int]] = []
    start = 0
    for text in clean.text.split("\n"):
        if text:
            spans.append((start, start + len(text)))
            lines.append(Line(text, level=levels.get(clean.starts[start])))
        start += len(text) + 1
    assign_roles(lines, source.title)
    return Document(doc_id, source, clean, _place(lines, spans), _meta(lines, source))


def _strip_markdown(buffer: Buffer, levels: dict[int, int]) -> None:
    """Take the marks away and keep what they say of headings."""
    buffer.delete_pattern(_MARKDOWN_EMPTY)
    buffer.delete_pattern(_MARKDOWN_MARKS)
    for match in _MARKDOWN_HEADING.finditer(buffer.text):
        levels[int(buffer.starts[match.end()])] = len(match.group(1))
    buffer.delete_pattern(_MARKDOWN_HEADING)
    squeeze(buffer)  # lines that held nothing but marks are empty now


def _place(lines: list[Line], spans: list[tuple[int, int]]) -> list[Paragraph]:
    """Paragraphs under their headings and in their sections."""
    outline = Outline()
    paragraphs: list[Paragraph] = []
    for line, (start, end) in zip(lines, spans, strict=True):
        paragraph = Paragraph(start, end, line.role)
        if line.role == "heading":
            outline.enter(line)
            paragraph.headings = outline.path[:-1]
            paragraph.section = outline.section
        elif line.role == "body":
            paragraph.section = outline.read(line, start / spans[-1][1])
            paragraph.headings = outline.path + ([line.heading] if line.heading else [])
        elif line.role == "caption":
            paragraph.headings = outline.path
            paragraph.section = outline.section
        paragraphs.append(paragraph)
    return paragraphs


def _meta(lines: list[Line], source: Source) -> Meta:
    titles = [metadata.header_value(line.text) for line in lines if line.role == "title"]
    title = titles[0] if titles else source.title.strip()
    bodies = [line.text for line in lines if line.role == "body"]
    return Meta(title, _date(lines, source), metadata.find_issuer(titles or [title], bodies))


def _date(lines: list[Line], source: Source) -> str:
    """From the header, else from the lines around the title or the signature, else from the file."""
    dated = [line for line in lines if line.role == "date"]
    edges = [line for line in lines[:12] + lines[-3:] if line.role in ("title", "boilerplate")]
    for line in dated + edges:
        date = metadata.find_date(line.text)
        if date:
            return date
    return source.date

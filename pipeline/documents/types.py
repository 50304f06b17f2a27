"""What passes from files to the spaCy pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["title", "date", "heading", "body", "caption", "boilerplate"]
Section = Literal[
    "opening", "review", "problems", "situation", "targets", "tasks", "livelihood_projects", "self_building", "closing"
]


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it was found.

    Attributes
    ----------
    path : str
        As given by the user; for a line of .jsonl, ``file.jsonl#id``.
    format : str
        ``txt``, ``md``, ``html``, ``docx``, ``pdf`` or ``jsonl``.
    encoding : str
        Name of the encoding the bytes were decoded with.
    sha256 : str
        Of the file's bytes; of the UTF-8 text for a line of .jsonl.
    text : str
        Decoded or extracted plain text; source offsets count its code points.
    name : str
        The document's id: its path below the folder that was named; for a line of .jsonl, ``name#id``.
    title, date : str
        What the file's own metadata say; empty where they say nothing.
    headings : tuple of (int, int)
        Offset and level of each line of `text` that the format itself marks as a heading.
    """

    path: str
    format: str
    encoding: str
    sha256: str
    text: str
    name: str = ""
    title: str = ""
    date: str = ""
    headings: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CleanText:
    """Clean text in which every character knows its span in the source.

    Attributes
    ----------
    text : str
        The clean text.
    starts, ends : list of int
        For clean character ``i``, ``source[starts[i]:ends[i]]`` is what it was made of.
    """

    text: str
    starts: list[int]
    ends: list[int]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Span in the source of the clean span ``[start, end)``; empty spans map to one point."""
        if start >= end:
            point = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return point, point
        return self.starts[start], self.ends[end - 1]


@dataclass(slots=True)
class Paragraph:
    """A stretch ``[start, end)`` of the clean text with its place in the document."""

    start: int
    end: int
    role: Role = "body"
    section: Section | None = None
    headings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Meta:
    """What the document says of itself; empty where it says nothing."""

    title: str = ""
    date: str = ""
    issuer: str = ""


@dataclass(slots=True)
class Document:
    """A document ready for the spaCy pipeline: clean text, its paragraphs and where it came from."""

    doc_id: str
    source: Source
    clean: CleanText
    paragraphs: list[Paragraph]
    meta: Meta

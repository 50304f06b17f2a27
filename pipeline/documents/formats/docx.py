"""Word documents: paragraphs and tables in their order."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from pipeline.documents.formats import Extract
from pipeline.errors import DocumentError, Errors

MAX_UNPACKED = 200_000_000
MAX_XML = 60_000_000
"""Of the parts that hold text; pictures come on top. In memory a part takes ten times its size."""
MAX_PARTS = 10_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)


def extract(data: bytes, path: str) -> Extract:
    """Take the text out of a .docx file.

    Parameters
    ----------
    data : bytes
        The file.
    path : str
        Named in errors.

    Returns
    -------
    Extract
        Paragraphs and table rows in order, with the levels of heading styles.

    Raises
    ------
    DocumentError
        If the file is no whole .docx or unpacks to too much.
    """
    from docx import Document

    _check_archive(data, path)
    try:
        document = Document(io.BytesIO(data))
        if document.element.getroottree().docinfo.internalDTD is not None:
            # Its entities would be left out of the text, and no word processor writes any.
            raise DocumentError(Errors.E108.format(path=path, reason="it declares entities"))
        extract = Extract(title=document.core_properties.title or "")
        styles = _Styles(document)
        for block in _blocks(document.element.body):
            if _name(block) == "tbl":
                _add_table(block, extract)
            else:
                _add_paragraph(block, styles, extract)
    except DocumentError:
        raise
    except Exception as error:
        # python-docx lets through whatever its parts raise.
        raise DocumentError(Errors.E108.format(path=path, reason=_first_line(error))) from error
    return extract


def _check_archive(data: bytes, path: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        # A name that can't be decoded, or an unknown version of the format, is damage too, but zipfile raises these.
        raise DocumentError(Errors.E108.format(path=path, reason="damaged or cut short")) from error
    # What an entry declares is a true bound: zipfile reads no further, and the checksum fails.
    xml = [entry for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
    for parts, limit in ((entries, MAX_UNPACKED), (xml, MAX_XML)):
        size = sum(entry.file_size for entry in parts)
        if size > limit:
            raise DocumentError(Errors.E109.format(path=path, size=size // 1_000_000, limit=limit // 1_000_000))
    if len(entries) > MAX_PARTS:
        raise DocumentError(Errors.E115.format(path=path, reason=f"it has more than {MAX_PARTS:,} parts"))
    if any(entry.compress_type not in _METHODS or entry.flag_bits & 1 for entry in entries):
        raise DocumentError(Errors.E108.format(path=path, reason="encrypted, or packed as no .docx is"))
    if not any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise DocumentError(Errors.E108.format(path=path, reason="a zip archive of something else"))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables, those inside content controls and tracked insertions too."""
    for child in element:
        name = _name(child)
        if name in ("p", "tbl"):
            yield child
        elif name in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            yield from _blocks(child)


def _text(paragraph: Any) -> str:
    """Text of a paragraph with tracked insertions; deletions use another element.

    Word writes a text box twice, the second time as fallback for old versions.
    """
    pieces: list[str] = []
    for node in paragraph.xpath(".//w:t | .//w:tab[not(parent::w:tabs)] | .//w:br | .//w:cr | .//w:noBreakHyphen"):
        if any(_name(ancestor) == "Fallback" for ancestor in node.iterancestors()):
            continue
        name = _name(node)
        pieces.append(
            node.text or "" if name == "t" else "-" if name == "noBreakHyphen" else "\t" if name == "tab" else "\n"
        )
    return "".join(pieces)


class _Styles(dict[str | None, int | None]):
    """Heading level by a style's id; python-docx searches all styles anew for every paragraph."""

    def __init__(self, document: Any) -> None:
        self.document = document

    def __missing__(self, style: str | None) -> int | None:
        from docx.enum.style import WD_STYLE_TYPE

        found = self.document.part.get_style(style, WD_STYLE_TYPE.PARAGRAPH)
        name = (found.name if found is not None else "") or ""
        match = _HEADING_STYLE.match(name)
        self[style] = int(match.group(1)) if match else 0 if name in ("Title", "标题") else None
        return self[style]


def _add_paragraph(element: Any, styles: _Styles, extract: Extract) -> None:
    level = styles[element.style]
    for line in _text(element).split("\n"):
        extract.add(line, level)


def _add_table(table: Any, extract: Extract) -> None:
    for row in table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr"):
        cells = row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc")
        texts = (" ".join(_text(paragraph).replace("\n", " ") for paragraph in cell.xpath(".//w:p")) for cell in cells)
        extract.add("\t".join(text.strip() for text in texts))

"""Files made to exhaust a machine: each refused quickly, with one clear error, and nothing touched outside it."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.documents import Source, find, read
from pipeline.documents.formats import pdf_limits
from pipeline.errors import DocumentError
from tests.documents.samples import BODY, make_docx, make_pdf


def refuse(path: Path) -> str:
    """The error of a file that can't be read; a bomb takes no longer than a large document."""
    began = time.perf_counter()
    [item] = read(path, path.name)
    assert time.perf_counter() - began < 30
    assert isinstance(item, DocumentError), item
    return str(item)


def spaces(megabytes: int) -> bytes:
    packer = zlib.compressobj()
    return b"".join([*(packer.compress(b" " * 1_000_000) for _ in range(megabytes)), packer.flush()])


def docx_with(parts: dict[str, bytes]) -> bytes:
    """A good .docx with some parts put in place of its own or added."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(make_docx())) as good,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in good.namelist():
            if name not in parts:
                archive.writestr(name, good.read(name))
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(make_docx())) as good:
        return good.read(name)


DOCUMENT = "word/document.xml"
RELATIONS = "word/_rels/document.xml.rels"
WORDS = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (code, b"&%c;" % (code - 1) * 20) for code in b"bcdefghij"
)


def entities() -> bytes:
    text = b"<w:document %s><w:body><w:p><w:r><w:t>before &j; after</w:t></w:r></w:p></w:body></w:document>" % WORDS
    return docx_with({DOCUMENT: LAUGHS + b"]>" + text})


def nested_xml() -> bytes:
    depth = 100_000
    return docx_with({DOCUMENT: b"<w:document %s>" % WORDS + b"<w:sdt>" * depth + b"</w:sdt>" * depth})


def undeclared() -> bytes:
    """An entry that unpacks to far more than its headers say."""
    data = docx_with({DOCUMENT: b" " * 50_000_000})
    real = struct.pack("<I", 50_000_000)
    assert data.count(real) == 2
    return data.replace(real, struct.pack("<I", 1_000))


def many_parts() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for number in range(10_001):
            archive.writestr(f"{number}.bin", b"")
    return buffer.getvalue()


def packed_by_lzma() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" * 99)
    return buffer.getvalue()


def pdf(*objects: bytes) -> bytes:
    """A PDF of numbered objects, the first being its catalogue."""
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"trailer <</Root 1 0 R /Size %d>>\nstartxref\n%d\n%%%%EOF" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + tail


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s /Length %d>>\nstream\n" % (entries, len(data)) + data + b"\nendstream"


def page(content: bytes, *more: bytes, resources: bytes = b"", box: bytes = b"0 0 600 800") -> bytes:
    """A PDF with one page; its further objects count from 5."""
    fields = b"/Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources <<%s>>" % (box, resources)
    pages = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
    return pdf(b"<</Type /Catalog /Pages 2 0 R>>", pages, b"<<%s>>" % fields, content, *more)


FONT = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"


def forms() -> bytes:
    """Forms that draw ten forms that draw ten forms, seven times."""
    made = []
    for number in range(5, 12):
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</F %d 0 R>>>>" % (number + 1)
        made.append(stream(b"/F Do " * 10, entries))
    made.append(stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"))
    return page(stream(b"/F Do"), *made, resources=b"/XObject <</F 5 0 R>>")


def wide_font() -> bytes:
    below = b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [0 4000000000 500] /CIDSystemInfo <<>>>>"
    above = b"<</Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [6 0 R]>>"
    return page(stream(b"BT /A 9 Tf (ab) Tj ET"), above, below, resources=b"/Font <</A 5 0 R>>")


def crowded() -> bytes:
    text = b"BT /A 1 Tf (%s) Tj ET" % (b"a" * (pdf_limits.MAX_GLYPHS + 1))
    return page(stream(text), FONT, resources=b"/Font <</A 5 0 R>>")


def nested_html() -> bytes:
    return f"<p>{BODY}</p>{'<div>' * 100_000}{BODY}".encode()


BOMBS: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("entities of entities", "a.docx", entities, "not a whole .docx"),
    ("elements in elements", "a.docx", nested_xml, "not a whole .docx"),
    ("an entry larger than declared", "a.docx", undeclared, "not a whole .docx"),
    ("text parts too large", "a.docx", lambda: docx_with({DOCUMENT: b" " * 61_000_000}), "unpacks to 61 MB"),
    ("too many parts", "a.docx", many_parts, "more than 10,000 parts"),
    ("packed as no .docx is", "a.docx", packed_by_lzma, "packed as no .docx is"),
    (
        "a stream that unpacks to too much",
        "a.pdf",
        lambda: page(stream(spaces(210), b"/Filter /FlateDecode")),
        "200 MB",
    ),
    (
        "a stream packed twice",
        "a.pdf",
        lambda: page(stream(zlib.compress(spaces(210)), b"/Filter [/FlateDecode /FlateDecode]")),
        "200 MB",
    ),
    ("forms of forms", "a.pdf", forms, "of instructions"),
    ("a font of four thousand million characters", "a.pdf", wide_font, "rows"),
    ("too many characters on a page", "a.pdf", crowded, "a page has more than"),
    ("a page of kilometres", "a.pdf", lambda: page(stream(b""), box=b"0 0 9999999 9999999"), "points wide or high"),
    ("elements in elements", "a.html", nested_html, "nested too deeply"),
    ("a tag of attributes", "a.html", lambda: f"<p {'a b=1 ' * 100_000}>{BODY}".encode(), "attributes"),
    ("attributes behind a bracket", "a.html", lambda: f'<p x=">" {"a=1 " * 9_000}>{BODY}'.encode(), "attributes"),
]


@pytest.mark.parametrize(("name", "make", "part"), [row[1:] for row in BOMBS], ids=[f"{r[1]}: {r[0]}" for r in BOMBS])
def test_bombs_are_refused(tmp_path: Path, name: str, make: Callable[[], bytes], part: str) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    message = refuse(path)
    assert part in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_a_pdf_of_too_many_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([BODY * 40] * 3))
    assert isinstance(next(read(path, "a.pdf")), Source)
    monkeypatch.setattr(pdf_limits, "MAX_PAGES", 1)
    assert "more than 1 pages" in refuse(path)


def test_reading_a_pdf_leaves_its_reader_as_it_was(tmp_path: Path) -> None:
    from pdfminer import pdffont, pdftypes

    path = tmp_path / "a.pdf"
    for data in (make_pdf([BODY]), wide_font()):
        path.write_bytes(data)
        list(read(path, "a.pdf"))
        assert pdftypes.zlib is zlib
        assert "range" not in vars(pdffont)


def test_a_stream_cut_short_keeps_what_is_there(tmp_path: Path) -> None:
    text = zlib.compress(b"BT /A 9 Tf (Shiqiao town) Tj ET " + bytes(range(256)) * 40)[:-9]
    path = tmp_path / "a.pdf"
    path.write_bytes(page(stream(text, b"/Filter /FlateDecode"), FONT, resources=b"/Font <</A 5 0 R>>"))
    [source] = read(path, "a.pdf")
    assert isinstance(source, Source)
    assert source.text == "Shiqiao town"


def test_paths_inside_an_archive_lead_nowhere(tmp_path: Path) -> None:
    """Entries are never unpacked to disk, and parts elsewhere are neither read nor fetched."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", "utf-8")
    inside = tmp_path / "in"
    inside.mkdir()
    image = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    outside = f'<Relationship Id="rX" Type="{image}" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
    relations = part(RELATIONS).replace(b"</Relationships>", outside.encode() + b"</Relationships>")
    data = docx_with({"../../evil.txt": b"evil", "/evil.txt": b"evil", RELATIONS: relations})
    (inside / "a.docx").write_bytes(data)
    [source] = read(inside / "a.docx", "a.docx")
    assert isinstance(source, Source)
    assert BODY in source.text
    target = f'<Relationship Id="rX" Type="{image}" Target="../../..{secret}"/>'
    relations = part(RELATIONS).replace(b"</Relationships>", target.encode() + b"</Relationships>")
    (inside / "b.docx").write_bytes(docx_with({RELATIONS: relations}))
    assert "机密" not in refuse(inside / "b.docx")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.docx", "b.docx", "in", "secret.txt"]


def test_links_that_lead_in_circles(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "below").mkdir(parents=True)
    (top / "a.txt").write_text(BODY, "utf-8")
    (top / "below" / "up").symlink_to(top, target_is_directory=True)
    (top / "b.txt").symlink_to(top / "c.txt")
    (top / "c.txt").symlink_to(top / "b.txt")
    (top / "d.txt").symlink_to(top / "missing.txt")
    items = {name: item for path, name in find([top]) for item in read(path, name)}
    assert [name for name, item in items.items() if isinstance(item, Source)] == ["a.txt"]
    assert set(items) == {"a.txt", "b.txt", "c.txt", "d.txt"}

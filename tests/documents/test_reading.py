"""Finding and reading files; every bad input gives one clear error."""

from __future__ import annotations

import json
import os
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.documents import Source, build, find, read
from pipeline.errors import DocumentError
from tests.documents.samples import BODY, make_docx, make_html, make_pdf, make_scan


def read_one(path: Path, **options: int) -> Source:
    [item] = read(path, path.name, **options)
    if isinstance(item, DocumentError):
        raise item
    return item


def make_bomb() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(210):
                part.write(bytes(1_000_000))
    return buffer.getvalue()


def make_archive() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "不是文档")
    return buffer.getvalue()


def with_entry(changes: dict[int, int]) -> bytes:
    """A .docx with other bytes in the first entry of its archive's directory."""
    data = bytearray(make_docx())
    for offset, byte in changes.items():
        data[data.index(b"PK\1\2") + offset] = byte
    return bytes(data)


BAD: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("empty file", "a.txt", lambda: b"", "empty"),
    ("blank file", "a.txt", lambda: b" \n\t\n", "empty"),
    ("nothing but a byte order mark", "a.txt", lambda: b"\xff\xfe", "no text"),
    ("binary renamed", "a.txt", lambda: bytes(range(256)) * 40, "binary"),
    ("picture renamed", "a.md", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG"),
    ("undecodable byte", "a.txt", lambda: BODY.encode() + b"\xff" + BODY.encode(), f"byte {len(BODY.encode())} "),
    ("unknown suffix", "a.xlsx", lambda: b"PK", "unknown kind"),
    ("truncated DOCX", "a.docx", lambda: make_docx()[:9000], "not a whole .docx"),
    ("DOCX of no known version of zip", "a.docx", lambda: with_entry({6: 255}), "damaged"),
    ("DOCX with a name that is no UTF-8", "a.docx", lambda: with_entry({9: 8, 46: 255}), "damaged"),
    ("text renamed .docx", "a.docx", lambda: BODY.encode(), "not a whole .docx"),
    ("zip renamed .docx", "a.docx", make_archive, "zip archive of something else"),
    ("DOCX that unpacks to too much", "a.docx", make_bomb, "unpacks to 210 MB"),
    ("encrypted PDF", "a.pdf", lambda: make_pdf([BODY], encrypt="secret"), "encrypted PDF"),
    ("scanned PDF", "a.pdf", make_scan, "scan"),
    ("truncated PDF", "a.pdf", lambda: make_pdf([BODY])[:1500], "not a whole PDF"),
    ("text renamed .pdf", "a.pdf", lambda: BODY.encode(), "not a whole PDF"),
    ("page without text", "a.html", lambda: b"<html><body><script>x()</script></body></html>", "no text"),
    ("page of nothing", "a.htm", lambda: b"<!-- -->", "no text"),
]


@pytest.mark.parametrize(("name", "make", "part"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_files(tmp_path: Path, name: str, make: Callable[[], bytes], part: str) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    with pytest.raises(DocumentError) as caught:
        read_one(path)
    message = str(caught.value)
    assert part in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_missing_path_and_empty_folder_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "good.txt").write_text(BODY, "utf-8")
    found = list(find([tmp_path / "missing.txt", tmp_path / "empty", tmp_path / "good.txt"]))
    items = [item for path, name in found for item in read(path, name)]
    assert "no such file" in str(items[0])
    assert "no readable document" in str(items[1])
    assert isinstance(items[2], Source)


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(DocumentError, match=r"50\.0 MB, more than the 20 MB"):
        read_one(path)
    assert read_one(_write(tmp_path / "b.txt", "二" * 100), max_bytes=300).text == "二" * 100
    with pytest.raises(DocumentError, match="more than"):
        read_one(tmp_path / "b.txt", max_bytes=299)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", BODY)
    path.chmod(0)
    with pytest.raises(DocumentError, match="Permission denied"):
        read_one(path)


def test_a_file_that_fails_while_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DocumentError, match="Permission denied"):
        read_one(_write(tmp_path / "a.txt", BODY))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_line_of_three_megabytes(tmp_path: Path) -> None:
    path = _write(tmp_path / "line.txt", BODY * (3_000_000 // len(BODY.encode())))
    began = time.perf_counter()
    document = build("line.txt", read_one(path))
    assert time.perf_counter() - began < 10
    assert len(document.paragraphs) == 1


def test_stray_nul_bytes_are_cleaned_away(tmp_path: Path) -> None:
    path = _write(tmp_path / "nul.txt", BODY[:9] + "\x00" + BODY[9:])
    source = read_one(path)
    document = build("nul.txt", source)
    assert "\x00" in source.text
    assert document.clean.text == BODY


@pytest.mark.parametrize("name", ["工作 报告.txt", "报告 📈 (终稿).txt", "a'b\"c.txt"])
def test_names_with_spaces_or_emoji(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, BODY)
    [(path, found)] = find([tmp_path])
    assert found == name
    assert read_one(path).text == BODY


def test_what_a_source_says(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BODY.encode("gbk"))
    source = read_one(path)
    assert (source.format, source.encoding, source.name, source.path) == ("txt", "gb18030", "a.txt", str(path))
    assert len(source.sha256) == 64


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' files have names that are text")
def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "\udcff.txt", BODY)
    [(_, name)] = find([tmp_path])
    assert (name, read_one(path).path) == ("\\udcff.txt", f"{tmp_path}/\\udcff.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DocumentError, match="not a regular file"):
        read_one(tmp_path / "a.txt")


def test_folders_are_walked_sorted_without_hidden_and_linked_ones(tmp_path: Path) -> None:
    top = tmp_path / "corpus"
    for name in ["b.txt", "a/z.txt", "a/y.HTML", "a/.hidden.txt", ".git/x.txt", "c.xlsx", "d.jsonl", "c.md"]:
        _write(top / name, BODY)
    (top / "loop").symlink_to(top, target_is_directory=True)
    assert [name for _, name in find([top])] == ["b.txt", "c.md", "a/y.HTML", "a/z.txt"]


def test_names_are_unique_over_the_run(tmp_path: Path) -> None:
    for name in ["2021/a.txt", "2022/a.txt", "x/2022/a.txt"]:
        _write(tmp_path / name, BODY)
    inputs = [tmp_path / "2021", tmp_path / "2022", tmp_path / "x" / "2022", tmp_path / "2021" / "a.txt"]
    assert [name for _, name in find(inputs)] == ["a.txt", "2022/a.txt", "a.txt~2"]


def test_jsonl(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "x", "text": BODY}, ensure_ascii=False).encode(),
        b"{broken",
        b"",
        b'{"id": "y"}',
        b'{"id": "z", "text": " "}',
        b'{"id": "x", "text": "again"}',
        b'{"id": {}, "text": "a"}',
        b"\xff\xfe",
        b"[1]",
        b'{"text": "without id"}',
    ]
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"\n".join(lines))
    [(found, name)] = find([path])
    items = list(read(found, name))
    sources = [item for item in items if isinstance(item, Source)]
    errors = [str(item) for item in items if isinstance(item, DocumentError)]
    assert [source.name for source in sources] == ["many.jsonl#x", "many.jsonl#10"]
    assert [error.split(":")[0].rsplit(" ", 1)[1] for error in errors] == ["2", "4", "5", "6", "7", "8", "9"]
    assert list(find([tmp_path])) == [(tmp_path, tmp_path.name)]


def test_a_jsonl_line_too_long_costs_only_itself(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", '{"text": "' + "x" * 500 + '"}\n{"text": "short"}\n')
    first, second = read(path, "a.jsonl", max_bytes=100)
    assert isinstance(first, DocumentError)
    assert isinstance(second, Source)
    assert second.text == "short"


def test_docx_keeps_the_order_of_paragraphs_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(make_docx())
    source = read_one(path)
    assert source.text.split("\n") == [
        "石桥镇2021年工作报告",
        "一、工作回顾",
        BODY,
        "指标\t单位\t完成",
        "财政收入\t亿元\t3.2",
        "表后还有一段，说明指标完成情况良好。",
    ]
    assert [(source.text[start:].split("\n")[0], level) for start, level in source.headings] == [
        ("石桥镇2021年工作报告", 0),
        ("一、工作回顾", 1),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_html_keeps_the_article_and_drops_the_page(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(make_html(charset))
    source = read_one(path)
    assert source.encoding == charset
    assert (source.title, source.date) == ("石桥镇召开大会", "2021-03-04")
    for part in [BODY, "工业经济稳步向前", "规模以上企业达到八十六家", "财政收入\t3.2亿元", "力争全年引进项目"]:
        assert part in source.text
    assert "新闻中心" not in source.text
    assert "版权所有" not in source.text


@pytest.mark.parametrize("indent", [True, False])
def test_pdf_lines_are_joined_into_paragraphs(tmp_path: Path, indent: bool) -> None:
    long = "石桥工业园全年新开工项目十二个，竣工投产九个，规模以上企业达到八十六家，" * 40 + "发展后劲明显增强。"
    paragraphs = ["石桥镇工作报告", "一、工作回顾", BODY, long, "二、工作安排", BODY, BODY]
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf(paragraphs, indent=indent))
    assert read_one(path).text.split("\n") == paragraphs

"""Encodings, and bytes that are no text."""

from __future__ import annotations

import codecs

import pytest

from pipeline.documents.decoding import declared_charset, decode
from pipeline.errors import DocumentError

SIMPLIFIED = "河湾镇人民政府工作报告：今年以来，全镇经济保持平稳增长，民生持续改善。" * 3
TRADITIONAL = "河灣鎮召開會議，研究經濟發展與民生改善，落實今年的各項工作。" * 3

ENCODED = [
    (SIMPLIFIED.encode("utf-8"), SIMPLIFIED, "utf-8"),
    (codecs.BOM_UTF8 + SIMPLIFIED.encode("utf-8"), SIMPLIFIED, "utf-8"),
    (SIMPLIFIED.encode("utf-16"), SIMPLIFIED, "utf-16"),
    (codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"), SIMPLIFIED, "utf-16"),
    (SIMPLIFIED.encode("utf-16-le"), SIMPLIFIED, "utf-16-le"),
    (SIMPLIFIED.encode("utf-16-be"), SIMPLIFIED, "utf-16-be"),
    (SIMPLIFIED.encode("gbk"), SIMPLIFIED, "gb18030"),
    ((SIMPLIFIED + "㐀𠮷").encode("gb18030"), SIMPLIFIED + "㐀𠮷", "gb18030"),
    (TRADITIONAL.encode("gb18030"), TRADITIONAL, "gb18030"),
    (TRADITIONAL.encode("big5"), TRADITIONAL, "big5"),
    (TRADITIONAL.encode("utf-8"), TRADITIONAL, "utf-8"),
    (b"plain ASCII", "plain ASCII", "utf-8"),
    (("1.5%\n" * 40 + "镇党委会议").encode("gbk"), "1.5%\n" * 40 + "镇党委会议", "gb18030"),
]


@pytest.mark.parametrize(("data", "text", "encoding"), ENCODED)
def test_encodings(data: bytes, text: str, encoding: str) -> None:
    assert decode(data, "x.txt") == (text, encoding)


def test_a_declared_charset_is_followed() -> None:
    page = b'<html><head><meta charset="big5"></head>' + TRADITIONAL.encode("big5")
    assert declared_charset(page) == "big5"
    assert declared_charset(b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">') == "gb18030"
    assert declared_charset(b"<meta charset=nonsense>") == ""
    assert decode(page, "x.html", "big5")[1] == "big5"


BROKEN = [
    # One bad byte in UTF-8 must not turn the whole into another encoding's nonsense.
    (SIMPLIFIED.encode()[:30] + b"\xff" + SIMPLIFIED.encode()[30:], "byte 30 "),
    (SIMPLIFIED.encode()[:-1], f"byte {len(SIMPLIFIED.encode()) - 3} "),
    (codecs.BOM_UTF16_LE + b"\x00\xd8\x00", "byte "),
    (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG"),
    (b"PK\x03\x04" + bytes(100), "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), ".doc"),
    (bytes(range(256)) * 50, "binary"),
    (bytes(1000), "binary"),
]


@pytest.mark.parametrize(("data", "part"), BROKEN)
def test_bytes_that_are_no_text(data: bytes, part: str) -> None:
    with pytest.raises(DocumentError, match="report") as caught:
        decode(data, "report.txt")
    assert part in str(caught.value)


def test_stray_nul_bytes_are_left_to_the_cleaner() -> None:
    data = ("河湾镇\x00工作报告" + SIMPLIFIED).encode()
    assert decode(data, "x.txt") == (data.decode(), "utf-8")

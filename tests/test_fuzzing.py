"""Anything at all thrown at what reads foreign input: no crash, no hang, no lost text, only our own errors."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import exchange
from pipeline.documents import Source, build, read
from pipeline.errors import DocumentError, UsageError
from pipeline.exchange.items import Item
from pipeline.exchange.tools import TOOLS
from pipeline.stages.indicators.grammar import Mention, extract
from pipeline.stages.quantities.component import find
from pipeline.stages.themes.table import read_table
from tests.documents.samples import BODY, HTML, make_docx, make_html, make_pdf

# A deadline a busy machine keeps; what hangs takes minutes.
FUZZ = settings(max_examples=120, deadline=20_000, suppress_health_check=list(HealthCheck))

SAMPLES = {
    "txt": BODY.encode(),
    "md": f"# 标题\n\n- **{BODY}**".encode(),
    "html": make_html(),
    "docx": make_docx(),
    "pdf": make_pdf([BODY]),
    "jsonl": (json.dumps({"id": "a", "text": BODY}, ensure_ascii=False) + "\n").encode() * 2,
}
TOKENS = [
    *(b"<", b">", b"</p>", b"<table><tr><td>", b"<!--", b"<![CDATA[", b"&#0;", b"&#x110000;", b"<?xml encoding='x'?>"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\x1b"),
    *(b"{", b"[" * 2000, b'"', b"\\ud800", b"1e999"),
    *(b"obj", b"endobj", b"stream\n", b"<<", b">>", b"/Kids [1 0 R]", b"/Length 99999999", b"-1", b"%", b"("),
    *(b"PK\x03\x04", b"PK\x05\x06"),
]
CHANGES = ("cut", "double", "token", "noise")


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """A good file with pieces cut out, doubled, overwritten, and tokens of its own kind put in."""
    data = good
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 200))
        kind = draw(st.sampled_from(CHANGES))
        if kind == "cut":
            data = data[:at] + data[at + length :]
        elif kind == "double":
            data = data[: at + length] + data[at:]
        elif kind == "token":
            data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at:]
        else:
            noise = draw(st.binary(max_size=8))
            data = data[:at] + noise + data[at + len(noise) :]
    return data


def check_reading(path: Path) -> None:
    for item in read(path, path.name):
        if isinstance(item, DocumentError):
            assert "\n" not in str(item)
            continue
        assert isinstance(item, Source)
        document = build(item.name, item)
        clean = document.clean
        assert "\n".join(clean.text[p.start : p.end] for p in document.paragraphs) == clean.text
        json.dumps(item.name + item.title + clean.text).encode()
        clean.text.encode("utf-8")


@pytest.mark.parametrize("suffix", SAMPLES)
def test_readers(tmp_path_factory: pytest.TempPathFactory, suffix: str) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a.{suffix}"

    @given(st.one_of(mutated(SAMPLES[suffix]), st.binary(max_size=300)))
    @FUZZ
    def check(data: bytes) -> None:
        path.write_bytes(data)
        check_reading(path)

    check()


def test_parts_of_a_docx(tmp_path: Path) -> None:
    """Noise inside the XML, where the archive's checksums don't catch it."""
    with zipfile.ZipFile(io.BytesIO(SAMPLES["docx"])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.startswith("docProps/thumb")}
    path = tmp_path / "a.docx"

    @given(st.sampled_from(sorted(parts)).flatmap(lambda name: st.tuples(st.just(name), mutated(parts[name]))))
    @FUZZ
    def check(change: tuple[str, bytes]) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in {**parts, change[0]: change[1]}.items():
                archive.writestr(name, data)
        check_reading(path)

    check()


def test_streams_of_a_pdf(tmp_path: Path) -> None:
    """Noise inside a page's instructions, packed again so that they are followed."""
    path = tmp_path / "a.pdf"
    from tests.documents.test_bombs import FONT, page, stream

    good = b"BT /A 9 Tf 10 700 Td (Shiqiao) Tj 0 -12 Td [(to) -200 (wn)] TJ T* (report) ' ET q 1 0 0 1 5 5 cm Q"

    @given(mutated(good))
    @FUZZ
    def check(content: bytes) -> None:
        packed = stream(zlib.compress(content), b"/Filter /FlateDecode")
        path.write_bytes(page(packed, FONT, resources=b"/Font <</A 5 0 R>>"))
        check_reading(path)

    check()


@given(st.lists(st.sampled_from(HTML.split()), max_size=30).map(" ".join))
@FUZZ
def test_no_chinese_character_of_a_shuffled_page_appears_twice(tmp_path_factory: object, page: str) -> None:
    from pipeline.documents.formats import html

    try:
        text = html.extract(page.encode(), "a.html").text()
    except DocumentError:
        return
    assert all(text.count(c) <= page.count(c) for c in set(text) if c > "\u4e00")


AMOUNTS = st.text(
    "0123456789.,，％%‰-~—至到 一二两三百千万亿点几多余近约超元美港日欧￥$成个百分点之增长投资额年村级。以上",
    max_size=40,
)


@given(AMOUNTS)
@settings(FUZZ, max_examples=600)
def test_quantities(text: str) -> None:
    found = find(text)
    assert all(0 <= q.start < q.end <= len(text) for q in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    for quantity in found:
        for field in ("amount", "value", "low", "high"):
            if quantity.norm.get(field) is not None:
                assert Decimal(quantity.norm[field]).is_finite()


@pytest.mark.parametrize(
    "unit", ["1,", "一百", "1 000 ", "1.5亿-", "百分之", "近", "三分之", "1-", "9" * 50 + ".", "000,", "十点五"]
)
def test_endless_quantities_end(unit: str) -> None:
    find(unit * 20_000 + "元")


WORDS = (
    "地区生产总值 固定资产投资 增长 下降 达到 完成 其中 、 ， 。 和 分别 比 上年 今年 1-8月 “十四五”时期 力争 目标 为 "
    "占 （ ） 8.7% 3亿元 1.5个百分点 两成 超过 左右 从 提高到"
)
CLAUSES = st.lists(st.sampled_from(WORDS.split()), max_size=25).map("".join)


@given(CLAUSES)
@settings(FUZZ, max_examples=300)
def test_indicators(text: str) -> None:
    mentions = [Mention(q.start, q.end, q.label) for q in find(text)]
    for record in extract(text, mentions, [(i, i + 1) for i in range(len(text))], "review", ()):
        assert record.indicator in text
        assert 0 <= record.start <= record.end <= len(text)
        assert 0 <= record.mention < len(mentions)


ITEM = Item("a.txt", 0, BODY, ("标题",), "石桥镇", ("economy",), 0.5, ((0, 4, "ORG"),), ("工业总产值",))
TABLE = read_table()


@pytest.mark.parametrize("tool", TOOLS)
def test_importers(tmp_path_factory: pytest.TempPathFactory, tool: str) -> None:
    """What a tool's file became on its way: an error of ours, or lines that can't be used, named."""
    path = tmp_path_factory.mktemp("fuzz") / f"a{TOOLS[tool][1]}"
    exchange.write(tool, [ITEM, ITEM], path, TABLE)
    good = path.read_bytes()

    @given(st.one_of(mutated(good), st.binary(max_size=200)))
    @FUZZ
    def check(data: bytes) -> None:
        path.write_bytes(data)
        try:
            imported = exchange.gather(exchange.read(path, tool), TABLE, True)
        except UsageError as error:
            assert "\n" not in str(error)
            return
        for paragraph in imported.paragraphs:
            assert paragraph.text == BODY

    check()


KEYS = (
    "text entities cats label spans start end accept answer data annotations result value labels choices doc_id "
    "paragraph key meta type from_name start_offset"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=6),
    max_leaves=20,
)


@pytest.mark.parametrize("tool", ["doccano", "prodigy", "label-studio"])
def test_importers_of_json(tmp_path_factory: pytest.TempPathFactory, tool: str) -> None:
    """JSON of the right words in the wrong shape."""
    path = tmp_path_factory.mktemp("fuzz") / f"a{TOOLS[tool][1]}"

    @given(st.lists(JSON, max_size=3))
    @FUZZ
    def check(rows: list[object]) -> None:
        text = json.dumps(rows) if tool == "label-studio" else "\n".join(map(json.dumps, rows))
        path.write_text(text, encoding="utf-8")
        try:
            exchange.gather(exchange.read(path, tool), TABLE, True)
        except UsageError as error:
            assert "\n" not in str(error)

    check()

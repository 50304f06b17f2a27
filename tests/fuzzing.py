"""Fuzz targets: what is thrown at what reads foreign input, and what must hold all the same.

One table for two drivers: ``tests/test_fuzzing.py`` has hypothesis draw some examples of each; ``scripts/fuzz.py`` has
libFuzzer hunt for as long as one likes, led by which branches an input reaches.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import exchange
from pipeline.documents import Source, build, clean, read
from pipeline.documents.formats import html
from pipeline.errors import DocumentError, UsageError
from pipeline.exchange.items import Item
from pipeline.exchange.tools import TOOLS
from pipeline.stages.indicators import counts, tables
from pipeline.stages.indicators.grammar import Mention, extract
from pipeline.stages.quantities.component import find
from pipeline.stages.themes.table import read_table
from tests.documents.oracles import HAN, TEXTS, check_document, check_map
from tests.documents.samples import BODY, HTML, make_docx, make_html, make_pdf
from tests.documents.test_bombs import DOCUMENT, FONT, page, stream

# A deadline a busy machine keeps; what hangs takes minutes.
FUZZ = settings(max_examples=120, deadline=20_000, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class Target:
    """What is drawn, and what must hold of it.

    Attributes
    ----------
    strategy : SearchStrategy
        Draws what `check` takes.
    check : callable
        Raises where something is wrong; tells how much of a file was of use.
    seeds : tuple of bytes
        Where `check` takes the bytes of a file: good files, for a driver that changes bytes by itself.
    examples : int
        How many hypothesis draws.
    """

    strategy: st.SearchStrategy[Any]
    check: Callable[[Any], int | None]
    seeds: tuple[bytes, ...] = ()
    examples: int = 120

    def test(self) -> Any:
        """As a test of hypothesis."""

        def check(drawn: Any) -> None:
            try:
                self.check(drawn)
            except Exception as error:
                error.add_note(f"drawn: {drawn!r}")
                raise

        return settings(FUZZ, max_examples=self.examples)(given(self.strategy)(check))


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


def check_reading(path: Path, data: bytes) -> int:
    """A file is read, with nothing of its text lost, or refused by one line; tells how many documents it held."""
    path.write_bytes(data)
    documents = 0
    for item in read(path, path.name):
        if isinstance(item, DocumentError):
            assert "\n" not in str(item)
            continue
        assert isinstance(item, Source)
        document = build(item.name, item)
        check_document(document)
        json.dumps(item.name + item.title + document.clean.text).encode()
        documents += 1
    return documents


def reader(folder: Path, suffix: str) -> Target:
    good = {
        "txt": lambda: BODY.encode(),
        "md": lambda: f"# 标题\n\n- **{BODY}**".encode(),
        "html": make_html,
        "docx": make_docx,
        "pdf": lambda: make_pdf([BODY]),
        "jsonl": lambda: (json.dumps({"id": "a", "text": BODY}, ensure_ascii=False) + "\n").encode() * 2,
    }[suffix]()

    def check(data: bytes) -> int:
        return check_reading(folder / f"a.{suffix}", data)

    return Target(st.one_of(mutated(good), st.binary(max_size=300)), check, (good,))


def docx_part(folder: Path) -> Target:
    """Noise inside the XML of the text, where the archive's checksums don't catch it."""
    parts = _docx_parts()

    def check(text: bytes) -> int:
        return check_reading(folder / "a.docx", _packed({**parts, DOCUMENT: text}))

    return Target(mutated(parts[DOCUMENT]), check, (parts[DOCUMENT],))


def docx_parts(folder: Path) -> Target:
    """The same in any of the parts."""
    parts = _docx_parts()

    def check(change: tuple[str, bytes]) -> None:
        check_reading(folder / "a.docx", _packed({**parts, change[0]: change[1]}))

    changed = st.sampled_from(sorted(parts)).flatmap(lambda name: st.tuples(st.just(name), mutated(parts[name])))
    return Target(changed, check)


def _docx_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(make_docx())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return packed.getvalue()


def pdf_streams(folder: Path) -> Target:
    """Noise inside a page's instructions, packed again so that they are followed."""
    good = b"BT /A 9 Tf 10 700 Td (Shiqiao) Tj 0 -12 Td [(to) -200 (wn)] TJ T* (report) ' ET q 1 0 0 1 5 5 cm Q"

    def check(content: bytes) -> int:
        packed = stream(zlib.compress(content), b"/Filter /FlateDecode")
        return check_reading(folder / "a.pdf", page(packed, FONT, resources=b"/Font <</A 5 0 R>>"))

    return Target(mutated(good), check, (good,))


def html_pages(folder: Path) -> Target:
    """No Chinese character of a shuffled page appears twice."""

    def check(shuffled: str) -> None:
        try:
            text = html.extract(shuffled.encode(), "a.html").text()
        except DocumentError:
            return
        assert all(text.count(c) <= shuffled.count(c) for c in set(text) if c > "\u4e00")

    return Target(st.lists(st.sampled_from(HTML.split()), max_size=30).map(" ".join), check)


def cleaning(folder: Path) -> Target:
    def check(source: str) -> None:
        once = clean(source)
        check_map(source, once)
        assert len(HAN.findall(once.text)) == len(HAN.findall(source))
        assert clean(once.text).text == once.text

    return Target(TEXTS, check, examples=400)


LINES = (
    "石桥镇2025年政府工作报告 标题：石桥镇工作报告 日期：2025-01-09 正文： 2025年1月9日 各位代表： "
    "（2025年1月9日在石桥镇第三次会议上） 一、过去一年工作回顾 （一）工业经济稳步向前 1.加快项目建设 (2)、 第一章 "
    "第二，抓好农业。 ▲新校舍 责任编辑： 分享到： 相关链接 版权所有 # ## --- *** - > ** "
    "指标\t单位\t完成 鎮(zhèn)會(huì) 石桥镇人民政府 谢谢大家！ 返回顶部 经 济 发 展 问题和不足： "
    "2026年主要目标：地区生产总值增长6%。 十件民生实事 20xx年 \u3000\u3000 \ufeff , ; ( ) 9"
)
LINE = st.one_of(st.lists(st.sampled_from([*LINES.split(" "), BODY, BODY[:16], " "]), max_size=6).map("".join), TEXTS)
REPORTS = st.tuples(st.sampled_from(["txt", "md", "docx"]), st.lists(LINE, max_size=14), st.booleans())


def structure(folder: Path) -> Target:
    """Lines of reports in any order; any of them is a heading where the format has such."""

    def check(report: tuple[str, list[str], bool]) -> None:
        kind, lines, titled = report
        starts = list(_starts(lines))
        headings = tuple((start, at % 4) for at, start in enumerate(starts) if kind == "docx" and lines[at][:1].strip())
        title = lines[0] if titled and lines else ""
        source = Source("a", kind, "utf-8", "", "\n".join(lines), "a", title=title, headings=headings)
        check_document(build("a", source))

    return Target(REPORTS, check, examples=300)


def _starts(lines: Sequence[str]) -> Iterator[int]:
    start = 0
    for line in lines:
        yield start
        start += len(line) + 1


AMOUNTS = st.text(
    "0123456789.,，％%‰-~—至到 一二两三百千万亿点几多余近约超元美港日欧￥$成个百分点之增长投资额年村级。以上",
    max_size=40,
)


def quantities(folder: Path) -> Target:
    def check(text: str) -> None:
        found = find(text)
        assert all(0 <= q.start < q.end <= len(text) for q in found)
        assert all(a.end <= b.start for a, b in pairwise(found))
        for quantity in found:
            for field in ("amount", "value", "low", "high"):
                if quantity.norm.get(field) is not None:
                    assert Decimal(quantity.norm[field]).is_finite()

    return Target(AMOUNTS, check, examples=600)


WORDS = (
    "地区生产总值 固定资产投资 增长 下降 达到 完成 其中 、 ， 。 和 分别 比 上年 今年 1-8月 “十四五”时期 力争 目标 为 "
    "占 （ ） 8.7% 3亿元 1.5个百分点 两成 超过 左右 从 提高到"
)
CLAUSES = st.lists(st.sampled_from(WORDS.split()), max_size=25).map("".join)


def indicators(folder: Path) -> Target:
    def check(text: str) -> None:
        mentions = [Mention(q.start, q.end, q.label) for q in find(text)]
        for record in extract(text, mentions, [(i, i + 1) for i in range(len(text))], "review", ()):
            check_statement(text, record)
            assert 0 <= record.mention < len(mentions)

    return Target(CLAUSES, check, examples=300)


FIGURES = "石桥镇 12家 300公里 1.2万人次 二十一个 3,000 85.2 -3 企业 公路 新增 （万元） 单位 2025年 ±％ ㎡"
PLACE = "石桥镇"


def figures(folder: Path) -> Target:
    """Counts in sentences, and rows of tables."""

    def check(texts: tuple[str, str]) -> None:
        head, text = texts
        places = [Mention(at, at + len(PLACE), "GPE") for at in range(len(text)) if text.startswith(PLACE, at)]
        mentions = sorted([*places, *(Mention(q.start, q.end, q.label) for q in find(text))], key=lambda m: m.start)
        if tables.is_row(text):
            found, counted = tables.extract(text, mentions, tables.read_heads(head), "review", ())
            for record in found:
                check_statement(text, record)
        else:
            counted = counts.extract(text, mentions, [(i, i + 1) for i in range(len(text))], "targets", ("目标",))
        for record in counted:
            check_statement(text, record)
            assert 0 <= record.count.start < record.count.end <= len(text)

    rows = st.lists(st.sampled_from([*WORDS.split(), *FIGURES.split(), "\t"]), max_size=20).map("".join)
    return Target(st.tuples(rows, rows), check, examples=300)


def check_statement(text: str, record: Any) -> None:
    """An indicator is named by the text, and its evidence lies in it."""
    assert record.indicator in text
    assert 0 <= record.start <= record.end <= len(text)


ITEM = Item("a.txt", 0, BODY, ("标题",), "石桥镇", ("economy",), 0.5, ((0, 4, "ORG"),), ("工业总产值",))
TABLE = read_table()


def importer(folder: Path, tool: str) -> Target:
    """What a tool's file became on its way: an error of ours, or lines that can't be used, named."""
    path = folder / f"a{TOOLS[tool][1]}"
    exchange.write(tool, [ITEM, ITEM], path, TABLE)
    # As Label Studio gives it back to somebody who took over what was predicted.
    good = path.read_bytes().replace(b'"predictions"', b'"annotations"')

    def check(data: bytes) -> int:
        path.write_bytes(data)
        try:
            imported = exchange.gather(exchange.read(path, tool), TABLE, True)
        except UsageError as error:
            assert "\n" not in str(error)
            return 0
        for paragraph in imported.paragraphs:
            # libFuzzer sees what the key of another text should be, and puts it in.
            forged = exchange.items.key(paragraph.text, [], [], []).split("-")[0].encode() in data
            assert paragraph.text == BODY or forged
        return len(imported.paragraphs)

    return Target(st.one_of(mutated(good), st.binary(max_size=200)), check, (good,))


KEYS = (
    "text entities cats label spans start end accept answer data annotations result value labels choices doc_id "
    "paragraph key meta type from_name start_offset"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=6),
    max_leaves=20,
)


def importer_of_json(folder: Path, tool: str) -> Target:
    """JSON of the right words in the wrong shape."""
    path = folder / f"a{TOOLS[tool][1]}"

    def check(rows: list[object]) -> None:
        text = json.dumps(rows) if tool == "label-studio" else "\n".join(map(json.dumps, rows))
        path.write_text(text, encoding="utf-8")
        try:
            exchange.gather(exchange.read(path, tool), TABLE, True)
        except UsageError as error:
            assert "\n" not in str(error)

    return Target(st.lists(JSON, max_size=3), check)


TARGETS: dict[str, Callable[[Path], Target]] = {
    **{f"read-{suffix}": partial(reader, suffix=suffix) for suffix in ("txt", "md", "html", "docx", "pdf", "jsonl")},
    "read-docx-text": docx_part,
    "read-docx-parts": docx_parts,
    "read-pdf-streams": pdf_streams,
    "read-html-shuffled": html_pages,
    "cleaning": cleaning,
    "structure": structure,
    "quantities": quantities,
    "indicators": indicators,
    "figures": figures,
    **{f"import-{tool}": partial(importer, tool=tool) for tool in TOOLS},
    **{f"import-{tool}-json": partial(importer_of_json, tool=tool) for tool in ("doccano", "prodigy", "label-studio")},
}
"""By name; each is given a folder of its own."""

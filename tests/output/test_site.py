from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from lxml import html
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Span
from typer.testing import CliRunner

import pipeline
from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.output.notebook import Record
from pipeline.output.palette import COLOURS
from pipeline.output.site import build, folder
from pipeline.output.site.drawing import Mark, draw
from pipeline.output.site.server import SiteServer
from pipeline.output.site.summary import context
from pipeline.output.site.values import describe
from pipeline.stages.themes.table import Theme
from tests.output.records import HOSTILE, record, write_run

RUNNER = CliRunner()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "out", [record(), HOSTILE])


def _page(pages: dict[str, str], part: str) -> Any:
    return html.fromstring(next(text for name, text in pages.items() if part in name))


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ([], "河口镇党委抓产业"),
        ([(0, 3, "GPE")], "[GPE 河口镇]党委抓产业"),
        ([(0, 5, "ORG"), (6, 8, "KEYPHRASE")], "[ORG 河口镇党委]抓[KEYPHRASE 产业]"),
        ([(6, 8, "KEYPHRASE"), (0, 5, "ORG")], "[ORG 河口镇党委]抓[KEYPHRASE 产业]"),
        ([(0, 5, "ORG"), (3, 8, "KEYPHRASE")], "{河口镇:ORG|党委:ORG+KEYPHRASE|抓产业:KEYPHRASE}"),
        ([(0, 5, "ORG"), (0, 5, "KEYPHRASE")], "{河口镇党委:KEYPHRASE+ORG}抓产业"),
        ([(0, 5, "ORG"), (5, 8, "KEYPHRASE")], "[ORG 河口镇党委][KEYPHRASE 抓产业]"),
        ([(0, 8, "ROLE")], "[ROLE 河口镇党委抓产业]"),
        ([(4, 99, "ORG"), (-1, 2, "ORG")], "河口镇党委抓产业"),
    ],
)
def test_ents_where_marks_stand_alone_and_spans_where_they_overlap(
    marks: list[tuple[int, int, str]], shown: str
) -> None:
    drawn = draw("河口镇党委抓产业", [Mark(*mark) for mark in marks])
    assert "style=" not in drawn
    found = []
    tree = html.fragment_fromstring(drawn, create_parent=True)
    found.append(tree.text or "")
    for child in tree:
        if "stack" in child.get("class", ""):
            tokens = []
            for token in child.xpath("span"):
                labels = [name.split()[1] for name in token.xpath("span[contains(@class, 'slice')]/@class")]
                tokens.append(f"{token.text}:{'+'.join(labels)}")
            found.append("{" + "|".join(tokens) + "}")
        else:
            found.append(f"[{child.get('data-label')} {child.text_content()}]")
        found.append(child.tail or "")
    assert "".join(found) == shown
    assert tree.text_content() == "河口镇党委抓产业"


def test_an_entity_in_a_stack_is_named_behind_its_last_token() -> None:
    drawn = draw("河口镇党委抓产业", [Mark(0, 5, "ORG"), Mark(3, 8, "KEYPHRASE"), Mark(6, 8, "FAC")])
    tokens = html.fragment_fromstring(drawn, create_parent=True).xpath("span/span")
    named = [(token.text, token.xpath("span[starts-with(@class, 'name')]/@data-label")) for token in tokens]
    assert named == [("河口镇", []), ("党委", ["ORG"]), ("抓", []), ("产业", ["FAC"])]


@pytest.mark.parametrize(
    ("norm", "said"),
    [
        (None, []),
        ({"amount": "18925000000", "currency": "CNY", "bound": "exact"}, ["189.25 亿 CNY"]),
        ({"amount": "5000", "currency": "USD", "bound": "at_least"}, ["5,000 USD", "at least"]),
        ({"value": "8.7", "unit": "%"}, ["8.7 %"]),
        ({"value": "1.50", "unit": "pp", "bound": "about"}, ["1.5 pp", "about"]),
        ({"value": None, "low": "8", "high": "10", "unit": "%"}, ["8 % – 10 %"]),
        ({"value": "<b>", "unit": "%"}, []),
        ({"code": "440605124", "name": "河口镇"}, ["code 440605124", "河口镇"]),
    ],
)
def test_values_for_readers(norm: dict[str, Any] | None, said: list[str]) -> None:
    assert describe(norm) == said


def test_pages_of_a_site(run: Path) -> None:
    pages = dict(build(run))
    assert len(pages) == 4
    index = _page(pages, "index.html")
    row = index.xpath("//table[@id='documents']/tbody/tr")[0]
    assert row.xpath("string(th/a)") == "河口镇政府工作报告"
    assert [cell.text_content() for cell in row.xpath("td[@class='number']")] == [
        "8",
        "99",
        "1",
        "1",
        "1",
        "1",
        "2",
        "1",
    ]
    document = _page(pages, row.xpath("th/a/@href")[0])
    part = document.get_element_by_id("p2")
    assert part.get("data-themes") == "industry economy"
    assert part.xpath("string(p)").startswith("去年")
    money = part.xpath(".//mark[@data-label='MONEY']")[0]
    assert "12.5 亿 CNY" in money.get("title")
    assert "rule:quantities" in money.get("title")
    assert part.xpath(".//*[contains(@class, 'stack')]")
    assert part.xpath("string(.//details[@class='indicators']//td[3])") == "actual"
    assert document.get_element_by_id("p7").xpath("ancestor::details[@class='folded']")
    assert [link.get("href") for link in document.xpath("//nav[@class='outline']//a")][:2] == ["#p0", "#p1"]
    report = _page(pages, "report.html")
    assert report.xpath("//*[local-name()='svg']")
    links = [link for link in report.xpath("//main//@href") if link.startswith("documents/")]
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        assert name in pages
        if re.fullmatch(r"p\d+", anchor):
            _page(pages, name).get_element_by_id(anchor)
    for link in report.xpath("//main//@href[starts-with(., '#')]"):
        report.get_element_by_id(link[1:])


def test_bare_records_have_pages(tmp_path: Path) -> None:
    assert sorted(dict(build(write_run(tmp_path / "none", [])))) == ["index.html", "report.html"]
    bare = record() | {"entities": [], "keyphrases": [], "indicators": []}
    bare["paragraphs"] = [p | {"themes": [], "keyphrases": []} for p in bare["paragraphs"]]
    bare["meta"] = {"title": "", "date": "", "issuer": {"name": "", "code": None}}
    pages = dict(build(write_run(tmp_path / "bare", [bare])))
    assert _page(pages, "documents/").xpath("string(//h1)") == "reports/hekou.txt"
    assert "None found" in pages["report.html"]


def test_names_of_one_place_count_together(tmp_path: Path) -> None:
    other = json.loads(json.dumps(record(), ensure_ascii=False).replace('"text": "河口镇"', '"text": "河口"'))
    report = _page(dict(build(write_run(tmp_path / "out", [record(), other | {"doc_id": "b"}]))), "report.html")
    rows = report.get_element_by_id("places").xpath(".//details/summary")
    assert [row.text_content() for row in rows] == ["河口镇 2"]


def test_growth_from_indicators_and_from_words(tmp_path: Path) -> None:
    plain = record() | {"indicators": []}
    for number, one in enumerate((record(), plain)):
        report = _page(dict(build(write_run(tmp_path / str(number), [one]))), "report.html")
        growth = report.get_element_by_id("growth")
        assert "8.0%" in growth.text_content()
        assert growth.xpath("string(.//tbody/tr/th)").strip() == ("工业总产值", "产业与企业")[number]
        assert ("工业总产值" in "".join(growth.xpath(".//*[local-name()='svg']//*/text()"))) == (number == 0)


def test_nothing_of_a_document_becomes_markup(run: Path) -> None:
    for name, text in build(run):
        tree = html.document_fromstring(text)
        assert len(tree.xpath("//script")) == 1, name
        assert not tree.xpath(
            "//img | //iframe | //object | //form[@action] | //*[@style] | //@*[starts-with(name(), 'on')]"
        )
        for link in tree.xpath("//@href | //@src"):
            assert re.fullmatch(r"data:,|(\.\./)?((index|report)\.html|documents/[\w-]+\.html)?(#[^\"'<>]*)?", link), (
                link
            )
    hostile = next(text for name, text in build(run) if name.startswith("documents/") and "hekou" not in name)
    assert "&lt;script&gt;" in hostile
    assert "<script>alert" not in hostile


def test_policy_names_what_is_on_the_page(run: Path) -> None:
    import base64
    import hashlib

    for _, text in build(run):
        policy = html.document_fromstring(text).xpath("string(//meta[@http-equiv]/@content)")
        assert "unsafe" not in policy
        for tag in ("script", "style"):
            content = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            assert content
            assert base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode() in policy


def test_source_is_shown_only_if_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    text = "河口镇政府工作报告\n\n去年工業總產值１２．５億元。\n頁腳殘留\n"
    path.write_text(text, encoding="utf-8")
    nlp_free = record(path=path, source=text)
    shown = _page(dict(build(write_run(tmp_path / "a", [nlp_free]))), "documents/")
    assert "工業總產值" in shown.text_content()
    assert "頁腳殘留" in shown.xpath("string(//article/div[@class='gap source'][last()])")
    path.write_text(text.replace("去年", "今年"), encoding="utf-8")
    gone = _page(dict(build(write_run(tmp_path / "b", [nlp_free]))), "documents/")
    assert "工業總產值" not in gone.text_content()
    assert gone.xpath("//button[@id='source']/@disabled")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: no record"),
        ('{"schema": "other/2"}', "schema 'other/2'"),
        ('{"schema": "pipeline.annotations/1"}', "no 'source'"),
        ("[]", "line 1"),
    ],
)
def test_damaged_results_are_named(tmp_path: Path, line: str, said: str) -> None:
    run = write_run(tmp_path / "out", [])
    (run / "annotations.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(said)):
        list(build(run))


def test_view_writes_files_and_keeps_others(run: Path, tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    arguments = ["view", str(run), "--html", str(site)]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "4 pages" in result.output
    assert sorted(path.name for path in site.iterdir()) == ["documents", "index.html", "report.html"]
    with pytest.raises(UsageError, match="--force"):
        folder.write(run, site)
    assert RUNNER.invoke(app, [*arguments, "--force"]).exit_code == 0
    (site / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        folder.write(run, site, force=True)
    assert (site / "mine.txt").read_text(encoding="utf-8") == "keep"
    with pytest.raises(UsageError, match=r"annotations\.jsonl|run\.json"):
        folder.write(tmp_path, tmp_path / "other")


def test_three_hundred_documents(tmp_path: Path) -> None:
    """As long-winded as real ones: titles, file names, thirty phrases, names of places, three themes, warnings."""
    records = []
    for number in range(300):
        one = record() | {"doc_id": f"reports/2019/some-county-government-work-report-{number:03}.txt"}
        issuer = {"name": "沧港经济开发区", "code": "320900000000"}
        one["meta"] = {
            "title": "关于河口镇国民经济和社会发展情况的工作报告" + "一" * 12,
            "date": "2020-01-08",
            "issuer": issuer,
        }
        one["keyphrases"] = [{"text": f"装备制造产业集群{n:02}", "score": 0.5, "mentions": [[0, 4]]} for n in range(30)]
        one["entities"] = one["entities"] + [
            one["entities"][0] | {"id": 9 + n, "text": f"河口镇装备制造产业园{n:02}号"} for n in range(20)
        ]
        for paragraph, theme in zip(one["paragraphs"][2:5], ("government", "culture", "agriculture"), strict=True):
            paragraph |= {"role": "body", "themes": [{"theme": theme, "score": 0.9}]}
        records.append(one)
    run = write_run(tmp_path / "out", records)
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    message = (
        "The title says 2023, the content speaks of 2011–2015, 2016–2020: the title may not be the document's own."
    )
    manifest["warnings"] = [{"kind": "title_year", "doc_id": r["doc_id"], "message": message} for r in records * 2]
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    pages = dict(build(run))
    assert len(pages["index.html"].encode()) < 1_000_000
    assert len(pages["report.html"].encode()) < 3_000_000


@pytest.fixture
def server(run: Path, tmp_path: Path) -> Iterator[SiteServer]:
    folder.write_pages(run, tmp_path / "site")
    (tmp_path / "site" / "secret.txt").write_text("secret", encoding="utf-8")
    with SiteServer(tmp_path / "site", 0) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", "127.0.0.1", 200),
        ("GET", "/index.html?x=1", "localhost:99", 200),
        ("HEAD", "/report.html", "[::1]:80", 200),
        ("GET", "/", "LOCALHOST", 200),
        ("GET", "/", "example.org", 421),
        ("GET", "/", "127.0.0.1.example.org", 421),
        ("GET", "/", "", 421),
        ("GET", "/secret.txt", "localhost", 404),
        ("GET", "/documents/", "localhost", 404),
        ("GET", "/../out/run.json", "localhost", 404),
        ("GET", "/%2e%2e/out/run.json", "localhost", 404),
        ("GET", "//etc/passwd", "localhost", 404),
        ("POST", "/", "localhost", 501),
    ],
)
def test_server_answers_this_machine_and_nothing_but_pages(
    server: SiteServer, method: str, path: str, host: str, status: int
) -> None:
    assert server.server_address[0] == "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.request(method, path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == status
    assert b"secret" not in body
    assert (body == b"") == (method == "HEAD")
    if status == 200:
        assert "default-src 'none'" in (answer.headers["Content-Security-Policy"] or "")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    connection.close()


def test_taken_ports(server: SiteServer, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = server.server_address[1]
    with pytest.raises(UsageError, match=str(taken)):
        SiteServer(tmp_path / "site", taken)
    monkeypatch.setattr("pipeline.output.site.server.PORT", taken)
    with SiteServer(tmp_path / "site") as other:
        assert other.server_address[1] != taken


def test_view_serves_until_interrupted(run: Path) -> None:
    code = "import sys; from pipeline.cli import main; sys.argv[0] = 'pipeline'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "view", str(run)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    line = process.stdout.readline()
    assert re.match(r"http://127\.0\.0\.1:\d+/ ", line)
    process.send_signal(2)
    out, error = process.communicate(timeout=20)
    assert process.returncode == 0, error
    assert out.strip() == "ended"
    assert error == ""


def test_palette_is_the_one_displacy_uses() -> None:
    doc = spacy.blank("zh")("河口镇")
    doc.set_ents([Span(doc, 0, len(doc), "GPE")])
    assert COLOURS["GPE"] in displacy.render(doc, style="ent", jupyter=False)


def test_notebook_shows_a_record() -> None:
    found = Record(record())
    shown = found._repr_html_()
    assert json.loads(json.dumps(found)) == record()
    assert COLOURS["MONEY"] in shown
    assert "12.5亿元" in shown
    assert "产业与企业 0.91" in shown
    assert "<script" not in Record(HOSTILE)._repr_html_()


@pytest.mark.parametrize(
    ("text", "figure", "said"),
    [
        ("指标\t目标\n产值\t增长8%以上\t9%\n又一行。", "8%", "产值: 增长8%以上"),
        ("指标\t目标\n产值\t增长8%以上\t9%\n又一行。", "9%", "产值: 9%"),
        ("产值\t3\n今年，产值增长8%，好。", "8%", "今年，产值增长8%"),
    ],
)
def test_context_of_a_rate(text: str, figure: str, said: str) -> None:
    start = text.index(figure)
    assert context(text, start, start + len(figure), wide=True) == said


def test_counts_stand_in_a_folded_table(tmp_path: Path) -> None:
    found = record()
    first = found["text"].index("亿元")
    said = {"role": "level", "direction": None, "status": "target", "bound": "at_least", "period": "明年"}
    count = {"indicator": "新栽果树", "canonical": "果树", "value": "12000", "unit": "株", "count": [first, first + 2]}
    found["counts"] = [{**count, **said, "paragraph": 2, "start": first - 4, "end": first + 2}]
    pages = dict(build(write_run(tmp_path / "out", [found, record() | {"doc_id": "older.txt"}])))
    documents = [name for name in pages if name.startswith("documents/")]
    tables = [_page(pages, name).xpath("//details[@id='counts'][not(@open)]//tbody/tr") for name in documents]
    ((row,), none) = sorted(tables, key=len, reverse=True)
    assert none == []
    cells = ["".join(cell.itertext()).strip() for cell in row]
    assert cells == ["果树新栽果树", "亿元", "1.2 万 株", "level", "target", "at least", "明年", "¶2"]
    (link,) = row.xpath(".//a[@title]")
    assert link.get("title") == found["text"][first - 4 : first + 2]
    assert link.get("href") == "#p2"


def test_notebook_calls_themes_as_their_own_table_does() -> None:
    themes = [Theme(id="industry", zh="工厂", en="factories"), Theme(id="other", zh="其他", en="other")]
    assert "工厂 0.91" in Record(record(), themes)._repr_html_()


def test_annotate_gives_what_a_notebook_shows(nlp: Language) -> None:
    assert "12.5亿元" in pipeline.annotate("河口镇投入12.5亿元。", nlp)._repr_html_()


def test_rows_that_stand_in_many_documents_get_a_page(tmp_path: Path) -> None:
    records = [record() | {"doc_id": f"reports/{number:03}.txt"} for number in range(30)]
    pages = dict(build(write_run(tmp_path / "out", records)))
    report, evidence = _page(pages, "report.html"), _page(pages, "evidence/organisations.html")
    row = report.get_element_by_id("org-0")
    assert len(row.xpath(".//li")) == 20
    assert "evidence/organisations.html#org-0" in row.xpath(".//@href")
    assert len(evidence.get_element_by_id("org-0").xpath(".//li")) == 30
    assert all(link.removeprefix("../").partition("#")[0] in pages for link in evidence.xpath("//details//@href"))

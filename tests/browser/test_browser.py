from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.comparison import collect, compare
from pipeline.comparison.writing import write
from pipeline.output.site import folder
from pipeline.output.site.addresses import file_name
from pipeline.output.site.server import SiteServer
from tests.output.records import HOSTILE, record, write_run

pytestmark = pytest.mark.browser

PLAIN = file_name(record()["doc_id"])
OTHER = "reports/liuan.txt"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("site 一 'x'")
    other = record() | {"doc_id": OTHER}
    other["meta"] = {"title": "柳安县政府工作报告", "date": "2021-02-03", "issuer": {"name": "柳安县", "code": None}}
    other["paragraphs"] = [p | {"themes": [{"theme": "health", "score": 0.9}]} for p in other["paragraphs"]]
    (top / "in.txt").write_text(source := record()["text"].replace("总", "總"), encoding="utf-8")
    kept = record(path=top / "in.txt", source=source)
    for part in (*kept["paragraphs"], *kept["entities"]):
        part |= {"source_start": part["start"], "source_end": part["end"]}
    for phrase in kept["keyphrases"]:
        phrase["source_mentions"] = phrase["mentions"]
    run = write_run(top / "out", [kept, other, HOSTILE])
    passage = {"paragraph": 4, "other_paragraph": 4, "start": 0, "end": 50}
    warnings = [
        {"kind": "redacted_years", "doc_id": kept["doc_id"], "message": "Years are redacted.", "paragraphs": [7]},
        {
            "kind": "shared_passage",
            "doc_id": OTHER,
            "other": kept["doc_id"],
            "message": "Shared.",
            "passages": [passage],
        },
    ]
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8")) | {"warnings": warnings}
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    folder.write(run, top / "html")
    return top / "html"


@pytest.fixture(params=["disk", "server"])
def base(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    if request.param == "disk":
        yield site.as_uri() + "/"
        return
    with SiteServer(site, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.fixture(autouse=True)
def _nothing_from_elsewhere(browser: Any, base: str) -> Iterator[None]:
    browser.open("about:blank")
    browser.requests(), browser.complaints()
    yield
    for address in browser.requests():
        assert address.startswith((base, "data:", "about:blank")), address
    assert browser.complaints() == []


def test_index_is_searched_filtered_and_sorted(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + "index.html")
    assert browser.shows("#documents tbody tr", 3)
    browser.find("#search").send_keys("ＬＩＵＡＮ 柳安")
    assert browser.shows("#documents tbody tr", 1)
    assert browser.reads("#found", "1 of 3 documents")
    browser.find("#search").clear()
    browser.find("#search").send_keys("装备制造")
    assert browser.shows("#documents tbody tr", 2)
    browser.find("#search").clear()
    browser.find("#theme option[value=health]").click()
    assert browser.shows("#documents tbody tr", 1)
    browser.find("#theme option[value='']").click()
    browser.find("th:nth-child(3) button").click()
    dates = "return [...document.querySelectorAll('#documents .date')].map(c => c.textContent)"
    browser.find("th:nth-child(3) button").click()
    assert browser.find("th:nth-child(3)").get_attribute("aria-sort") == "descending"
    assert [date for date in browser.run(dates) if date.startswith("20")] == ["2021-02-03", "2020-01-08"]
    browser.find("#search").send_keys("柳安")
    assert browser.shows("#documents tbody tr", 1)
    browser.driver.save_screenshot(str(picture))


def test_document_is_filtered_by_theme_and_label(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + f"documents/{PLAIN}")
    assert browser.reads("#found", "8 paragraphs")
    browser.find("#theme option[value=education]").click()
    assert browser.shows("article .part", 1)
    assert browser.driver.current_url.endswith("#theme=education")
    browser.find("button[type=reset]").click()
    assert browser.reads("#found", "8 paragraphs")
    colour = "return getComputedStyle(document.querySelector('mark.MONEY')).backgroundColor"
    assert browser.run(colour) == "rgb(242, 174, 177)"
    browser.find("input[value=MONEY]").click()
    assert browser.run(colour) == "rgba(0, 0, 0, 0)"
    browser.driver.save_screenshot(str(picture))


@pytest.mark.parametrize(
    ("anchor", "parts"), [("theme=industry", 1), ("labels=MONEY,ORG", 1), ("theme=none", 8), ("p4", 8), ("", 8)]
)
def test_state_comes_from_the_address(browser: Any, base: str, anchor: str, parts: int) -> None:
    browser.open(base + f"documents/{PLAIN}#{anchor}")
    assert browser.run("return document.querySelectorAll('.part:not([hidden])').length") == parts


def test_deep_link_opens_what_is_folded(browser: Any, base: str) -> None:
    browser.open(base + f"documents/{PLAIN}")
    assert browser.shows("#p7", 0)
    browser.open(base + f"documents/{PLAIN}#p7")
    assert browser.shows("#p7", 1)
    assert browser.run("return document.querySelector(':target').id") == "p7"


def test_source_text_and_tips(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + f"documents/{PLAIN}")
    assert "总产值" in browser.driver.find_element("id", "p2").text
    browser.find("#source").click()
    shown = browser.driver.find_element("id", "p2").text
    assert "總产值" in shown
    assert "总产值" not in shown
    assert browser.shows("#p2 mark.MONEY", 1)
    assert browser.count("#p2 .source .slice.KEYPHRASE") >= 1
    browser.find("#clean").click()
    browser.run("document.querySelector('mark.MONEY').focus()")
    assert "12.5 亿 CNY" in browser.text("#tip")
    assert browser.count("#p2 .clean .stack .slice") >= 3
    browser.driver.save_screenshot(str(picture))


def test_indicators_are_sorted_and_filtered(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + f"documents/{PLAIN}")
    browser.find("dl.meta a[href='#indicators']").click()
    assert browser.shows("#indicators tbody tr", 2)
    values = "return [...document.querySelectorAll('#indicators tbody td:nth-child(2)')].map(c => c.textContent)"
    browser.find("#indicators th:nth-child(2) button").click()
    assert browser.run(values) == ["12.5亿元", "8%"]
    browser.find("#indicators th:nth-child(2) button").click()
    assert browser.run(values) == ["8%", "12.5亿元"]
    browser.find("#status option[value=target]").click()
    assert browser.reads("#measured", "1 of 2 indicators")
    assert browser.shows("#indicators tbody tr", 1)
    browser.driver.save_screenshot(str(picture))
    browser.find("#indicators tbody tr:not([hidden]) td a").click()
    assert browser.run("return document.querySelector(':target').textContent") == "8%"


def test_warnings_lead_to_both_paragraphs(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + "index.html")
    assert browser.shows(".warn", 2)
    browser.find("#documents tbody tr:nth-child(2) .warn").click()
    browser.driver.save_screenshot(str(picture))
    browser.find("#warnings a[href*='.html#p4']").click()
    assert browser.driver.current_url.endswith(f"documents/{PLAIN}#p4")
    assert browser.shows("#warnings li", 2)
    browser.run("scrollTo(0, 0)")
    browser.find("#warnings a[href='#p7']").click()
    assert browser.shows("#p7", 1)


def test_comparison_leads_to_its_figures(browser: Any, base: str, site: Path) -> None:
    write(compare(list(collect(site.parent / "out")), ["工业总产值"]), site / "comparison.html")
    if base.startswith("file"):
        browser.open(base + "comparison.html")
        browser.find("td a[href*='.html#e']").click()
        assert browser.run("return document.querySelector(':target').textContent") in ("12.5亿元", "8%", "")
        assert browser.run("return document.querySelector(':target').closest('.part').id") == "p2"
    (site / "comparison.html").unlink()


def test_keyboard(browser: Any, base: str) -> None:
    browser.open(base + f"documents/{PLAIN}")
    for key, wanted in (("j", "p0"), ("j", "p1"), ("j", "p2"), ("k", "p1")):
        browser.driver.switch_to.active_element.send_keys(key)
        assert browser.run("return document.activeElement.id") == wanted
    browser.driver.switch_to.active_element.send_keys("n")
    assert browser.run("return document.activeElement.matches('.ent, .stack')")
    browser.driver.switch_to.active_element.send_keys("s")
    assert browser.find("#source").get_attribute("aria-pressed") == "true"


def test_report_leads_to_paragraphs(browser: Any, base: str, picture: Path) -> None:
    browser.open(base + "report.html")
    browser.driver.save_screenshot(str(picture))
    browser.run(
        "document.querySelector('.heat a[href*=\"theme=industry\"]')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.driver.current_url.endswith(f"documents/{PLAIN}#theme=industry")
    browser.open(base + "report.html#org-0")
    assert browser.count("#org-0 .where a") >= 2
    browser.find("#org-0 .where a.para").click()
    assert browser.run("return document.querySelector(':target').id") == "p2"


@pytest.mark.parametrize("page", ["index.html", "report.html", f"documents/{file_name(HOSTILE['doc_id'])}"])
def test_hostile_document_does_nothing(browser: Any, base: str, page: str) -> None:
    browser.open(base + page)
    assert browser.run("return document.scripts.length") == 1
    assert browser.run("return document.images.length") == 0
    assert "<script>alert(1)</script>" in browser.run("return document.body.textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_both_schemes(browser: Any, base: str, scheme: str) -> None:
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        browser.open(base + f"documents/{PLAIN}")
        paper, ink = browser.run(
            "const s = (e) => getComputedStyle(e);"
            "return [s(document.documentElement).backgroundColor, s(document.querySelector('article p')).color]"
        )
        assert _contrast(paper, ink) > 7
        assert (_luminance(paper) < 0.5) == (scheme == "dark")
        mark = browser.run(
            "const s = getComputedStyle(document.querySelector('mark.ORG, mark.GPE'));"
            "return [s.backgroundColor, s.color]"
        )
        assert _contrast(*mark) > 7
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)

from __future__ import annotations

import pytest
import spacy

from pipeline.divisions import short_name
from pipeline.stages.places.gazetteer import gazetteer
from pipeline.stages.places.linking import link, link_issuer, surroundings

ISSUERS = [
    # issuer, title, places named, code
    ("古镇镇", "", ["中山市"], "442000105"),
    ("西区", "", ["中山", "中山"], "442000004"),
    ("西区", "", [], None),
    ("清溪镇", "东莞市清溪镇工作总结", [], "441900115"),
    ("九江镇", "", ["南海区", "佛山市"], "440605121"),
    ("城关镇", "", [], None),
    ("浙江省", "", [], "33"),
    ("无名镇", "浙江省无名镇工作总结", ["浙江省"], None),
]


@pytest.mark.parametrize(("name", "title", "named", "code"), ISSUERS)
def test_issuer(name: str, title: str, named: list[str], code: str | None) -> None:
    found = link_issuer(name, title, "", named, gazetteer())
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("mention", "issuer", "code"),
    [
        ("九江", "440605121", "440605121"),  # the town itself, not the city in 江西
        ("九江", None, "3604"),
        ("小榄镇", "442000105", "442000118"),
        ("中山", "442000105", "4420"),
        ("河西区", "442000004", None),
        ("意大利", None, None),
        ("城关镇", None, None),
        ("中山西区", "442000105", "442000004"),
        ("东莞清溪镇", None, "441900115"),
        ("佛山市南海区", None, "440605"),
        ("中山城关镇", None, None),
        ("潮州", "442000004", "4451"),
        ("翠微镇", "442000105", None),
    ],
)
def test_mention(mention: str, issuer: str | None, code: str | None) -> None:
    table = gazetteer()
    found = link(mention, table.by_code[issuer] if issuer else None, surroundings([mention], table), table)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(("above", "issuer"), [("4420", "442000105"), ("4419", "441900102"), ("440605", "440605121")])
def test_every_town_of_a_neighbour_is_linked(above: str, issuer: str) -> None:
    table = gazetteer()
    towns = [row for row in table.rows if row.level == "town" and row.code.startswith(above)]
    assert len(towns) > 5
    for town in towns:
        for name in {town.name, short_name(town.name)}:
            assert link(name, table.by_code[issuer], surroundings([name], table), table) == town


def test_stage_links_entities_and_deictic_words() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("places")
    doc = nlp.make_doc("我镇位于中山市，全市各镇健全区域协作，全县没有。")
    doc._.meta = {"title": "中山市古镇镇总结", "issuer": "古镇镇"}
    doc.ents = [doc.char_span(4, 7, label="GPE", alignment_mode="expand")]
    doc = nlp(doc)
    assert doc.ents[0]._.norm == {"code": "442000000000"}
    assert doc._.places == {"name": "古镇镇", "code": "442000105000"}
    assert [(span.text, span._.norm["code"]) for span in doc.spans["deictic"]] == [
        ("我镇", "442000105000"),
        ("全市", "442000000000"),
    ]


@pytest.mark.parametrize(
    ("text", "mention", "label", "issuer", "title", "expected"),
    [
        ("今年西区要加快发展。", "西区", "LOC", "西区", "中山市西区工作计划", ("GPE", "442000004000", "rule:issuer")),
        ("建设清溪新面貌。", "清溪", "FAC", "清溪镇", "东莞市清溪镇总结", ("GPE", "441900115000", "rule:issuer")),
        ("中山市西区有新路。", "西区", "LOC", "西区", "中山市西区工作计划", ("GPE", "442000004000", "rule:issuer")),
        (
            "和小榄镇到攀枝花市西区学习，再到中山市。",
            "西区",
            "LOC",
            "西区",
            "中山市西区工作计划",
            ("LOC", None, "model:x"),
        ),
        ("狮滘河西区段完工。", "狮滘河西区", "LOC", "西区", "中山市西区工作计划", ("LOC", None, "model:x")),
        ("西区中学开学了。", "西区", "ORG", "西区", "中山市西区工作计划", ("ORG", None, "model:x")),
        ("无名山庄很美。", "无名", "LOC", "无名镇", "", ("GPE", None, "rule:issuer")),
        ("今年西区要加快发展。", "西区", "LOC", "", "", ("LOC", None, "model:x")),
    ],
)
def test_region_that_is_the_issuer(
    text: str, mention: str, label: str, issuer: str, title: str, expected: tuple[str, str | None, str]
) -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("places")
    doc = nlp.make_doc(text)
    doc._.meta = {"title": title, "issuer": issuer}
    at = text.index(mention)
    ents = [doc.char_span(at, at + len(mention), label=label)]
    ents += [
        doc.char_span(a, a + len(n), label="GPE") for n in ("中山市", "小榄镇", "攀枝花市") if (a := text.find(n)) >= 0
    ]
    for ent in ents:
        ent._.provenance = "model:x"
    doc.ents = ents
    found = next(ent for ent in nlp(doc).ents if ent.text == mention)
    assert (found.label_, (found._.norm or {}).get("code"), found._.provenance) == expected

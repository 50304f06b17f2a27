"""Cleaning: a table of what becomes what, and properties of the offset map."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from pipeline.documents import clean
from tests.documents.oracles import HAN, TEXTS, check_map

EXAMPLES = [
    # newlines, blanks, invisible characters
    ("一\r\n二\r三\u2028四\x85五", "一\n二\n三\n四\n五"),
    ("\n\n一\n \n\u3000\n二\n\n", "一\n二"),
    ("\ufeff一\u200b二\xad三\x00四\x07", "一二三四"),
    ("\u3000\u3000开头\xa0\xa0", "开头"),
    ("GDP \u3000 growth", "GDP growth"),
    ("指标\t2021年\t增长", "指标\t2021年\t增长"),
    ("一\ud800二", "一二"),
    # spaces inside Chinese text
    ("经 济 发 展", "经济发展"),
    ("发展 ，同比", "发展，同比"),
    ("完成 35 亿元", "完成 35 亿元"),
    # half-width punctuation
    ("开会,研究;通过:决定?好!", "开会，研究；通过：决定？好！"),
    ("增长8.7%,同比", "增长8.7%，同比"),
    ("增长8.7%; 其中", "增长8.7%；其中"),
    ("增长8%,2021年", "增长8%，2021年"),
    ("投资1,200亿元", "投资1,200亿元"),
    ("比分3:2,时间10:30", "比分3:2,时间10:30".replace(",", "，")),
    ("(一)总体要求", "（一）总体要求"),
    ("(2018~2020年)建成", "（2018~2020年）建成"),
    ("河湾(石桥)园区", "河湾（石桥）园区"),
    ("商务区(CBD)", "商务区（CBD）"),
    ("f(x), g(y): OK?", "f(x), g(y): OK?"),
    ("http://example.org", "http://example.org"),
    # full-width digits, letters, percent
    ("１.５％", "1.5%"),
    ("１．５％的ＧＤＰ", "1.5%的GDP"),
    # glosses
    ("河灣鎮(zhèn)開會(huì)", "河湾镇开会"),
    ("石桥（qiáo）村", "石桥村"),
    ("重(chóng)庆和重(zhòng)点", "重庆和重点"),
    ("石桥(shí qiáo)村", "石桥村"),
    ("西安(Xī'ān)城", "西安城"),
    ("绿(lǜ)色、女(nv)工", "绿色、女工"),
    ("桥 (qiáo) 头", "桥头"),
    ("桥(qia\u0301o)头", "桥头"),
    ("桥(河)头", "桥（河）头"),
    ("桥(hé)头", "桥（hé）头"),
    ("石油(SY)", "石油（SY）"),
    ("a(a)", "a(a)"),
    # scripts
    ("本鎮堅持發展實體經濟", "本镇坚持发展实体经济"),
    ("乾隆年間開鑿的運河", "乾隆年间开凿的运河"),
    ("我们坚持发展实体经济，參觀了博物馆", "我们坚持发展实体经济，參觀了博物馆"),
    ("", ""),
    (" \n ", ""),
]


@pytest.mark.parametrize(("source", "expected"), EXAMPLES)
def test_examples(source: str, expected: str) -> None:
    assert clean(source).text == expected


def test_spans_reach_over_a_gloss() -> None:
    source = "在河灣鎮(zhèn)召開"
    cleaned = clean(source)
    start = cleaned.text.index("河湾镇")
    first, last = cleaned.source_span(start, start + 4)
    assert source[first:last] == "河灣鎮(zhèn)召"


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_every_character_knows_its_span(source: str) -> None:
    check_map(source, clean(source))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_chinese_character_is_lost(source: str) -> None:
    assert len(HAN.findall(clean(source).text)) == len(HAN.findall(source))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_changes_nothing(source: str) -> None:
    once = clean(source).text
    assert clean(once).text == once


def test_a_long_line_takes_linear_time() -> None:
    line = "今年全镇完成工业总产值18.9亿元,同比增长8.7%;(其中)园区占3成。" * 90_000
    began = time.perf_counter()
    cleaned = clean(line)
    assert time.perf_counter() - began < 10
    assert len(cleaned.text) == len(line)


@pytest.mark.parametrize("unit", ["(", "鎮(zhèn", "（a", ",", " ", "\n", "\x00", "镇(zhèn)", "“", "鎮(zhèn)(zhèn)"])
def test_hostile_repetition_takes_linear_time(unit: str) -> None:
    began = time.perf_counter()
    clean(unit * 200_000)
    assert time.perf_counter() - began < 10

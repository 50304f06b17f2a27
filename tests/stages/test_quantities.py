from __future__ import annotations

import re
from decimal import Decimal

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numerals import parse, plain
from pipeline.stages.quantities.component import find

MONEY = [
    # marked text, amount or low..high, currency, bound
    ("工业总产值[189.25亿元]", "18925000000", "CNY", "exact"),
    ("固定资产投资约[1000万元]", "10000000", "CNY", "about"),
    ("融资[近亿元]", "100000000", "CNY", "nearly"),
    ("投资超[300多亿元]", "30000000000", "CNY", "over"),
    ("投入[三百多亿元]", "30000000000", "CNY", "over"),
    ("税收[1,200万元]", "12000000", "CNY", "exact"),
    ("投资[2.6亿-3亿元]", "260000000..300000000", "CNY", "exact"),
    ("投资[2到3亿元]", "200000000..300000000", "CNY", "exact"),
    ("注册资本[人民币3亿元]", "300000000", "CNY", "exact"),
    ("利用外资[5000万美元]", "50000000", "USD", "exact"),
    ("合同金额[1.2亿港元]", "120000000", "HKD", "exact"),
    ("贷款[港币5000万元]", "50000000", "HKD", "exact"),
    ("补助[一千二百元]", "1200", "CNY", "exact"),
    ("每户[5000余元]", "5000", "CNY", "over"),
    ("总投资[１２.５亿元]", "1250000000", "CNY", "exact"),
    ("总投资[189. 25 亿元]", "18925000000", "CNY", "exact"),
    ("年产值突破[百亿元]", "10000000000", "CNY", "over"),
    ("生产总值突破[万亿]，再上台阶", "1000000000000", "CNY", "over"),
    ("投资达[300亿]。", "30000000000", "CNY", "exact"),
    ("不低于[2亿元]", "200000000", "CNY", "at_least"),
    ("[2亿元]以上", "200000000", "CNY", "at_least"),
    ("控制在[500万元]以内", "5000000", "CNY", "at_most"),
    ("缴费[￥1,200]", "1200", "CNY", "exact"),
    ("总投资[450万]；", "4500000", "CNY", "exact"),
    ("工业总产值[1, 126亿元]", "112600000000", "CNY", "exact"),
    ("[0.5万亿元]", "500000000000", "CNY", "exact"),
]

PERCENT = [
    ("增长[8.7%]", "8.7", "%", "exact"),
    ("增长[8%-10%]", "8..10", "%", "exact"),
    ("增长[8-10%]", "8..10", "%", "exact"),
    ("占[百分之十]", "10", "%", "exact"),
    ("占[百分之三十五点五]", "35.5", "%", "exact"),
    ("提高[1.5个百分点]", "1.5", "pp", "exact"),
    ("提高[三到五个百分点]", "3..5", "pp", "exact"),
    ("超过[两成]", "20", "%", "over"),
    ("[三成]以上", "30", "%", "at_least"),
    ("自然增长率[3‰]", "0.3", "%", "exact"),
    ("[千分之三]", "0.3", "%", "exact"),
    ("控制在[4.5％]以内", "4.5", "%", "at_most"),
    ("达到[99.50%]左右", "99.5", "%", "about"),
    ("回落[10多个百分点]", "10", "pp", "over"),
    ("不到[三分之一]", "33.3333", "%", "exact"),
    ("完成[四分之三]", "75", "%", "exact"),
    ("占全国[1/10]以上", "10", "%", "at_least"),
    ("占[两成半]", "25", "%", "exact"),
    ("约占[四成]多", "40", "%", "over"),
    ("签约率[九成四]", "94", "%", "exact"),
    ("缩减[两成到三成]", "20..30", "%", "exact"),
    ("死亡率[十万分之八]", "0.008", "%", "exact"),
    ("下降[1个千分点]", "0.1", "pp", "exact"),
]

NOTHING = [
    "亿元村",
    "新增亿元企业3家",
    "打造千亿产业集群",
    "超亿元项目12个",
    "三公经费",
    "翻一番",
    "20xx年",
    "增长X.X%",
    "增长x.x%",
    "投资XX亿元",
    "2.5万人",
    "300亩",
    "粮食产量515.6亿斤",
    "第一",
    "一成不变",
    "城乡二元结构",
    "总投资额大，惠及群众3万，",
    "年纳税过百万元的企业",
    "元旦跨年",
    "2018-2020年",
    "百亿级园区",
    "建成一批",
    "2018/5/4",
    "万分感谢",
]


def _unmark(marked: str) -> tuple[str, str]:
    return marked.replace("[", "").replace("]", ""), re.search(r"\[(.+)\]", marked)[1]


@pytest.mark.parametrize(("marked", "value", "unit", "bound"), MONEY + PERCENT)
def test_value(marked: str, value: str, unit: str, bound: str) -> None:
    text, mention = _unmark(marked)
    (found,) = find(text)
    norm = found.norm
    amount = norm.get("amount", norm.get("value"))
    given_value = amount if amount is not None else f"{norm['low']}..{norm['high']}"
    assert text[found.start : found.end] == mention
    assert (given_value, norm.get("currency", norm.get("unit")), norm["bound"]) == (value, unit, bound)


@pytest.mark.parametrize("text", NOTHING)
def test_nothing(text: str) -> None:
    assert find(text) == []


def test_bare_yi_can_be_switched_off() -> None:
    assert find("投资达300亿。", bare_yi=False) == []


@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_plain_is_exact(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert parse(plain(value)) == value


@given(st.text(alphabet="0123456789.,%‰万亿元多至到-个百分点成之三五十百 ，增长x投资", max_size=40))
def test_never_overlaps_and_stays_inside(text: str) -> None:
    end = 0
    for found in find(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end


def test_stage_splits_words_and_keeps_longer_entities() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("quantities")
    doc = nlp.make_doc("总投资3.5亿元")
    doc = nlp.get_pipe("quantities")(doc)
    (ent,) = doc.ents
    assert (ent.text, ent.label_, ent._.norm["amount"]) == ("3.5亿元", "MONEY", "350000000")
    assert ent._.provenance == "rule:quantities.amount"

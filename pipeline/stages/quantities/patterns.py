"""The grammar's words: number shapes, units, bounds, and what an amount is not.

The patterns run on text whose full-width digits and signs were turned half width one to one.
"""

from __future__ import annotations

import re

FULL_TO_HALF = {ord(full): half for full, half in zip("０１２３４５６７８９．，％－～", "0123456789.,%-~", strict=True)}

# "2018-2020年", "3.2.1" and "x5%" are no numbers of ours: a number starts and ends where digits do.
_START = r"(?<![\d.xX×*＊])"
# Bounded, since a run of thousands of numerals would be tried from each of them to its end.
_ARABIC = rf"{_START}(?:\d{{1,3}}(?:, ?\d{{3}}| \d{{3}}){{1,8}}(?!\d)|\d{{1,24}})(?: ?\. ?\d{{1,24}})?"
_CHINESE = r"[零〇一二两三四五六七八九十百千]{1,24}(?:点[零〇一二三四五六七八九]{1,24})?"
_MORE = r"[多余几]"
_TO = r" ?(?:-|—|–|~|至|到) ?"
_SCALE = r"(?:万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千|百)"

CURRENCIES = {
    "人民币": "CNY",
    "RMB": "CNY",
    "￥": "CNY",
    "¥": "CNY",
    "元": "CNY",
    "块钱": "CNY",
    "美元": "USD",
    "US$": "USD",
    "USD": "USD",
    "美金": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "HK$": "HKD",
    "澳门元": "MOP",
    "新台币": "TWD",
    "欧元": "EUR",
    "€": "EUR",
    "英镑": "GBP",
    "日元": "JPY",
    "韩元": "KRW",
    "卢布": "RUB",
    "澳元": "AUD",
    "加元": "CAD",
    "新加坡元": "SGD",
    "瑞士法郎": "CHF",
}
_SUFFIXES = (
    "元人民币|人民币元|人民币|美元|美金|港元|港币|澳门元|新台币元|新台币|欧元|英镑|日元|"
    "韩元|卢布|澳元|加元|新加坡元|瑞士法郎|元|块钱"
)
_PREFIXES = r"(?:人民币|RMB|￥|¥|US\$|USD|HK\$|€|美元|港元|港币|欧元|日元|英镑)"


def _amount(tag: str) -> str:
    return rf"(?P<{tag}n>{_ARABIC}|{_CHINESE})(?P<{tag}m>{_MORE})? ?(?P<{tag}s>{_SCALE})?(?P<{tag}k>{_MORE})?"


MONEY = re.compile(
    rf"(?P<pre>{_PREFIXES})? ?(?:{_amount('l')}(?:{_SUFFIXES})?{_TO})?"
    rf"{_amount('h')} ?(?P<cur>{_SUFFIXES})(?![旦宵首器件素结化体桥]|年(?![底内均初产前终度]))"
)
"""An amount with its currency behind it: 189.25亿元, 2.6亿-3亿元, 人民币3亿元, 三百多亿元."""

PREFIXED = re.compile(rf"(?P<pre>￥|¥|US\$|USD|HK\$|€|RMB) ?{_amount('h')}")
"""An amount with nothing but its sign: ￥1,200."""

BARE = re.compile(
    rf"{_amount('l')}{_TO}(?P<hn>{_ARABIC})(?P<hs>亿|万亿)|(?P<n>{_ARABIC})(?P<m>{_MORE})?(?P<s>万亿|亿)(?P<k>{_MORE})?"
)
"""亿 without 元; money only where `MONEY_CONTEXT` stands before it and no other unit behind it."""
BARE_WAN = re.compile(rf"(?P<n>{_ARABIC}|{_CHINESE})(?P<m>{_MORE})?(?P<s>亿|千万|百万|万)(?P<k>{_MORE})?")
"""万 without 元, and Chinese numerals: money only where the same clause has just named a sum."""
BARE_END = re.compile(r"(?=$|[，,。；;、:：)）\n \"”]|以上|以下|以内|左右|大关|的|和|与|及|增)(?!元)")
MONEY_CONTEXT = re.compile(
    r"(?:投资|产值|收入|资金|贷款|存款|融资|税|增加值|GDP|生产总值|销售|营收|营业|债|补贴|财政|利润|资产|基金|支出|金额|零售|进出口|出口|进口|授信|消费|额|市值|补助|捐)[^。；;\n]{0,14}$"
)

CLAUSE_CONTEXT = re.compile(
    r"(?:投资|产值|收入|资金|贷款|存款|融资|税收?|经费|补贴|补助|捐款?|募捐|利润|价值|金额|罚款|欠债|债务|奖金)"
    r"[^。；;，,、\d\n]{0,6}$"
)
NEARLY_SCALE = re.compile(r"(?:近|上|数|几|好几)(?P<s>万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千|百)(?P<cur>元)")
"""近亿元: the one form whose qualifier belongs to the mention, since no digit would remain."""

REACHED_SCALE = re.compile(
    r"(?:突破|超过|跨过|迈过|跨越|迈上|达到|超|过|达|破)(?P<n>(?P<s>万亿|千亿|百亿|十亿)(?P<cur>元)?)"
)
"""突破万亿: a scale for an amount, its digit left unsaid; without 元 only where `MONEY_CONTEXT` stands before it."""

LEVEL_NOUN = re.compile(
    r"(?:以上)?的?(?:级|村|镇|乡|县|区(?!域)|市|大?户|企业|产业|集群|园区|板块|俱乐部|楼宇?|大道|强|工程|行业|链|梯队|能级|规模企业|台阶|门槛|项目|大关口|赛道)"
)
"""Behind a numeral without digits these make it a name for a class (亿元村, 百亿级企业), not an amount."""

_CLOSED = r"[零〇一二两三四五六七八九十百]{1,24}(?:点[零〇一二三四五六七八九]{1,24})?"
_SIGN = rf"(?:(?P<ln>{_ARABIC}) ?%?{_TO})?(?P<hn>{_ARABIC})(?P<m>{_MORE})? ?(?P<unit>%|‰)"
_WORD = (
    r"(?P<word>百分之|千分之|十?万分之)"
    rf"(?:(?P<lw>{_CLOSED}|{_ARABIC}){_TO}(?:百分之|千分之|十?万分之)?)?(?P<hw>{_CLOSED}|{_ARABIC})(?P<mw>{_MORE})?"
)
_POINTS = (
    rf"(?:(?P<lp>{_ARABIC}|{_CLOSED}) ?(?:个百分点)?{_TO})?"
    rf"(?P<hp>{_ARABIC}|{_CLOSED})(?P<mp>{_MORE})? ?个?(?P<pp>多?[百千]分点)"
)
_NOT_A_TENTH = "立员熟果效功本绩为都不品分长年语交人套群色就份组批活千万规"
_TENTHS = (
    rf"(?<![十百千万亿第每])(?:(?P<lc>[一二两三四五六七八九]成?){_TO})?"
    rf"(?P<hc>[一二两三四五六七八九]|(?<![\d.])\d)(?P<tc>成)(?P<half>[一二三四五六七八九半])?(?![{_NOT_A_TENTH}])"
)
_FRACTION = (
    r"(?<![万亿百千十第每])(?P<below>[二三四五六七八九十]{1,9})分之(?P<above>[一二三四五六七八九十]{1,9})(?![一二三四五六七八九十])"
    r"|(?<![\d./年月])(?P<over>[1-9]\d?)/(?P<under>[1-9]\d?)(?=以上|以下|以内|左右|强|弱|多|的)"
)
PERCENT = re.compile(f"{_SIGN}|{_WORD}|{_POINTS}|{_TENTHS}|{_FRACTION}")
"""8.7%, 8%-10%, 3‰, 百分之十, 千分之三, 1.5个百分点, 三到五个百分点, 两成, 三分之一, 1/10以上."""

BOUND_BEFORE = (
    (re.compile(r"(?:不低于|不少于|不小于|至少|高于或等于|大于等于)$"), "at_least"),
    (re.compile(r"(?:不超过|不高于|不大于|低于|少于|控制在|不突破|至多)$"), "at_most"),
    (re.compile(r"(?:突破|超过|超出|高于|大于|超|逾|过|多于|首破|破)$"), "over"),
    (re.compile(r"(?:接近|将近|逼近|近)$"), "nearly"),
    (re.compile(r"(?:大约|大概|大致|约)$"), "about"),
)
BOUND_AFTER = (
    (re.compile(r"(?:及|或|\(含\))?(?:以上)"), "at_least"),
    (re.compile(r"(?:及|或)?(?:以内|以下|之内)"), "at_most"),
    (re.compile(r"(?:左右|上下)"), "about"),
    (re.compile(r"[多余]"), "over"),
)

"""Title, date and issuer, where the document names them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

HEADER = re.compile(
    r"(?P<key>title|date|text|标题|题目|日期|发布日期|发布时间|正文|content)[ \t]*[:：][ \t]*", re.IGNORECASE
)
_HEADER_KEYS = {
    "title": "title", "标题": "title", "题目": "title",
    "date": "date", "日期": "date", "发布日期": "date", "发布时间": "date",
    "text": "text", "正文": "text", "content": "text",
}  # fmt: skip
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[ ]?[-–—/.年][ ]?(\d{1,2})[ ]?[-–—/.月][ ]?(\d{1,2})(?!\d)日?")
_HAN_DATE = re.compile(
    "([一二][〇○零０Ｏ0一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_DAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TIME = re.compile(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
_DATE_WORDS = re.compile("发布|时间|日期|来源|作者|星期[一二三四五六日]|上午|下午|[|（）()\\[\\]【】:：，, \t·]")
_BYLINE = re.compile(
    "(?:来源|作者|编辑|字号|字体|(?:阅读|浏览|点击|访问)(?:次数|量|数)?|发布(?:时间|日期|机构|人))[：:]"
)
_MOST_AROUND_DATE = 8

_LEVELS = "省|自治区|市|自治州|州|盟|地区|自治县|县|旗|区|镇|民族乡|乡|街道"
_UNIT = rf"[\u4e00-\u9fff]{{1,8}}?(?:{_LEVELS})(?!镇|区|市|县|乡|域|场|级|直)"
_CHAIN = rf"((?:{_UNIT}){{1,4}}?)"
_PARTY = "(?:中共|中国共产党)?"
_SAYS = re.compile(
    rf"我(?:谨|受权)?(?:代表|受){_PARTY}{_CHAIN}(?=人民政府|政府|第|委员会|党委|党工委|人大|常委会|向|委)"
)
_MEETS = re.compile(
    rf"(?:在|^|[，。（—])(?!在){_PARTY}{_CHAIN}(?:召开)?(?:中国共产党)?第[一二三四五六七八九十0-9]+(?:次|届)"
)
_HOLDS = re.compile(rf"(?:^|[，。日午]){_PARTY}{_CHAIN}(?:隆重)?(?:召开|举行)")
_TITLE = re.compile(rf"(?:关于)?{_PARTY}((?:{_UNIT}){{1,4}})")
_SELF = re.compile(r"(?:我|全|本)([省市县区镇乡州旗])")
_FIRST_CHARACTERS = 400
# A name begins after one of these, or not at all: 充分利用镇 holds no name.
_BEFORE_NAME = frozenset("\n，。；：、！？“”（）《》·省市县区州在对为把将向是让使和与及到于给从全 ")
_AFTER_NAME = frozenset("域级内属村乡街中城场委直办镇区市县外")
_NOT_IN_NAMES = frozenset("全我各本该贵一这那此两几每某其他对和与及的在是为将向到从由以被把使于并等城乡级年月日第共")


def header_key(line: str) -> str:
    """``title``, ``date`` or ``text`` if the line is a labelled header line, else ``""``."""
    match = HEADER.match(line)
    return _HEADER_KEYS[match.group("key").lower()] if match else ""


def header_value(line: str) -> str:
    """What stands after the label."""
    return HEADER.sub("", line, count=1).strip()


def find_date(line: str) -> str:
    """The first whole date of a line as ``YYYY-MM-DD``, or ``""``.

    Examples
    --------
    >>> find_date("二〇一八年一月二十五日")
    '2018-01-25'
    """
    match = _DATE.search(line)
    if match is not None:
        return _iso(*(int(part) for part in match.groups()))
    match = _HAN_DATE.search(line)
    if match is not None:
        year = int("".join(str(_DAYS.get(digit, 0)) for digit in match.group(1)))
        return _iso(year, _number(match.group(2)), _number(match.group(3)))
    return ""


def _iso(year: int, month: int, day: int) -> str:
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _number(digits: str) -> int:
    """一 to 三十一."""
    tens, ten, ones = digits.rpartition("十")
    return (_DAYS.get(tens, 1) * 10 if ten else 0) + _DAYS.get(ones, 0)


def is_date_line(line: str) -> bool:
    """Whether a line holds a date and little else, such as an author."""
    if len(line) > 80 or not find_date(line) or re.search("[。；！？]", line):
        return False
    if _BYLINE.search(line):
        return True
    rest = _HAN_DATE.sub("", _DATE.sub("", line))
    return len(_DATE_WORDS.sub("", _TIME.sub("", rest))) <= _MOST_AROUND_DATE


def find_issuer(titles: Sequence[str], bodies: Sequence[str]) -> str:
    """Name of the government or body whose report it is.

    Taken from "我代表…" in the first paragraphs, else from the session that titles or first
    paragraphs name, else from the title, else whoever holds the meeting, else the name that the
    text uses most for its own level (我镇, 全区).

    Parameters
    ----------
    titles : sequence of str
        The title and the lines under it.
    bodies : sequence of str
        Body paragraphs in order.

    Returns
    -------
    str
        Such as 古镇镇, or ``""``.
    """
    first = [body[:_FIRST_CHARACTERS] for body in bodies[:12]]
    for pattern, lines in ((_SAYS, first), (_MEETS, [*titles, *first[:4]]), (_TITLE, titles)):
        for line in lines:
            match = pattern.match(line) if pattern is _TITLE else pattern.search(line)
            if match is not None:
                return _last_unit(match.group(1))
    for line in first[:2]:
        match = _HOLDS.search(line)
        if match is not None:
            return _last_unit(match.group(1))
    text = "\n".join(bodies)
    for level, _ in Counter(_SELF.findall(text)).most_common():
        name = _frequent_name(text, level)
        if name:
            return name
    return ""


def _last_unit(chain: str) -> str:
    """中山市古镇镇 → 古镇镇."""
    return str(re.findall(_UNIT, chain)[-1])


def _frequent_name(text: str, level: str) -> str:
    """The commonest name of up to three characters before `level`, or ``""``."""
    counts: Counter[str] = Counter()
    for match in re.finditer(level, text):
        if text[match.end() : match.end() + 1] in _AFTER_NAME:
            continue
        for length in (1, 2, 3):
            start = match.start() - length
            if start < 0 or text[start] in _NOT_IN_NAMES or not "\u4e00" <= text[start] <= "\u9fff":
                break
            if start == 0 or text[start - 1] in _BEFORE_NAME:
                counts[text[start : match.end()]] += 1
    best = max(counts, key=lambda name: (counts[name], len(name)), default="")
    return best if counts[best] >= 2 else ""

"""The table of administrative divisions, from provinces down to towns and streets."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parent / "data" / "divisions.tsv.gz"

_ETHNIC = (
    "满族|回族|藏族|苗族|彝族|壮族|土家族|蒙古族?|侗族|瑶族|白族|傣族|哈尼族|黎族|傈僳族|佤族|畲族|拉祜族|水族|纳西族|景颇族|"
    "柯尔克孜|哈萨克|维吾尔|锡伯|塔吉克|羌族|仡佬族|布依族|土族|仫佬族|毛南族|撒拉族|东乡族|保安族|裕固族|朝鲜族|达斡尔族|鄂温克族|"
    "鄂伦春|俄罗斯族?|怒族|独龙族|普米族|布朗族|基诺族|阿昌族|德昂族|门巴族|珞巴族|京族|各族"
)
_SHORT = re.compile(
    rf"^(.{{2,}}?)(?:(?:{_ETHNIC})+自治(?:区|州|县|旗)|特别行政区|自治区|自治州|自治县|自治旗|地区|林区|矿区|新区|街道|省|市|盟|州|县|旗|区|镇|乡)$"
)


class Division(NamedTuple):
    """One division: its code as the statistics bureau writes it, its full name and level."""

    code: str
    name: str
    level: str


@cache
def divisions() -> list[Division]:
    """All divisions, sorted by code."""
    text = gzip.decompress(TABLE.read_bytes()).decode("utf-8")
    return [Division(*line.split("\t")) for line in text.splitlines()]


def short_name(name: str) -> str:
    """The name as reports shorten it.

    Examples
    --------
    >>> short_name("中山市"), short_name("延边朝鲜族自治州"), short_name("西区街道"), short_name("古镇镇")
    ('中山', '延边', '西区', '古镇')
    """
    if name in ("内蒙古自治区", "新疆维吾尔自治区", "宁夏回族自治区", "广西壮族自治区"):
        return {"内": "内蒙古", "新": "新疆", "宁": "宁夏", "广": "广西"}[name[0]]
    match = _SHORT.match(name)
    return match[1] if match else name

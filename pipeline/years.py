"""Years that a text names, and whether a document's title and content agree on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.extensions import CONTENT_ROLES

_HAN = str.maketrans("〇○零０Ｏ一二三四五六七八九", "00000123456789")
_HAN_YEAR = re.compile("[一二][〇○零０Ｏ一二三四五六七八九]{3}(?=年)")
_SPAN = re.compile(r"(?<!\d)((?:19|20)\d{2})年?[ ]?(?:[-–—~～]+|至|到)[ ]?((?:19|20)\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年)")
_TITLE_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_NUMBER = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
_PLAN = re.compile("(?<![一二三四五六七八九])([一二]?十[一二三四五六七八九]?)五(?=[”\"’']|规划|时期|期间|末)")
_CONGRESS = re.compile("([一二]?十[一二三四五六七八九]?)(?:届[一二三四五六七]中全会|大精神)")
_REDACTED = re.compile(
    r"(?<!\d)(?:19|20)(?:[xX×＊*○_＿]{2,4}|\d[xX×＊*_＿])(?=年|[ ]?[-–—~至])|(?<![\w×])[xX×]{2,4}(?=年)"
)


def plain(text: str) -> str:
    """Years in Chinese digits as Arabic ones.

    Examples
    --------
    >>> plain("二○一三年")
    '2013年'
    """
    return _HAN_YEAR.sub(lambda match: match[0].translate(_HAN), text)


def ordinal(han: str) -> int:
    """十二 → 12.

    Examples
    --------
    >>> ordinal("二十"), ordinal("十八")
    (20, 18)
    """
    tens, _, ones = han.partition("十")
    return _NUMBER.get(tens, 1) * 10 + _NUMBER.get(ones, 0)


def five_year_plan(number: int) -> tuple[int, int]:
    """First and last year of a five-year plan: the twelfth ran from 2011 to 2015."""
    first = 2011 + 5 * (number - 12)
    return first, first + 4


def plans(text: str) -> Iterator[tuple[int, int]]:
    """Years of the five-year plans a text names as “十三五”."""
    yield from (five_year_plan(ordinal(match[1])) for match in _PLAN.finditer(text))


def spans(text: str) -> Iterator[tuple[int, int]]:
    """First and last year of everything in a text that dates it: years, spans of years, plans, party congresses."""
    text = plain(text)
    for match in _SPAN.finditer(text):
        yield int(match[1]), int(match[2])
    rest = _SPAN.sub("", text)
    for match in _YEAR.finditer(rest):
        yield int(match[1]), int(match[1])
    yield from plans(text)
    for match in _CONGRESS.finditer(text):
        # The eighteenth congress sat in 2012, the nineteenth in 2017; each is quoted until the next.
        first = 2012 + 5 * (ordinal(match[1]) - 18)
        yield first, first + 5


def in_title(record: dict[str, Any]) -> list[int]:
    """Years in a record's title."""
    return [int(match[1]) for match in _TITLE_YEAR.finditer(plain(record["meta"]["title"] or ""))]


def redacted(text: str) -> list[str]:
    """Years that someone made unreadable.

    Examples
    --------
    >>> redacted("20xx年，全镇在20××-2018年")
    ['20xx', '20××']
    """
    return [match[0] for match in _REDACTED.finditer(text)]


def contradiction(record: dict[str, Any], least: int = 2) -> tuple[list[int], list[str]] | None:
    """Years of the title and of the content, where nothing in the content is of the title's time.

    Parameters
    ----------
    record : dict
        A line of ``annotations.jsonl``.
    least : int
        So many mentions it takes in the content to doubt a title.

    Returns
    -------
    tuple of (list of int, list of str), or None
        Title's years and content's years; None where they agree or one of them says too little.
    """
    title = in_title(record)
    if not title:
        return None
    found = [
        ends
        for paragraph in record["paragraphs"]
        if paragraph["role"] in CONTENT_ROLES and paragraph["role"] != "title"
        for ends in spans(record["text"][paragraph["start"] : paragraph["end"]])
    ]
    if len(found) < least or any(first - 1 <= year <= last + 1 for year in title for first, last in found):
        return None
    return title, [span(*ends) for ends in sorted(set(found))]


def span(first: int, last: int) -> str:
    """A year or a span of years for readers."""
    return str(first) if first == last else f"{first}–{last}"

"""The time expression that governs a quantity."""

from __future__ import annotations

import re

from pipeline.stages.indicators.naming import CLAUSE
from pipeline.stages.indicators.words import Words

_DIGIT = re.compile(r"\d")
# 与2016年持平, 较“十三五”末: what is compared with, not the time of the figure.
_BEFORE = re.compile(r"(?:[比较与同]|超过?|高于|低于|于)$")
_BEHIND = re.compile(r"(?:持平|相比|相当|同期|同口径|翻|减少|增加)")
_STRETCH = re.compile(r"^连续")
_OPENS = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十\d]{0,3}[）).、．]?|[一二三四五六七八九十]是|其中|预计|力争|确保|到|至|截至|在|[“”\"\s—])*$"
)


def period_of(text: str, sentence: int, at: int, name: int, words: Words) -> str:
    """The nearest time expression before a quantity that governs it; else what the paragraph opens with.

    Parameters
    ----------
    text : str
    sentence, at : int
        Where the quantity's sentence and the quantity itself begin.
    name : int
        Where its name begins: what holds for a level holds for its growth.
    words : Words
    """
    nearest = ""
    for match in words.period.finditer(text, sentence, at):
        if _governs(text, sentence, at, name, match):
            nearest = match[0]
    if nearest:
        return nearest
    opened = words.opening.match(text)
    return opened["period"] if opened else ""


def _governs(text: str, sentence: int, at: int, name: int, match: re.Match[str]) -> bool:
    start, end = match.span()
    if _BEFORE.search(text, max(sentence, start - 2), start) or _BEHIND.match(text, end):
        return False
    if text.startswith("的", end) and _DIGIT.search(text, end, at):
        return False
    stop = CLAUSE.search(text, end, at)
    begin = max((found.end() for found in CLAUSE.finditer(text, sentence, start)), default=sentence)
    if stop is None or begin <= name < stop.start():
        return True
    return not _STRETCH.match(match[0]) and _OPENS.match(text[begin:start]) is not None

"""Numbers that head a line: 第一章, 一、, （一）, 1., （1）."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = "一二三四五六七八九十百〇零两"
_PATTERNS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (rank, re.compile(pattern))
    for rank, pattern in (
        (0, rf"第([{_DIGITS}]{{1,4}}|\d{{1,2}})(?:部分|[章篇编])[、：:. \t]*"),
        (1, rf"第([{_DIGITS}]{{1,4}}|\d{{1,2}})节[、：:. \t]*"),
        (2, rf"([{_DIGITS}]{{1,4}})[、.．][ \t]*"),
        (3, rf"[（(]([{_DIGITS}]{{1,4}})[）)][、. \t]*"),
        (4, r"(\d{1,2})(?:[、．]|[.](?!\d))[ \t]*"),
        (5, r"[（(]?(\d{1,2})[）)][、. \t]*"),
        (6, r"([①-⑳])[ \t]*"),
    )
)
_FIRST = frozenset(("一", "1", "01", "①"))


@dataclass(frozen=True, slots=True)
class Number:
    """A number at the head of a line.

    Attributes
    ----------
    rank : int
        0 for chapters, up to 6 for circled digits.
    first : bool
        Whether counting starts here.
    length : int
        Characters that the number takes.
    """

    rank: int
    first: bool
    length: int


def find_number(line: str) -> Number | None:
    """The number that heads `line`, if any.

    Examples
    --------
    >>> find_number("（二）坚持创新驱动")
    Number(rank=3, first=False, length=3)
    >>> find_number("一是城镇功能日臻完善") is None
    True
    """
    for rank, pattern in _PATTERNS:
        match = pattern.match(line)
        if match is not None and match.end() < len(line):
            return Number(rank, match.group(1) in _FIRST, match.end())
    return None

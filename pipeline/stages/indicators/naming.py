"""What a quantity measures: the noun phrase before it, or behind it, or the one before that goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.stages.indicators.words import Words

CLAUSE = re.compile(r"[，；。！？：\n;!?:]|,(?!\d{3})")
_COUNT = re.compile(
    r"(?:\d[\d.,]*|[一二两三四五六七八九十百千]{1,9})[多余]?[万亿千百]*[多余]?[\u4e00-\u9fff]{1,3}(?:以上|左右)?[、和与及]"
)
_GLUE = re.compile(r"^(?:以上|以下|以内|左右|上下|[多余]|大关|的|分别|、|和|与|及|以及|并|或|且|[)）”]|\s)+")
_THEIRS = re.compile(r"(?:以上|左右)?的[^，；。,;]*[、和与及]$")
_ENUMERATOR = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[）).、．]|[一二三四五六七八九十]是(?:要)?|[—\-·●]+|\s)+"
)
_LIST = re.compile(r"、|和|与|及|以及")
_BEHIND = re.compile(r"^(?:以上|以下|以内|左右|多|余)?+的?+([\u4e00-\u9fff“”]{1,14})")
_PART_OF = re.compile(
    r"(?:只|仅|却|还)?(?:占(?!比|地|用|[^，；。、]*比[重例])(?:了|到)?|稳定在|相当于)(?:全[国省市县区镇乡社部][会]?)?(?:[^占，；。、]{2,8}的|[^占，；。、]{0,8})$"
)
# 虹鳟鱼、蜂蜜等特色产值: what stands before 等 is whose, not what.
_AND_SO_ON = re.compile(
    r"^[^、]*、.*(?<![高中初平优同一二三头劣])等(?![级次额候奖于])(?:[两三四五六七八九十\d]+[大个条项类家所座]|[地类])?的?(?=..)"
)
_JOINED = re.compile(r"[、和与及]")
_AND, _SHORT, _LEAST = "和与及", 3, 2
UNITS = ("县", "村", "乡", "镇", "市")
_OPEN = re.compile(r"[（(](?![^（(]*[）)])")


Owner = tuple[int, int, bool]
"""A named place or body, and whether it alone is cut off a name: a site's figures are its own."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name ``[start, end)`` and how it is tied to its quantity."""

    start: int
    end: int
    role: str | None = None
    direction: str | None = None
    from_to: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was left for a name."""
        return self.end <= self.start


def left_edge(text: str, start: int, previous_end: int) -> int:
    """Where the words that may name a quantity begin: its clause, behind the quantity before it."""
    edge = 0
    for match in CLAUSE.finditer(text, 0, start):
        edge = match.end()
    if previous_end > edge:
        # 60%的医院、50%的学校: what follows 的 is the one before's.
        glue = _THEIRS.match(text[previous_end:start]) or _GLUE.match(text[previous_end:start])
        edge = previous_end + (glue.end() if glue else 0)
    opened = _OPEN.search(text[edge:start])
    if opened:
        edge += opened.end()
    for match in _COUNT.finditer(text, edge, start):
        if match.end() < start:
            edge = match.end()
    return edge


def name_before(text: str, edge: int, start: int, words: Words) -> Name:
    """Peel bounds, adverbs and verbs off the words before a quantity, from the right."""
    end, role, direction, from_to = start, None, None, False
    while end > edge:
        piece = text[edge:end]
        if piece[-1] in " 　的":
            end -= 1
            continue
        if words.gain.search(piece):
            break
        share = words.share.search(piece)
        if share and len(piece) > len(share[0]):
            return Name(edge, end, role if role == "change" else "share", direction, from_to)
        found = _PART_OF.search(piece)
        if found and role in (None, "level") and len(piece) > len(found[0]):
            return Name(edge, edge + found.start(), "share", None, from_to)
        if found and role in (None, "level"):
            role, end = "share", edge + found.start()
            continue
        found = words.reached.search(piece)
        if found and role in (None, "level"):
            role, end = "level", edge + found.start()
            continue
        if piece[-1] in "由从到至":
            from_to = from_to or piece[-1] in "由从"
            end -= 1
            role = role or "level"
            continue
        noun = words.change_noun.search(piece)
        if noun and len(piece) > len(noun[0]) and role != "change":
            down = noun[0][0] in "降减"
            return Name(edge, edge + noun.start(), "change", "down" if down else "up", from_to)
        if role is None and (found := words.change.search(piece)):
            role, direction = "change", direction_of(found[0], words)
            end = edge + found.start()
            if found[0] == "改善" and words.better_is_less.search(piece[: found.start()]):
                direction = "down"
            continue
        found = (
            words.compared.search(piece)
            or words.bound_any.search(piece)
            or words.adverb.search(piece)
            or words.period_end.search(piece)
        )
        if found is None:
            break
        end = edge + found.start()
    return Name(edge, end, role, direction, from_to)


def direction_of(verb: str, words: Words) -> str:
    """Up, down or flat."""
    if words.flat.search(verb):
        return "flat"
    return "down" if words.down.search(verb.rstrip("了")) and not verb.startswith("增") else "up"


def trim(text: str, name: Name, borders: Sequence[tuple[int, int]], names: Sequence[Owner], words: Words) -> Name:
    """Cut what stands before the name itself: numbering, places, 全市, verbs such as 完成."""
    start, end = name.start, name.end
    inside = [(a, b) for a, b in borders if start <= a and b <= end]
    for a, b in inside:
        if text[a:b] in words.cut and end - b >= 2:
            start = max(start, b)
    moved = True
    role, direction = name.role, name.direction
    while moved and end - start >= 2:
        moved = False
        piece = text[start:end]
        for pattern in (_ENUMERATOR, words.lead):
            found = pattern.match(piece)
            if found and found.end() and len(piece) - found.end() >= 2:
                start += found.end()
                moved = True
                break
        if moved:
            continue
        found = words.period.match(piece) or _AND_SO_ON.match(piece)
        if found and len(piece) - found.end() >= 2:
            start, moved = start + found.end(), True
            continue
        found = words.scope.match(piece)
        if found and len(piece) - found.end() >= 2:
            start, moved = start + found.end(), True
            continue
        owners = _owners(text, start, end, names)
        if owners is not None:
            start, moved = owners, True
    while end > start and text[end - 1] in "，、 的“(（":
        end -= 1
    return Name(start, end, role, direction, name.from_to)


def _owners(text: str, start: int, end: int, names: Sequence[Owner]) -> int | None:
    """Where the named places and bodies end that a name begins with; a site counts where several are listed."""
    at, last, several = start, None, False
    for a, b, alone in names:
        if a == at and end - b >= 2:
            several = last is not None
            last = b if alone or several else start
            found = _JOINED.match(text, b, end)
            at = found.end() if found else b
        elif a > at:
            break
    return None if last in (None, start) or text[last] in "、属" else last


def distribute(text: str, name: Name, count: int, words: Words) -> list[Name]:
    """A list of measures for as many quantities: A、B分别增长8%、9%."""
    parts, start = [], name.start
    for match in _LIST.finditer(text, name.start, name.end):
        if match.start() - start >= 1 and (match[0] == "、" or match.start() - start >= 2):
            parts.append((start, match.start()))
            start = match.end()
    parts.append((start, name.end))
    if len(parts) > count and count > 1:
        parts = _fewest(text, name, count)
    if len(parts) != count or count < 2:
        return [name] * count
    own = [bool(words.measure.search(text[a:b])) for a, b in parts]
    return [Name(a, b if ok else name.end, name.role, name.direction) for (a, b), ok in zip(parts, own, strict=True)]


def _fewest(text: str, name: Name, count: int) -> list[tuple[int, int]]:
    """Split at 、 alone where 和 and 与 are parts of the names."""
    cuts = [m.span() for m in re.finditer("、", text[name.start : name.end])]
    edges = [name.start, *(name.start + b for _, b in cuts)]
    ends = [*(name.start + a for a, _ in cuts), name.end]
    return list(zip(edges, ends, strict=True)) if len(edges) == count else []


def name_behind(text: str, end: int, limit: int, borders: Sequence[tuple[int, int]], words: Words) -> Name | None:
    """The noun behind a quantity: 15亿元专项债券, 85.2%的改革试点任务."""
    found = _BEHIND.match(text[end:limit])
    if not found:
        return None
    start, stop = end + found.start(1), end + found.end(1)
    joined = None
    for a, b in borders:
        if not start < a < stop:
            continue
        if joined is None and text[a:b] in _AND and a - start <= _SHORT:
            joined = a
        elif text[a:b] in words.behind_end and a - start >= _LEAST:
            stop = a
            break
    # 50%的学校和机关 is one thing, 12亿元资金和政策支持 is not.
    if joined is not None and stop - joined - 1 > _SHORT:
        stop = joined
    return Name(start, stop) if stop - start >= 2 or text[start:stop] in UNITS else None


def counted(
    text: str,
    start: int,
    stop: int,
    borders: Sequence[tuple[int, int]],
    names: Sequence[Owner],
    words: Words,
) -> list[Name]:
    """Names of all amounts, rates and counts between two places, in order: 接待游客3.23亿人次、游客花费3700亿元."""
    found, previous = [], start
    for match in _NUMBER.finditer(text, start, stop):
        if match.start() < previous:
            continue
        edge = max(left_edge(text, match.start(), 0), previous)
        glue = _GLUE.match(text[edge : match.start()])
        name = trim(
            text, name_before(text, edge + (glue.end() if glue else 0), match.start(), words), borders, names, words
        )
        previous = match.end()
        if not name.empty and name.end - name.start >= 2:
            found.append(Name(name.start, name.end))
    return found


_NUMBER = re.compile(
    r"(?<![A-Za-z\d.第_])(?:\d[\d.,]*|(?<![一二三四五六七八九十百千万亿])[一二三四五六七八九十百千万两]{2,}(?=[亩户人个家件名座头只吨公平台次辆套所张]))[多余]?[万亿千百]*[多余]?(?:元|%|％|[\u4e00-\u9fff]{1,2})(?!期|至)"
)

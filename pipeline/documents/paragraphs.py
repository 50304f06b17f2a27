"""Roles of lines: title, date, heading, body, caption, boilerplate."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from pipeline.documents import metadata
from pipeline.documents.numbering import Number, find_number
from pipeline.documents.types import Role
from pipeline.documents.words import load_words

_LONGEST_HEADING = 45
_LONGEST_PLAIN_HEADING = 32
_LONGEST_TITLE = 60
_LONGEST_CHROME = 80
_LEAST_PROSE = 60
_LONGEST_LEAD = 30
_FIRST_LINES = 10
_HAN = re.compile("[\u4e00-\u9fff]")
_SENTENCE = re.compile("[。！？；]")
_LEAD = re.compile(rf"[^。：；]{{2,{_LONGEST_LEAD}}}(?=[。：].{{10}})")
_LABEL = re.compile("[^：]{2,6}：")
_SIGNATURE = re.compile("(?:政府|委员会|办公室|办事处|党委|人大|政协|局|厅)$")
_CLOSED = "。！？；：…”’）》】!?;:.)"


@dataclass(slots=True)
class Line:
    """A line of the clean text on its way to being a paragraph.

    Attributes
    ----------
    text : str
        The line.
    role : str
        Body until something else is found.
    number : Number or None
        The number that heads it.
    level : int or None
        Heading level that the format itself gives.
    heading : str
        For a heading its words without number; for body its numbered lead sentence, if any.
    """

    text: str
    role: Role = "body"
    number: Number | None = None
    level: int | None = None
    heading: str = ""

    @property
    def prose(self) -> bool:
        """Whether it is long enough and closed like running text."""
        return self.role == "body" and (len(self.text) >= _LEAST_PROSE or self.text[-1] in "。！")


def assign_roles(lines: list[Line], title: str) -> None:
    """Find the role of every line.

    Parameters
    ----------
    lines : list of Line
        All lines of a document in order; changed in place.
    title : str
        Title from the file's own metadata, or ``""``.
    """
    if not lines:
        return
    _mark_chrome(lines)
    _mark_repeated(lines)
    _mark_tail(lines)
    _mark_header(lines)
    _mark_title(lines, title)
    for line, before in zip(lines, [None, *lines[:-1]], strict=True):
        if line.role == "body":
            _mark_heading(line, before)
    _unmark_lists(lines)
    _mark_links(lines)


def _mark_chrome(lines: list[Line]) -> None:
    words = load_words()
    for number, line in enumerate(lines):
        at_edge = number < _FIRST_LINES or number >= len(lines) - 3
        if len(line.text) <= _LONGEST_CHROME and metadata.is_date_line(line.text) and at_edge:
            line.role = "date"
        elif line.level is None and len(line.text) <= _LONGEST_CHROME and words.caption.match(line.text):
            line.role = "caption"
        elif len(line.text) <= _LONGEST_CHROME:
            if words.boilerplate.match(line.text):
                line.role = "boilerplate"
        elif words.disclaimer.match(line.text):
            line.role = "boilerplate"


def _mark_repeated(lines: list[Line]) -> None:
    """A short line that comes back again and again is a page head; the first may be the title."""
    counts = Counter(line.text for line in lines if len(line.text) <= _LONGEST_PLAIN_HEADING)
    seen: set[str] = set()
    for line in lines:
        candidate = counts[line.text] >= 3 and line.role == "body" and line.level is None
        if candidate and line.text in seen and not _SENTENCE.search(line.text) and not find_number(line.text):
            line.role = "boilerplate"
        seen.add(line.text)


def _mark_tail(lines: list[Line]) -> None:
    """All after the last prose is chrome once a line says that the article is over."""
    words = load_words()
    last_prose = max((number for number, line in enumerate(lines) if line.prose), default=len(lines))
    over = False
    for line in lines[last_prose + 1 :]:
        if line.role == "body" and words.footer.match(line.text):
            line.role = "boilerplate"
            over = True
        over = over or (line.role == "boilerplate" and words.tail.match(line.text) is not None)
        if over and line.role == "body":
            line.role = "boilerplate"


def _mark_header(lines: list[Line]) -> None:
    """``Title: … Date: … Text:`` as crawlers write it."""
    roles: dict[str, Role] = {"title": "title", "date": "date", "text": "boilerplate"}
    for line in lines[:5]:
        key = metadata.header_key(line.text)
        if key and len(line.text) <= 120:
            line.role = roles[key]


def _mark_title(lines: list[Line], title: str) -> None:
    words = load_words()
    found = any(line.role == "title" for line in lines)
    squeezed = "".join(title.split())
    for number, line in enumerate(lines[:_FIRST_LINES]):
        if line.role != "body":
            continue
        if found:
            # Under the title: who reported where and when.
            if len(line.text) <= _LONGEST_TITLE and line.text[-1] not in "。；：" and words.subtitle.match(line.text):
                line.role = "title"
                continue
            if line.level == 0 or (squeezed and line.text == squeezed):
                line.role = "title"
                continue
            break
        if not _may_be_title(line, squeezed) or number + 1 == len(lines):
            break
        line.role = "title"
        found = True


def _may_be_title(line: Line, title: str) -> bool:
    if len(line.text) > _LONGEST_TITLE or line.text[-1] in "。；：，、" or "。" in line.text:
        return False
    if title and "".join(line.text.split()) in title:
        return True
    words = load_words()
    if words.salutation.match(line.text) or not _HAN.search(line.text) or "\t" in line.text:
        return False
    return find_number(line.text) is None and (line.level is None or line.level <= 1)


def _mark_heading(line: Line, before: Line | None) -> None:
    line.number = find_number(line.text)
    words = line.text[line.number.length :] if line.number else line.text
    if line.level is not None and len(line.text) <= 2 * _LONGEST_HEADING:
        line.role, line.heading = "heading", words
    elif line.number is not None:
        if _is_numbered_heading(words, line.number):
            line.role, line.heading = "heading", words.rstrip("。：:")
        else:
            lead = _LEAD.match(words)
            line.heading = lead.group() if lead and "，" not in lead.group()[-4:] else ""
    elif _is_plain_heading(words, before):
        line.role, line.heading = "heading", words


def _is_numbered_heading(words: str, number: Number) -> bool:
    if len(words) > _LONGEST_HEADING or "\t" in words or len(_HAN.findall(words)) < 2:
        return False
    inner, last = words[:-1], words[-1]
    if _SENTENCE.search(inner) or last in "；，、;,":
        return False
    if last == "。":
        # 一、招商引资势头良好。 alone on a line; but not an item of a list of results.
        return number.rank <= 3 and len(words) <= _LONGEST_LEAD and not re.search(r"\d", words)
    return True


def _is_plain_heading(words: str, before: Line | None) -> bool:
    """A short line that is no sentence and doesn't end a broken-off one."""
    if len(words) > _LONGEST_PLAIN_HEADING or words[-1] in "。；，：、…？；;,:?" or _SENTENCE.search(words[:-1]):
        return False
    if "\t" in words or 2 * len(_HAN.findall(words)) < len(words) or len(words) < 3:
        return False
    if load_words().salutation.match(words) or _LABEL.match(words):
        return False
    if before is not None and before.role == "body" and before.text[-1] not in _CLOSED:
        return False
    return words[-1] not in "”）" or words.count("“") == words.count("”")


def _unmark_lists(lines: list[Line]) -> None:
    """Numbered lines of a low rank that head nothing are the items of a list."""
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        number = line.number
        if line.role != "heading" or number is None or number.rank < 4 or line.level is not None:
            continue
        followed = after is not None and after.role in ("body", "caption")
        if not followed and (after is None or after.number is None or after.number.rank <= number.rank):
            line.role, line.heading = "body", ""


def _mark_links(lines: list[Line]) -> None:
    """Short lines at the very end that are no sentences head nothing: they link to other pages.

    Without prose before them they are all the text there is.
    """
    role: Role = "boilerplate" if any(line.prose for line in lines) else "body"
    for line in reversed(lines):
        link = line.role == "heading" and line.number is None and line.level is None
        if link or (line.role == "body" and _is_loose(line)):
            line.role, line.heading = role, ""
        elif line.role == "body":
            break


def _is_loose(line: Line) -> bool:
    """A short line without the marks of a sentence, a list or a table; a signature is none."""
    text = line.text
    if len(text) > _LONGEST_PLAIN_HEADING or line.number is not None or "\t" in text or _SIGNATURE.search(text):
        return False
    return text[-1] not in "。；：！，、" and "。" not in text

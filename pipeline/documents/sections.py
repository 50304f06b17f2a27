"""Which headings and which section a paragraph stands under."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.documents.numbering import Number
from pipeline.documents.paragraphs import Line
from pipeline.documents.types import Section
from pipeline.documents.words import load_words

# Only what comes this late can close a report.
_CLOSING_FROM = 0.6
# A paragraph announces a section in its first words or not at all.
_ANNOUNCEMENT = 60
_WHOLE_PARAGRAPH = ("closing", "situation")
# What a paragraph may announce for those after it too, whatever their headings say.
_LASTING = ("problems", "closing")
# What a review may hold besides itself: its part on 政府自身建设 still looks back.
_WITHIN_REVIEW = ("review", "problems", "closing")
# After these a text without headings goes on to the tasks.
_LEADING_TO_TASKS = ("situation", "targets")
_LIST_RANK = 4
# These end with their heading where nothing says what comes next.
_NARROW = ("opening", "problems", "livelihood_projects", "self_building")


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading that is still open."""

    words: str
    number: Number | None
    level: int | None
    section: Section | None


class Outline:
    """Follows a document line by line and knows the open headings and the section.

    Headings nest by the level that the format gives, else by their numbers; a heading without
    either stands below the numbered ones and takes the place of the one before, unless that came
    right before it and so heads it.
    """

    def __init__(self) -> None:
        self._open: list[_Heading] = []
        self._after_heading = False
        self._left_report = False
        self._list_section: Section | None = None
        self.section: Section | None = None
        self._broad: Section | None = None

    @property
    def path(self) -> list[str]:
        """Words of the open headings, outermost first."""
        return [heading.words for heading in self._open]

    def enter(self, line: Line) -> None:
        """Take in a heading."""
        self._close_for(line)
        own = self._strong_section(line.heading) or self._weak_section(line.heading)
        if own is not None:
            self.section = own
            self._left_report = False
        elif self._outer_section() is not None:
            self.section = self._outer_section()
        elif load_words().section_end.search(line.heading):
            self.section = None
            self._left_report = True
        elif self.section in _NARROW:
            self.section = self._broad
        if self.section not in _NARROW:
            self._broad = self.section
        self._open.append(_Heading(line.heading, line.number, line.level, own))
        self._after_heading = True
        self._list_section = None

    def read(self, line: Line, progress: float) -> Section | None:
        """Take in a body paragraph, which begins after the share `progress` of the document.

        Returns
        -------
        Section or None
            The paragraph's section.
        """
        self._after_heading = False
        if self._left_report:
            return None
        if self._list_section is not None and line.number is not None and line.number.rank >= _LIST_RANK:
            return self._list_section
        self._list_section = None
        announced = self._announced(line, progress)
        if announced is None:
            return self.section
        if line.text.endswith("："):
            self._list_section = announced
        if announced == "closing":
            # The closing words belong to the whole, not to the last heading.
            self._open.clear()
        elif announced not in _LASTING and self._outer_section() is not None:
            # Under 三、2007年的主要任务 a paragraph on targets is followed by tasks again.
            return announced
        self.section = "tasks" if announced in _LEADING_TO_TASKS else announced
        return announced

    def _outer_section(self) -> Section | None:
        """Section of the innermost open heading that has one."""
        return next((heading.section for heading in reversed(self._open) if heading.section), None)

    def _allowed(self, section: Section) -> bool:
        return self._outer_section() != "review" or section in _WITHIN_REVIEW

    def _strong_section(self, words: str) -> Section | None:
        found = [section for section, patterns in load_words().sections.items() if patterns.heading.search(words)]
        if "targets" in found and "tasks" in found:
            # 主要目标和重点任务: the paragraph on targets says so itself.
            return "tasks"
        return next((section for section in found if self._allowed(section)), None)

    def _weak_section(self, words: str) -> Section | None:
        if self._left_report or self._outer_section() is not None:
            return None
        return next((name for name, patterns in load_words().sections.items() if patterns.weak.search(words)), None)

    def _announced(self, line: Line, progress: float) -> Section | None:
        for section, patterns in load_words().sections.items():
            if (section == "closing" and progress < _CLOSING_FROM) or not self._allowed(section):
                continue
            if patterns.paragraph.search(line.text if section in _WHOLE_PARAGRAPH else line.text[:_ANNOUNCEMENT]):
                return section
        return self._strong_section(line.heading) if line.heading and self._outer_section() else None

    def _close_for(self, line: Line) -> None:
        """Close the headings that the new one isn't part of."""
        if line.level is not None:
            while self._open and (self._open[-1].level is None or self._open[-1].level >= line.level):
                self._open.pop()
        elif line.number is not None:
            self._close_for_number(line.number)
        elif not self._after_heading:
            while self._open and self._open[-1].number is None and self._open[-1].level is None:
                self._open.pop()

    def _close_for_number(self, number: Number) -> None:
        same = [at for at, heading in enumerate(self._open) if heading.number and heading.number.rank == number.rank]
        if same:
            plain = [heading for heading in self._open[same[0] + 1 :] if heading.number is None]
            del self._open[same[0] :]
            # Counting that starts again stands under the plain heading since the last one.
            if number.first:
                self._open.extend(plain)
            return
        while self._open and self._is_below(self._open[-1], number):
            self._open.pop()

    @staticmethod
    def _is_below(heading: _Heading, number: Number) -> bool:
        if heading.number is None:
            return heading.level is None and not number.first
        return heading.number.rank > number.rank

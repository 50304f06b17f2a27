"""One module for each format that is more than plain text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Extract:
    """Plain text taken out of a richer format.

    Attributes
    ----------
    lines : list of str
        One paragraph, heading or table row a line; cells are joined by tabs.
    levels : dict of int to int
        Level of each line, by its number, that the format marks as a heading.
    title, date : str
        From the file's metadata.
    encoding : str
        How the file's text was encoded.
    """

    lines: list[str] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    title: str = ""
    date: str = ""
    encoding: str = "utf-8"

    def add(self, line: str, level: int | None = None) -> None:
        """Append a line unless it is blank."""
        line = line.strip()
        if not line:
            return
        if level is not None:
            self.levels[len(self.lines)] = level
        self.lines.append(line)

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def headings(self) -> tuple[tuple[int, int], ...]:
        """Offset in `text` and level of each heading."""
        found: list[tuple[int, int]] = []
        offset = 0
        for number, line in enumerate(self.lines):
            if number in self.levels:
                found.append((offset, self.levels[number]))
            offset += len(line) + 1
        return tuple(found)

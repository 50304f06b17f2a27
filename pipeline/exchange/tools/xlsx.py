"""Excel: a sheet to correct, with a list of themes to choose from, and a sheet that explains the themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from pipeline.errors import Errors, UsageError
from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import Item
from pipeline.exchange.tools import sheet
from pipeline.stages.themes.table import Theme, checked

SHEET, THEMES = "paragraphs", "themes"
LEGEND, FIELDS = ("id", "名称", "name", "definition"), ("id", "zh", "en", "definition")
WIDTHS = {"headings": 24, "text": 80, "theme": 16, "theme 2": 16, "theme 3": 16, "entities": 40, "keyphrases": 30}
NARROW = 10
MAX_UNPACKED = 200_000_000


def write(items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write one paragraph a row."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    rows = book.active
    rows.title = SHEET
    rows.append(sheet.COLUMNS)
    for item in items:
        cells = [ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in sheet.row(item)]
        rows.append(cells)
    legend = book.create_sheet(THEMES)
    legend.append(LEGEND)
    for theme in table:
        legend.append((theme.id, theme.zh, theme.en, theme.definition))
    choice = DataValidation(type="list", formula1=f"={THEMES}!$A$2:$A${len(table) + 1}", allow_blank=True)
    choice.error = f"A theme of the sheet '{THEMES}'"
    rows.add_data_validation(choice)
    for number, column in enumerate(sheet.COLUMNS, 1):
        letter = get_column_letter(number)
        rows.column_dimensions[letter].width = WIDTHS.get(column, NARROW)
        if column in sheet.THEMES:
            choice.add(f"{letter}2:{letter}{max(2, len(items) + 1)}")
        rows.cell(1, number).font = Font(bold=True)
    for line in rows.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    rows.freeze_panes = "A2"
    book.save(path)
    return [path]


def read(path: Path) -> Iterator[Given | Unusable]:
    """Read the rows back; formulas are taken for their text."""
    rows = iter(_rows(path, SHEET) or _rows(path))
    columns = [str(name or "").strip() for name in next(rows, ())]
    missing = [name for name in sheet.COLUMNS if name not in columns]
    if missing:
        raise UsageError(Errors.E603.format(path=path, tool="xlsx", reason=f"no column {', '.join(missing)}"))
    for number, cells in enumerate(rows, 2):
        if any(cell is not None for cell in cells):
            texts = ["" if cell is None else str(cell) for cell in cells]
            yield sheet.given(f"row {number}", dict(zip(columns, texts, strict=False)))


def read_themes(path: Path) -> list[Theme] | None:
    """The themes of the sheet that explains them; None where someone took it away."""
    rows = [[str(cell or "").strip() for cell in cells[: len(LEGEND)]] for cells in _rows(path, THEMES)]
    if not rows or rows[0] != list(LEGEND):
        return None
    return checked([dict(zip(FIELDS, row, strict=True)) for row in rows[1:] if row[0]], path)


def _rows(path: Path, name: str | None = None) -> list[tuple[Any, ...]]:
    """The cells of a sheet, the first if it isn't named; none where it is missing."""
    from openpyxl import load_workbook

    try:
        with ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED:
            raise ValueError(f"unpacks to {size // 1_000_000} MB")
        book = load_workbook(path, read_only=True)
        if name is not None and name not in book.sheetnames:
            return []
        found = book[name] if name else book.worksheets[0]
        return [tuple(cells) for cells in found.iter_rows(values_only=True)]
    except Exception as error:
        # openpyxl lets through whatever a damaged part raises, while rows are read too.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(Errors.E603.format(path=path, tool="xlsx", reason=reason)) from None

"""The comparison as a file: CSV, Excel, Markdown, or a page that looks like those of the site."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.comparison import links
from pipeline.comparison.table import Row
from pipeline.comparison.values import Value
from pipeline.errors import Errors, UsageError
from pipeline.output.site.values import amount, plain
from pipeline.output.tables import neutral

_OF_VALUE = (
    "text", "value", "value_to", "bound", "direction", "period",
    "document", "paragraph", "link", "sentence", "others",
)  # fmt: skip
COLUMNS = (
    "indicator", "issuer", "issuer_code", "year", "measure", "unit", "verdict",
    *(f"target_{name}" for name in _OF_VALUE),
    *(f"result_{name}" for name in _OF_VALUE),
)  # fmt: skip
_WIDTHS = {"indicator": 24, "issuer": 14, "text": 14, "value": 16, "document": 30, "sentence": 70, "link": 12}
_ARROWS = {"up": "↑", "down": "↓", "flat": "→"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def normalised(value: Value) -> str:
    """A figure's normalised value for readers, with what bounds it.

    Fractions of an amount keep what the text gives.
    """
    if value.low is None or value.high is None:
        return ""
    shown = [_quantity(number, value.unit) for number in dict.fromkeys((value.low, value.high))]
    bound = "" if value.bound == "exact" else value.bound.replace("_", " ")
    arrow = _ARROWS.get(value.direction, "") if value.role == "change" else ""
    return " ".join(part for part in (bound, arrow + " – ".join(shown)) if part)


def _quantity(number: Decimal, unit: str) -> str:
    if len(unit) == 3 and unit.isascii() and unit.isupper():
        return amount(number, unit)
    return plain(number) + (unit if unit == "%" else f" {unit}" if unit else "")


def write(rows: Sequence[Row], path: Path) -> None:
    """Write rows in the format the path's suffix names.

    Parameters
    ----------
    rows : sequence of Row
    path : Path

    Raises
    ------
    UsageError
        If the suffix is unknown or the file can't be written.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(Errors.E802.format(path=path, known=", ".join(WRITERS)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer(rows, path)
    except OSError as error:
        raise UsageError(Errors.E004.format(path=path, reason=error.strerror)) from None


def cells(rows: Sequence[Row], folder: Path) -> Iterator[dict[str, Any]]:
    """Rows as `COLUMNS`; numbers are Decimals."""
    for row in rows:
        found: dict[str, Any] = {
            "indicator": row.indicator,
            "issuer": row.issuer,
            "issuer_code": row.code,
            "year": row.year,
            "measure": row.measure,
            "unit": row.unit,
            "verdict": row.verdict,
        }
        for kind, values in (("target", row.targets), ("result", row.results)):
            found |= {f"{kind}_{name}": cell for name, cell in _value(values, folder).items()}
        yield found


def _value(values: Sequence[Value], folder: Path) -> dict[str, Any]:
    if not values:
        return dict.fromkeys(_OF_VALUE)
    first = values[0]
    return {
        "text": first.text,
        "value": first.low,
        "value_to": first.high if first.high != first.low else None,
        "bound": first.bound,
        "direction": first.direction or None,
        "period": first.period or None,
        "document": first.doc_id,
        "paragraph": first.paragraph,
        "link": links.relative(first, folder),
        "sentence": first.sentence,
        "others": "; ".join(f"{other.text} ({links.relative(other, folder)})" for other in values[1:]) or None,
    }


def _csv(rows: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for found in cells(rows, path.parent):
            writer.writerow({name: _text(neutral(cell)) for name, cell in found.items()})


def _text(cell: Any) -> Any:
    return format(cell, "f") if isinstance(cell, Decimal) else cell


def _xlsx(rows: Sequence[Row], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "comparison"
    sheet.append(COLUMNS)
    for number, found in enumerate(cells(rows, path.parent), 2):
        for column, name in enumerate(COLUMNS, 1):
            cell = sheet.cell(number, column)
            content = neutral(found[name])
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", content) if isinstance(content, str) else content
            cell.alignment = Alignment(wrap_text=name.endswith("sentence"), vertical="top")
            if name.endswith("_link") and content:
                cell.value, cell.hyperlink, cell.style = "open", content, "Hyperlink"
    for column, name in enumerate(COLUMNS, 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name.rpartition("_")[2], 11)
    sheet.freeze_panes = "E2"
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)


def _markdown(rows: Sequence[Row], path: Path) -> None:
    lines = [
        "| Indicator | Issuer | Year | Measure | Target | Result | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        found = [row.indicator, row.issuer, row.year, row.measure]
        shown = [_escaped(text) for text in found]
        for values in (row.targets, row.results):
            given = (
                f"[{_escaped(v.text)}]({links.relative(v, path.parent)}) {_escaped(normalised(v))}" for v in values
            )
            shown.append("<br>".join(given))
        lines.append(f"| {' | '.join([*shown, row.verdict])} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _html(rows: Sequence[Row], path: Path) -> None:
    from pipeline.output.site.build import common, render
    from pipeline.output.site.vocabulary import Themes

    sites = {links.relative(value, path.parent).partition("documents/")[0] for value in _all(rows)}
    top = sites.pop() if len(sites) == 1 else None
    shown = [
        (row, [[(value, links.relative(value, path.parent), normalised(value)) for value in values]
               for values in (row.targets, row.results)])
        for row in rows
    ]  # fmt: skip
    content = {**common(Themes([])), "rows": shown, "top": top or "", "navigable": top is not None}
    path.write_text(render("compare.html", **content), encoding="utf-8")


def _all(rows: Sequence[Row]) -> Iterator[Value]:
    for row in rows:
        yield from (*row.targets, *row.results)


WRITERS: dict[str, Callable[[Sequence[Row], Path], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".html": _html,
    ".md": _markdown,
}
"""Formats by suffix."""

"""CSV with a byte-order mark, which Excel opens right; what Excel saves in GB 18030 or with semicolons is read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from pipeline.errors import Errors, UsageError
from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import Item
from pipeline.exchange.tools import sheet
from pipeline.stages.themes.table import Theme

LARGEST_CELL = 10_000_000


def write(items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write one paragraph a row."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(sheet.COLUMNS)
        writer.writerows(sheet.row(item) for item in items)
    return [path]


def read(path: Path) -> Iterator[Given | Unusable]:
    """Read the rows back."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    csv.field_size_limit(LARGEST_CELL)
    header = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    columns = [name.strip() for name in next(reader, [])]
    missing = [name for name in sheet.COLUMNS if name not in columns]
    if missing:
        raise UsageError(Errors.E603.format(path=path, tool="csv", reason=f"no column {', '.join(missing)}"))
    for cells in reader:
        if any(cells):
            filled = cells + [""] * (len(columns) - len(cells))
            yield sheet.given(f"line {reader.line_num}", dict(zip(columns, filled, strict=False)))

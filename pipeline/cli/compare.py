"""``pipeline compare``: targets against results."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import light

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.comparison import Row, Value
    from pipeline.comparison.table import Found


def command(
    outs: Annotated[
        list[Path], typer.Argument(metavar="OUT...", help="Output folders of 'pipeline run'.", show_default=False)
    ],
    indicators: Annotated[
        list[str] | None,
        typer.Option(
            "--indicator",
            "-i",
            help="An indicator, by any of its names (GDP); may be given several times. "
            "If left out: wherever a target and a result of one issuer for the same year can be compared.",
        ),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--out", help="Write the table here too: .csv, .xlsx, .html or .md; may be given several times."),
    ] = None,
    sites: Annotated[
        list[str] | None,
        typer.Option(
            "--site",
            help="Folder of 'pipeline view --html', or the address it serves, for links to the sentences; "
            "one for each OUT. If left out, links count from the folder that holds the site.",
        ),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the indicators that were found.")] = False,
) -> None:
    """Set targets against results, by issuer and year.

    A target in the report of one year stands beside the result that the next one tells.
    """
    light.import_spacy()
    from pipeline import comparison
    from pipeline.comparison import names, table, writing
    from pipeline.errors import Errors, UsageError

    if sites and len(sites) != len(outs):
        raise UsageError(Errors.E803.format(sites=len(sites), outs=len(outs)))
    values: list[Value] = []
    for out, site in zip(outs, sites or [""] * len(outs), strict=True):
        values += comparison.collect(out, site)
    if listing:
        _list(table.listed(values))
        return
    wanted = list(dict.fromkeys(names.resolve(name, values) for name in indicators)) if indicators else None
    rows = comparison.compare(values, wanted)
    if not rows:
        typer.echo("no target and result of one issuer for the same year; --list shows the indicators there are")
    else:
        _show(rows)
    for file in files or ():
        writing.write(rows, file)
        typer.echo(f"{len(rows)} rows written to {file}")


def _list(found: Sequence[Found]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table("indicator", box=None, pad_edge=False)
    for name in ("issuers", "targets", "results"):
        shown.add_column(name, justify="right")
    for one in found:
        shown.add_row(escape(one.name), str(one.issuers), str(one.targets), str(one.results))
    Console().print(shown)


def _show(rows: Sequence[Row]) -> None:
    """One table; the documents that cells stand in are numbered below it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    colours = {"met": "green", "missed": "red", "": ""}
    documents = _documents(rows)
    shown = Table("indicator", "issuer", "year", "measure", "target", "result", "", box=None, pad_edge=False)
    for indicator, group in groupby(rows, key=lambda row: row.indicator):
        for number, row in enumerate(group):
            shown.add_row(
                "" if number else escape(indicator),
                escape(row.issuer or "?"),
                row.year,
                row.measure,
                _cell(row.targets, documents),
                _cell(row.results, documents),
                Text(row.verdict, colours[row.verdict]),
            )
    console = Console()
    console.print(shown)
    for (doc_id, _), number in documents.items():
        console.print(f"({number}) {doc_id}", markup=False, highlight=False, style="dim")


def _documents(rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        for value in (*row.targets, *row.results):
            found.setdefault((value.doc_id, value.site), len(found) + 1)
    return found


def _cell(values: Sequence[Value], documents: dict[tuple[str, str], int]) -> Text:
    from rich.style import Style
    from rich.text import Text

    from pipeline.comparison import links
    from pipeline.comparison.writing import normalised

    cell = Text()
    for number, value in enumerate(values):
        address = links.absolute(value)
        cell.append("\n" if number else "")
        cell.append(normalised(value) or value.text, Style(link=address) if address else "")
        cell.append(f" ({documents[(value.doc_id, value.site)]} ¶{value.paragraph})", "dim")
    return cell

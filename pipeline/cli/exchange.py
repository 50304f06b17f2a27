"""``pipeline export`` and ``pipeline import``: to annotation tools and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Tool = Annotated[str, typer.Option("--to", help="csv, xlsx, doccano, label-studio or prodigy.")]


def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that 'pipeline run' wrote.")],
    tool: Tool = "xlsx",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; to-correct.<suffix> by default.")
    ] = None,
    how: Annotated[
        str,
        typer.Option("--select", help="uncertain, random or theme=ID; the least certain first, spread over documents."),
    ] = "uncertain",
    limit: Annotated[int | None, typer.Option(min=1, help="At most N paragraphs.")] = None,
    seed: Annotated[int, typer.Option(help="For --select random.")] = 0,
    themes: Annotated[
        Path | None, typer.Option("--themes", help="The theme table; the one of the run by default.")
    ] = None,
) -> None:
    """Write the paragraphs worth correcting for Excel or an annotation tool.

    Correct themes, entities and key phrases there, leave the other columns as they are, and bring the file back
    by 'pipeline import'.
    """
    from pipeline import exchange
    from pipeline.stages.themes.table import read_table

    table = read_table(themes) if themes else exchange.read_themes(out)
    chosen = exchange.select(exchange.read_items(out), how, limit, seed)
    suffix = exchange.TOOLS[tool][1] if tool in exchange.TOOLS else ""
    written = exchange.write(tool, chosen, output or Path(f"to-correct{suffix}"), table)
    documents = len({item.doc_id for item in chosen})
    typer.echo(f"{len(chosen)} paragraphs of {documents} documents written to {', '.join(map(str, written))}")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What Excel or the tool gave back.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Gold file to write.")] = Path("corrections.jsonl"),
    tool: Annotated[
        str | None, typer.Option("--from", help="csv, xlsx, doccano, label-studio or prodigy; found out if left out.")
    ] = None,
    take_all: Annotated[
        bool, typer.Option("--all", help="Take paragraphs that were neither changed nor marked as checked, too.")
    ] = False,
    run: Annotated[
        Path | None, typer.Option("--run", help="The folder it was exported from, if that has its own themes.")
    ] = None,
    themes: Annotated[
        Path | None,
        typer.Option("--themes", help="The theme table; by default that of --run, of the Excel file, the bundled one."),
    ] = None,
) -> None:
    """Read corrections back into a gold file for 'pipeline train … --add'.

    What can't be used is told line by line; the exit status is 1 then.
    """
    from pipeline import exchange
    from pipeline.corpus.gold import write
    from pipeline.stages.themes.table import read_table

    given = exchange.read(file, tool)
    if themes:
        table = read_table(themes)
    else:
        table = exchange.read_themes(run) if run else exchange.themes_of(file, tool) or read_table()
    found = exchange.gather(given, table, take_all)
    for problem in found.problems:
        typer.echo(f"{file}, {problem.where}: {problem.reason}", err=True)
    if found.paragraphs:
        write(output, found.paragraphs)
        typer.echo(f"{len(found.paragraphs)} paragraphs written to {output}")
    else:
        typer.echo("no corrected paragraph found; nothing written")
    changes = ", ".join(f"{layer} of {number}" for layer, number in found.changed.items()) or "nothing"
    typer.echo(f"changed: {changes}; left out: {found.unchanged} unchanged, {found.skipped} not annotated or rejected")
    if found.without:
        typer.echo(f"without {' and '.join(sorted(found.without))}: don't add this file to training on those")
    raise typer.Exit(1 if found.problems else 0)

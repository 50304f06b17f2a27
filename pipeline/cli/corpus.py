"""``pipeline corpus``: check and extend the annotated corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Check and extend the annotated corpus.", no_args_is_help=True, rich_markup_mode=None)

MAX_SHOWN = 40


@app.command("check")
def check(
    corpus: Annotated[
        Path | None, typer.Argument(help="Folder with train/, dev/ and test/.", show_default=False)
    ] = None,
) -> None:
    """Validate format, offsets, labels, duplicates, issuers across splits and counts; print the table of counts."""
    from pipeline.corpus.check import check as run_check
    from pipeline.corpus.report import markdown

    report = run_check(corpus)
    typer.echo(markdown(report))
    for problem in report.problems[:MAX_SHOWN]:
        typer.echo(problem, err=True)
    if len(report.problems) > MAX_SHOWN:
        typer.echo(f"… and {len(report.problems) - MAX_SHOWN} more", err=True)
    raise typer.Exit(1 if report.problems else 0)


@app.command("agreement")
def agreement(
    first: Annotated[Path, typer.Argument(help="Gold file of one reader.")],
    second: Annotated[Path, typer.Argument(help="Gold file of the other, the same paragraphs in the same order.")],
) -> None:
    """Compare two readers' labels of the same paragraphs: F1 per entity label, themes, key phrases."""
    from pipeline.corpus.report import agreement as run_agreement

    typer.echo(run_agreement(first, second))


@app.command("convert")
def convert(
    files: Annotated[list[Path], typer.Argument(help="Files with inline markup, one issuer each.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Gold file to write.")],
) -> None:
    """Turn paragraphs with inline markup ({九江镇|G} …) into a gold file; corpus/README.md shows the markup."""
    from pipeline.corpus.gold import GoldParagraph, write
    from pipeline.corpus.markup import MarkupError, parse_file
    from pipeline.errors import CorpusError

    try:
        found = [GoldParagraph.model_validate(paragraph) for path in files for paragraph in parse_file(path)]
    except (MarkupError, OSError) as error:
        raise CorpusError(str(error)) from None
    write(output, found)
    typer.echo(f"{len(found)} paragraphs written to {output}")

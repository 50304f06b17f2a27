"""``pipeline run``: annotate files and folders."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import light

if TYPE_CHECKING:
    from pipeline.execution.job import Progress, Summary

TOP_PHRASES = 12


def command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Files or folders (walked recursively): .txt .md .html .htm .docx .pdf; a .jsonl file "
            'with one {"id", "text"} a line must be named itself.',
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("out"),
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="A pipeline config; the bundled pipeline.cfg by default.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the tables as CSV too (opens in Excel).")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a result already in the output folder.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first N inputs.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
) -> None:
    """Annotate documents.

    Writes annotations.jsonl (one document a line), tables/*.parquet, docs.spacy (a spaCy DocBin),
    run.json (what was run) and failures.jsonl into the output folder.

    Exit status: 0 if all went well, 1 if some input failed (see failures.jsonl), 2 for wrong usage.
    """
    light.import_spacy(config)
    from pipeline import language
    from pipeline.execution import job

    nlp = language.load(config)
    with nullcontext(job.no_progress) if quiet else _Bar() as progress:
        summary = job.run(nlp, inputs, output, with_csv=csv, force=force, limit=limit, progress=progress)
    if not quiet:
        _show(summary, output)
    for failure in summary.failures:
        typer.echo(f"failed: {failure.message}", err=True)
    raise typer.Exit(1 if summary.failures else 0)


class _Bar:
    """A progress bar with characters a second."""

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("annotating"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self.task = self.bar.add_task("annotating", total=None, speed="")
        return self._advance

    def _advance(self, done: int, total: int, chars: int) -> None:
        if not self.bar.live.is_started:  # a run that is refused shows no bar
            self.bar.start()
        elapsed = self.bar.tasks[0].elapsed or 0
        speed = f"{chars / elapsed:,.0f} characters/s" if elapsed and chars else ""
        # A .jsonl file is one input and many documents: the total grows with what is found.
        self.bar.update(self.task, completed=done, total=max(done, total), speed=speed)

    def __exit__(self, *_: object) -> None:
        if self.bar.live.is_started:
            self.bar.stop()


def _show(summary: Summary, output: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    counts, facts = summary.counts, summary.manifest
    names = {theme["id"]: theme["zh"] for theme in facts["themes"]}
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("documents", f"{counts.documents:,}")
    table.add_row("paragraphs", f"{counts.paragraphs:,}")
    table.add_row("entities", "  ".join(f"{label} {n:,}" for label, n in counts.entities.most_common()) or "none")
    phrases = "  ".join(f"{text} {n}" for text, n in counts.keyphrases.most_common(TOP_PHRASES))
    table.add_row("key phrases", phrases or "none")
    themes = "  ".join(f"{names.get(theme, theme)} {n:,}" for theme, n in counts.themes.most_common())
    table.add_row("themes", themes or "none")
    table.add_row("failures", f"{counts.failures:,}")
    table.add_row("seconds", f"{facts['seconds']:,.1f}  ({facts['characters_per_second'] or 0:,} characters/s)")
    table.add_row("written to", str(output))
    table.add_row("look at it", f"pipeline view {output}")
    Console().print(table)

"""``pipeline run``: annotate files and folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import light
from pipeline.execution import EngineName
from pipeline.execution.tasks import Limits

if TYPE_CHECKING:
    from pipeline.execution.job import Progress, Summary

TOP_PHRASES = 12
_LIMITS = Limits()


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
    force: Annotated[
        bool, typer.Option("--force", help="Replace a result already in the output folder; do all documents again.")
    ] = False,
    drop_vanished: Annotated[
        bool, typer.Option("--drop-vanished", help="Drop documents of earlier runs that are not among the inputs.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first N inputs.")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-j", min=1, help="Documents done at a time; by default one a core.")
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="auto: worker processes, or this one process where the inputs are small.")
    ] = EngineName.auto,
    ray_address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster, for --engine ray; a local one is started if left out.")
    ] = None,
    time_limit: Annotated[float, typer.Option(min=0, help="Seconds for one document; 0: no limit.")] = _LIMITS.seconds,
    memory_limit: Annotated[
        int, typer.Option(min=0, help="Megabytes for one worker process; 0: no limit.")
    ] = _LIMITS.megabytes,
    max_chars: Annotated[
        int, typer.Option(min=0, help="Refuse documents of more characters; 0: no limit.")
    ] = _LIMITS.chars,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no summary.")] = False,
) -> None:
    """Annotate documents.

    Run again on the same output folder, it goes on: finished documents are kept as long as their source, the
    config and the models are the same, whenever and however the run before ended.

    Writes annotations.jsonl (one document a line), tables/*.parquet, docs.spacy (a spaCy DocBin),
    run.json (what was run) and failures.jsonl into the output folder.

    Exit status: 0 if all went well, 1 if some input failed (see failures.jsonl), 2 for wrong usage.
    """
    light.import_spacy(config)
    from pipeline import execution, language
    from pipeline.execution import job

    nlp = language.load(config)
    chosen = partial(
        execution.choose,
        nlp,
        config,
        engine=engine,
        workers=workers,
        limits=Limits(time_limit, max_chars, memory_limit),
        address=ray_address,
    )
    with _resumable(), nullcontext(job.no_progress) if quiet else _Bar() as progress:
        summary = job.run(
            nlp,
            inputs,
            output,
            with_csv=csv,
            force=force,
            drop_vanished=drop_vanished,
            limit=limit,
            engine=chosen,
            progress=progress,
        )
    if not quiet:
        _show(summary, output)
    for failure in summary.failures:
        typer.echo(f"failed: {failure.message}", err=True)
    raise typer.Exit(1 if summary.failures else 0)


@contextmanager
def _resumable() -> Iterator[None]:
    """Ctrl-C ends a run, and tells that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped: run the same command again to go on", err=True)
        raise typer.Exit(130) from None


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
    kept, dropped = (facts["execution"][name] for name in ("kept", "dropped"))
    parts = [f"{number:,} {what}" for number, what in ((kept, "from earlier runs"), (dropped, "dropped")) if number]
    table.add_row("documents", f"{counts.documents:,}" + (f"  ({', '.join(parts)})" if parts else ""))
    table.add_row("paragraphs", f"{counts.paragraphs:,}")
    table.add_row("entities", "  ".join(f"{label} {n:,}" for label, n in counts.entities.most_common()) or "none")
    phrases = "  ".join(f"{text} {n}" for text, n in counts.keyphrases.most_common(TOP_PHRASES))
    table.add_row("key phrases", phrases or "none")
    themes = "  ".join(f"{names.get(theme, theme)} {n:,}" for theme, n in counts.themes.most_common())
    table.add_row("themes", themes or "none")
    table.add_row("warnings", say_warnings(facts["warnings"]))
    table.add_row("failures", f"{counts.failures:,}")
    table.add_row("seconds", f"{facts['seconds']:,.1f}  ({facts['characters_per_second'] or 0:,} characters/s)")
    table.add_row("written to", str(output))
    table.add_row("look at it", f"pipeline view {output}")
    Console().print(table)


def say_warnings(found: list[dict[str, Any]]) -> str:
    """How many documents are warned of, and of what: ``3 documents: redacted years 1, shared passage 2``."""
    kinds: dict[str, set[str]] = {}
    for warning in found:
        both = {warning["doc_id"], warning.get("other", warning["doc_id"])}
        kinds.setdefault(warning["kind"], set()).update(both)
    if not kinds:
        return "none"
    number = len(set().union(*kinds.values()))
    said = ", ".join(f"{kind.replace('_', ' ')} {len(documents):,}" for kind, documents in kinds.items())
    return f"{number:,} document{'' if number == 1 else 's'}: {said}"

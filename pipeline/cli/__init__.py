"""The command ``pipeline``: one file a command, each a thin Typer function over an importable one."""

from __future__ import annotations

import atexit
import gc

import typer

from pipeline.cli import compare, corpus, evaluate, exchange, explain, info, run, train, view
from pipeline.errors import PipelineError

app = typer.Typer(
    name="pipeline",
    help="Annotate Chinese government reports: organisations, places, money, rates, key phrases, policy themes. "
    "Offline, with every result traceable to its sentence.",
    epilog="Start with: pipeline run reports/ --output out/",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.command)
app.command("view")(view.command)
app.add_typer(train.app, name="train")
app.command("evaluate")(evaluate.command)
app.command("compare")(compare.command)
app.command("export")(exchange.export)
app.command("import")(exchange.import_)
app.command("explain")(explain.command)
app.add_typer(corpus.app, name="corpus")
app.command("info")(info.command)


@app.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Options that stand before the command."""
    global _debug
    _debug = debug


_debug = False


def main() -> None:
    """Run the command line; an error of ours is one line and exit status 2."""
    atexit.register(gc.freeze)  # or the end of the process takes a last walk through all that spaCy loaded
    try:
        app()
    except PipelineError as error:
        if _debug:
            raise
        typer.echo(f"pipeline: {error}", err=True)
        raise SystemExit(2) from None

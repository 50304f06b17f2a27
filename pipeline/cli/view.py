"""``pipeline view``: look at a result in a browser."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import light


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="An output folder of 'pipeline run'.", show_default=False)
    ] = Path("out"),
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the pages as files into this folder instead of serving them.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 8765, or a free one, if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a site already in the --html folder.")] = False,
) -> None:
    """Show a result: an index of the documents, a page a document, a report over all.

    Serves the pages on 127.0.0.1 until Ctrl-C, or writes them as files that open from disk.
    """
    light.import_spacy()
    from pipeline.output.site import folder as site

    if html is not None:
        pages = site.write(folder, html, force=force)
        typer.echo(f"{pages} pages written to {html}; open {html / 'index.html'}")
        return
    from pipeline.output.site.server import SiteServer

    with tempfile.TemporaryDirectory(prefix="pipeline-site-") as temporary:
        top = Path(temporary) / "site"
        site.write_pages(folder, top)
        # A shell that starts a command in the background has it ignore Ctrl-C; `kill -INT` shall end it all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with SiteServer(top, port) as server:
            try:
                typer.echo(f"{server.url}  (Ctrl-C ends it)")
                server.serve_forever()
            except KeyboardInterrupt:
                typer.echo("ended")

"""From an output folder to the files of the site."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from lxml import html
from markupsafe import Markup

from pipeline.output.manifest import themes as table_of
from pipeline.output.palette import COLOURS
from pipeline.output.site import document, notices, records, report, values, vocabulary
from pipeline.output.site.sources import Sources
from pipeline.output.site.summary import Corpus
from pipeline.output.site.vocabulary import Themes
from pipeline.output.writer import MANIFEST

INDEX, REPORT, DOCUMENTS, EVIDENCE = "index.html", "report.html", "documents", "evidence"
Pages = Iterator[tuple[str, str]]


def build(folder: Path) -> Pages:
    """Make the site of an output folder, a page at a time.

    Parameters
    ----------
    folder : Path
        What ``pipeline run`` wrote; nothing but its ``annotations.jsonl``, ``run.json``, ``failures.jsonl`` and,
        for the view of the source, the input files themselves are read.

    Yields
    ------
    name : str
        Path of the page below the site's top.
    html : str
        The page: whole in itself, but for links to the others.

    Raises
    ------
    UsageError
        If the folder holds no result or a damaged one.
    """
    manifest, failures = records.read_manifest(folder), records.read_failures(folder)
    themes = Themes(table_of(manifest, folder / MANIFEST))
    shown = common(themes)
    corpus, sources = Corpus(), Sources()
    warned = notices.by_document(manifest)
    for line, record in records.read(folder):
        try:
            page = document.make(record, sources.text(record), warned.get(record["doc_id"]))
            corpus.add(record)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise records.broken(folder, line, error) from error
        yield f"{DOCUMENTS}/{page.file}", render("document.html", **shown, top="../", page=page, record=record)
    shared = {**shown, "corpus": corpus, "manifest": manifest, "failures": failures, "warned": warned, "top": ""}
    content = report.make(corpus, themes)
    yield REPORT, render(REPORT, **shared, **content)
    for kind, rows in report.evidence(content):
        yield f"{EVIDENCE}/{kind}.html", render("evidence.html", **shown, top="../", kind=kind, rows=rows)
    yield INDEX, render(INDEX, **shared)


def common(themes: Themes) -> dict[str, Any]:
    """What every page needs: script and style sheet, and how themes are called and coloured."""
    script = vocabulary.asset("templates/site.js")
    style = _environment().get_template("site.css").render(labels=COLOURS, themes=list(themes.by_id.values()))
    return {
        "script": Markup(script),
        "style": Markup(style),
        "policy": _policy(script, style),
        "all_themes": themes.by_id,
        "theme": themes.get,
        "theme_class": themes.css_class,
    }


def policy(page: Path) -> str:
    """The Content-Security-Policy that a page of the site names."""
    (found,) = html.parse(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    return str(found)


def _policy(script: str, style: str) -> str:
    """Content-Security-Policy: our own style sheet and script by their hashes, and nothing else at all."""
    script, style = _digest(script), _digest(style)
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render(name: str, **content: Any) -> str:
    """A page from its template."""
    return _environment().get_template(name).render(**content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.output.site"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "words": vocabulary.words(),
        "label_class": vocabulary.label_class,
        "palette": COLOURS,
        "amount": values.amount,
        "describe": values.describe,
        "measure": values.measure,
    }
    return environment

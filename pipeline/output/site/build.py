"""From an output folder to the files of the site."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.output.palette import COLOURS
from pipeline.output.site import document, notices, records, report, values, vocabulary
from pipeline.output.site.sources import Sources
from pipeline.output.site.summary import Corpus

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
    corpus, sources = Corpus(), Sources()
    warned = notices.by_document(manifest)
    for line, record in records.read(folder):
        try:
            page = document.make(record, sources.text(record), warned.get(record["doc_id"]))
            corpus.add(record)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise records.broken(folder, line, error) from error
        yield f"{DOCUMENTS}/{page.file}", render("document.html", top="../", page=page, record=record)
    shared = {"corpus": corpus, "manifest": manifest, "failures": failures, "warned": warned, "top": ""}
    content = report.make(corpus)
    yield REPORT, render(REPORT, **shared, **content)
    for kind, rows in report.evidence(content):
        yield f"{EVIDENCE}/{kind}.html", render("evidence.html", top="../", kind=kind, rows=rows)
    yield INDEX, render(INDEX, **shared)


@cache
def style() -> str:
    """The style sheet with the palette's and the themes' colours."""
    themes = list(vocabulary.themes().values())
    return _environment().get_template("site.css").render(labels=COLOURS, themes=themes)


@cache
def policy() -> str:
    """Content-Security-Policy: our own style sheet and script by their hashes, and nothing else at all."""
    script, css = (_digest(text) for text in (vocabulary.asset("templates/site.js"), style()))
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{css}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render(name: str, **content: Any) -> str:
    """A page from its template, with style sheet, script and policy."""
    return (
        _environment()
        .get_template(name)
        .render(style=Markup(style()), script=Markup(vocabulary.asset("templates/site.js")), policy=policy(), **content)
    )


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
        "all_themes": vocabulary.themes(),
        "theme": vocabulary.theme,
        "theme_class": vocabulary.theme_class,
        "label_class": vocabulary.label_class,
        "palette": COLOURS,
        "amount": values.amount,
        "describe": values.describe,
        "measure": values.measure,
    }
    return environment

"""``pipeline evaluate``: score a pipeline against annotated paragraphs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import light


def command(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD.jsonl...", help="Annotated paragraphs, one a line.")],
    config: Annotated[str | None, typer.Option("--config", "-c", help="A pipeline config.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="One short table, as the README shows it.")] = False,
) -> None:
    """Score entities, key phrases, themes and indicators against a gold file.

    Entities: precision, recall and F1 per label, exact and overlapping. Key phrases: F1@5 a paragraph.
    Themes: accuracy of the primary theme, micro and macro F1, confusions.
    Indicators: agreement field by field and F1 of records, with gold entities given and end to end.
    """
    light.import_spacy(config)
    from pipeline import language
    from pipeline.corpus.gold import read
    from pipeline.evaluation.evaluate import evaluate

    paragraphs = [paragraph for path in gold for paragraph in read(path)]
    scores = evaluate(language.load(config), paragraphs)
    if as_json:
        typer.echo(json.dumps(scores, ensure_ascii=False, indent=2))
    elif as_markdown:
        from pipeline.evaluation.report import markdown

        typer.echo(markdown(scores))
    else:
        _show(scores)


def _show(scores: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"Entities ({scores['paragraphs']} paragraphs)", title_justify="left")
    for name in ("label", "gold", "P", "R", "F1", "F1 overlapping"):
        table.add_column(name, justify="left" if name == "label" else "right")
    exact, overlap = scores["entities"]["exact"], scores["entities"]["overlap"]
    for label, row in exact.items():
        numbers = [f"{row[key]:.3f}" for key in ("p", "r", "f1")]
        table.add_row(label, str(row["gold"]), *numbers, f"{overlap[label]['f1']:.3f}")
    console.print(table)

    phrases = scores["keyphrases"]
    table = Table(title="Key phrases, top 5 a paragraph", title_justify="left")
    for name in ("match", "P", "R", "F1"):
        table.add_column(name, justify="left" if name == "match" else "right")
    for kind in ("exact", "overlap"):
        table.add_row(kind, *(f"{phrases[kind][key]:.3f}" for key in ("p", "r", "f1")))
    console.print(table)

    themes = scores["themes"]
    overall = themes["overall"]
    table = Table(title="Themes", title_justify="left")
    for name in ("theme", "gold", "P", "R", "F1"):
        table.add_column(name, justify="left" if name == "theme" else "right")
    for theme, row in themes["themes"].items():
        table.add_row(theme, str(row["gold"]), *(f"{row[key]:.3f}" for key in ("p", "r", "f1")))
    console.print(table)
    console.print(
        f"primary accuracy {overall['primary_accuracy']:.3f}   micro-F1 {overall['micro_f1']:.3f}   "
        f"macro-F1 {overall['macro_f1']:.3f}"
    )
    confusions = "  ".join(f"{c['gold']}→{c['predicted']} {c['count']}" for c in themes["confusions"])
    console.print(f"confusions of the primary: {confusions or 'none'}")

    table = Table(title="Indicators", title_justify="left")
    rows = scores["indicators"]
    for name in ("agreement on", *rows):
        table.add_column(name.replace("_", " "), justify="left" if name == "agreement on" else "right")
    for field in next(iter(rows.values()))["fields"]:
        table.add_row(field.replace("_", " "), *(f"{row['fields'][field]:.3f}" for row in rows.values()))
    table.add_row("record F1, period left out", *(f"{row['record']['f1']:.3f}" for row in rows.values()))
    table.add_row("full record F1", *(f"{row['full']['f1']:.3f}" for row in rows.values()))
    console.print(table)

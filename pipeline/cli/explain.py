"""``pipeline explain``: which words and headings decided a paragraph's themes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import light

if TYPE_CHECKING:
    from pipeline.stages.themes.explanation import Explanation

STAGE = "theme_classifier"
SHOWN = 10


def command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that 'pipeline run' wrote.")],
    document: Annotated[str, typer.Argument(metavar="DOC", help="A document's doc_id, or a part of it.")],
    paragraph: Annotated[int, typer.Argument(metavar="PARAGRAPH", help="Its number in the document, from 0.")],
    config: Annotated[str | None, typer.Option("--config", "-c", help="The config the result was made with.")] = None,
    theme: Annotated[str | None, typer.Option(help="Explain this theme; those given by default.")] = None,
) -> None:
    """Show which words and headings decided the themes of a paragraph."""
    light.import_spacy(config)
    from pipeline import extensions
    from pipeline.stages.themes.component import rows
    from pipeline.stages.themes.explanation import explain

    stage, vocab = _stage(config)
    model, names = stage.loaded(), {theme.id: theme.zh for theme in stage.themes()}
    doc = _document(out, document, vocab)
    found = extensions.paragraphs(doc)
    if not 0 <= paragraph < len(found):
        from pipeline.errors import Errors, UsageError

        raise UsageError(Errors.E608.format(document=document, paragraph=paragraph, last=len(found) - 1))
    if theme is not None and theme not in names:
        from pipeline.errors import Errors, UsageError

        raise UsageError(Errors.E609.format(theme=theme, known=", ".join(names)))
    place = found[paragraph]
    (row,) = rows(doc, [place])
    explanations = explain(model, row)
    given = [entry["theme"] for entry in model.themes(model.scores([row])[0])]
    _show(doc.text[place["start"] : place["end"]], place, given, explanations, names, theme)


def _stage(config: str | None) -> tuple[Any, Any]:
    """The classifier, and the vocabulary that reads the result's Docs."""
    from pipeline import language
    from pipeline.errors import Errors, UsageError

    nlp = language.load(config)
    for name in nlp.pipe_names:
        if nlp.get_pipe_meta(name).factory == STAGE:
            stage: Any = nlp.get_pipe(name)
            return stage, nlp.vocab
    raise UsageError(Errors.E606.format(config=config, stage=STAGE))


def _document(out: Path, document: str, vocab: Any) -> Any:
    from pipeline.errors import Errors, UsageError
    from pipeline.output import docbin

    if not docbin.paths(out):
        raise UsageError(Errors.E005.format(path=out, name=docbin.FIRST))
    docs = {doc._.meta["doc_id"]: doc for doc in docbin.read(out, vocab)}
    matching = [name for name in docs if name == document] or [name for name in docs if document in name]
    if len(matching) != 1:
        raise UsageError(Errors.E607.format(document=document, path=out, found=len(matching)))
    return docs[matching[0]]


def _show(
    text: str,
    place: dict[str, Any],
    given: list[str],
    explanations: list[Explanation],
    names: dict[str, str],
    theme: str | None,
) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{escape(' / '.join(place['headings'])) or 'no heading'}[/bold]")
    console.print(text, markup=False, highlight=False)
    recorded = [entry["theme"] for entry in place.get("themes") or []]
    if recorded != given:
        why = "made by another model, or not classified"
        if place["role"] == "heading":
            why += ", or this heading says too little by itself and has the theme of what it heads"
        console.print(f"the result says {', '.join(recorded)}: {why}", style="yellow", markup=False)
    for found in explanations:
        if found.theme != theme if theme else found.theme not in given:
            continue
        sign = "≥" if found.score >= found.threshold else "<"
        score = f"score {found.score:.2f} {sign} {found.threshold:.2f}; starts at {found.start:+.2f}"
        title = escape(f"{names[found.theme]}, {found.theme}: {score}")
        table = Table("word", "adds", "heading", "adds", title=title, title_justify="left")
        for number in range(min(SHOWN, max(len(found.words), len(found.headings)))):
            cells = [_cells(found.words, number), _cells(found.headings, number)]
            table.add_row(*(cell for pair in cells for cell in pair))
        console.print(table)


def _cells(parts: list[tuple[str, float]], number: int) -> tuple[str, str]:
    from rich.markup import escape

    return (escape(parts[number][0]), f"{parts[number][1]:+.3f}") if number < len(parts) else ("", "")

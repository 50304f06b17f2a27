"""``pipeline train``: train each stage's model from the annotated corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import light
from pipeline.resources import ROOT

app = typer.Typer(
    help="Train a stage's model from the annotated corpus: segmenter first, since the others read its words.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _prepare() -> None:
    """What every trainer needs."""
    light.import_spacy()


MODELS = ROOT / "models"
Output = Annotated[
    Path, typer.Option("--output", "-o", help="Model folder; the bundled one by default.", show_default=False)
]
Corpus = Annotated[Path | None, typer.Option(help="Annotated corpus with train/ and dev/; the bundled one by default.")]
Add = Annotated[list[Path] | None, typer.Option("--add", help="A gold file to learn from as well (repeatable).")]
External = Annotated[
    Path | None, typer.Option(help="Text of the paragraphs whose labels lie in the corpus's external/ folder.")
]
Segmenter = Annotated[str, typer.Option(help="The segmenter whose words the model reads.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same model.")]


@app.command("segmenter")
def segmenter(
    output: Output = MODELS / "segmenter",
    corpus: Corpus = None,
    treebank: Annotated[
        Path | None, typer.Option(help="Word-segmented CoNLL-U file to learn from as well (UD Chinese GSD, say).")
    ] = None,
    treebank_test: Annotated[
        Path | None, typer.Option(help="Word-segmented CoNLL-U file to measure word F1 on; the card tells.")
    ] = None,
    iterations: Annotated[int, typer.Option(help="Passes over the data.")] = 10,
    seed: Seed = 0,
) -> None:
    """Train the word segmenter (spacy-pkuseg)."""
    from pipeline.training import segmenter as trainer

    card = trainer.train(
        output, treebank=treebank, treebank_test=treebank_test, corpus=corpus, iterations=iterations, seed=seed
    )
    _report(output, card)


@app.command("entities")
def entities(
    output: Output = MODELS / "entities",
    corpus: Corpus = None,
    add: Add = None,
    external: External = None,
    silver: Annotated[
        Path | None, typer.Option(help="Gold file labelled by a slower tagger (scripts/teach_entities.py writes one).")
    ] = None,
    segmenter: Segmenter = "segmenter",
    augment: Annotated[int, typer.Option(help="Copies of each paragraph with other names.")] = 2,
    iterations: Annotated[int, typer.Option(help="L-BFGS iterations at most.")] = 100,
    seed: Seed = 0,
) -> None:
    """Train the entity tagger (a CRF on characters)."""
    from pipeline.training import entities as trainer

    card = trainer.train(
        output,
        corpus=corpus,
        add=add or (),
        external=external,
        silver=silver,
        segmenter=segmenter,
        augment=augment,
        iterations=iterations,
        seed=seed,
        report=typer.echo,
    )
    _report(output, card)


@app.command("keyphrases")
def keyphrases(
    output: Output = MODELS / "keyphrases",
    corpus: Corpus = None,
    add: Add = None,
    external: External = None,
    segmenter: Segmenter = "segmenter",
    epochs: Annotated[int, typer.Option(help="Passes over the data.")] = 8,
    real: Annotated[int, typer.Option(help="How often each real paragraph is shown a pass.")] = 2,
    seed: Seed = 0,
) -> None:
    """Train the key-phrase tagger (HanLP's BiLSTM-CRF)."""
    from pipeline.training import keyphrases as trainer

    card = trainer.train(
        output,
        corpus=corpus,
        add=add or (),
        external=external,
        segmenter=segmenter,
        epochs=epochs,
        real=real,
        seed=seed,
        report=typer.echo,
    )
    _report(output, card)


@app.command("themes")
def themes(
    output: Annotated[Path, typer.Option("--output", "-o", help="Model folder.")] = Path("trained/themes"),
    corpus: Corpus = None,
    add: Add = None,
    external: External = None,
    weight: Annotated[float, typer.Option(min=0.01, help="Paragraphs of the corpus that an added one counts for.")] = 3,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Learn all afresh, also with --add, rather than go on from the old model.")
    ] = False,
    table: Annotated[Path | None, typer.Option("--themes", help="The theme table; themes.toml by default.")] = None,
    old: Annotated[str, typer.Option(help="The model to go on from and to compare with.")] = "themes",
    install: Annotated[
        bool, typer.Option("--install", help="Replace the bundled model; the old one is kept beside it.")
    ] = False,
    segmenter: Segmenter = "segmenter",
    seed: Seed = 0,
) -> None:
    """Train the theme classifier (scikit-learn), and compare it with the old one.

    With --add it goes on from the old model: that has learnt from paragraphs which can't be handed on, and keeps
    what it knows of them. With --external or --fresh, or without --add, all is learnt afresh.
    """
    from pipeline.cli.training_report import StepBar, show_comparison
    from pipeline.errors import ModelError
    from pipeline.resources import model_path
    from pipeline.stages.themes.model import load
    from pipeline.training import comparison, installing
    from pipeline.training import themes as trainer

    base = model_path(old) if add and not (fresh or external) else None
    with StepBar() as bar:
        trained = trainer.train(
            output,
            corpus=corpus,
            add=add or (),
            external=external,
            base=base,
            table=table,
            weight=weight,
            segmenter=segmenter,
            seed=seed,
            progress=bar.advance,
        )
    try:
        show_comparison(comparison.compare(load(model_path(old)), trained))
    except ModelError as error:  # there need not be an old one that can be read
        typer.echo(f"not compared: {error}", err=True)
    typer.echo(f"written to {output}, with scores, calibration and confusions in card.json")
    if install:
        kept = installing.install(output, "themes")
        typer.echo(f"installed; the old model is kept as {kept}" if kept else "installed")
    else:
        typer.echo(
            f'use it: copy pipeline.cfg, set model = "{output.resolve()}" under [components.themes]; or add --install'
        )


@app.command("indicators")
def indicators(
    output: Output = MODELS / "indicators",
    corpus: Corpus = None,
    add: Add = None,
    external: External = None,
    segmenter: Segmenter = "segmenter",
    real: Annotated[int, typer.Option(help="How often each added and each real paragraph is shown.")] = 2,
    iterations: Annotated[int, typer.Option(help="L-BFGS iterations at most.")] = 80,
    seed: Seed = 0,
) -> None:
    """Train what corrects the grammar of indicators (three small CRFs)."""
    from pipeline.training import indicators as trainer

    card = trainer.train(
        output,
        corpus=corpus,
        add=add or (),
        external=external,
        segmenter=segmenter,
        real=real,
        iterations=iterations,
        seed=seed,
        report=typer.echo,
    )
    _report(output, card)


def _report(folder: Path, card: dict[str, Any]) -> None:
    typer.echo(json.dumps(card, ensure_ascii=False, indent=2))
    typer.echo(f"written to {folder}")

"""``pipeline info``: stages, models, environment."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pipeline.cli import light


def command(
    config: Annotated[str | None, typer.Option("--config", "-c", help="A pipeline config.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the stages and their settings, the models with version, hash and licence, the environment."""
    light.import_spacy(config)
    from pipeline import language
    from pipeline.output.manifest import environment, model_facts
    from pipeline.resources import ROOT

    nlp = language.load(config)
    stages: list[dict[str, Any]] = [
        {"stage": name, "factory": factory, "settings": s} for name, factory, s in language.stages(nlp)
    ]
    models = model_facts(nlp)
    configs = sorted(path.name for path in (ROOT / "configs").glob("*"))
    facts = environment()
    if as_json:
        typer.echo(
            json.dumps(
                {"stages": stages, "models": models, "configs": configs, "environment": facts},
                ensure_ascii=False,
                indent=2,
                default=str,
            )
        )
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("stage", "factory", "settings", title="Stages", title_justify="left")
    for row in stages:
        settings = ", ".join(f"{k}={v}" for k, v in row["settings"].items() if v is not None and k != "scorer")
        table.add_row(row["stage"], row["factory"], settings)
    console.print(table)
    table = Table("stage", "model", "version", "hash", "licence", title="Models", title_justify="left")
    for model in models:
        if model.get("missing"):
            table.add_row(model["stage"], model["model"], "missing", "", "")
        else:
            table.add_row(*(str(model[key]) for key in ("stage", "model", "version", "hash", "license")))
    console.print(table)
    console.print(f"Bundled configs: {', '.join(configs)}")
    table = Table("package", "version", title="Environment", title_justify="left")
    for name, value in facts.items():
        table.add_row(name, value)
    console.print(table)

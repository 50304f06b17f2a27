"""Building the spaCy pipeline from a config, and running it on documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import extensions
from pipeline.documents.types import Document
from pipeline.errors import ConfigError, Errors, PipelineError
from pipeline.resources import config_path

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from pipeline.stages.themes.table import Theme

THEMES = "theme_classifier"
"""The factory that gives paragraphs their themes."""


def load(config: str | Path | None = None) -> Language:
    """Build the pipeline a config describes.

    Parameters
    ----------
    config : str or Path, optional
        A spaCy config file, a bundled one by its bare name, or a folder that ``nlp.to_disk`` wrote;
        the default pipeline if left out.

    Returns
    -------
    Language
        Models load when their stage first runs.

    Raises
    ------
    ConfigError
        If the file is missing, malformed, or has a key no stage knows.
    """
    import spacy
    from spacy.util import load_config, load_model_from_config

    if config is not None and Path(config).is_dir():
        nlp = spacy.load(config)
    else:
        path = config_path(config)
        with _explained(path):
            nlp = load_model_from_config(load_config(path), auto_fill=True, validate=True)
    nlp.max_length = 10**9
    return nlp


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what spaCy says of a config into one line that names the file."""
    from confection import ConfigValidationError

    try:
        yield
    except PipelineError:
        raise
    except ConfigValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors or [])
        raise ConfigError(Errors.E302.format(path=path, reason=reasons or " ".join(str(error).split()))) from None
    except Exception as error:
        raise ConfigError(Errors.E302.format(path=path, reason=" ".join(str(error).split()))) from None


def make_doc(nlp: Language, document: Document) -> Doc:
    """A Doc of the clean text that carries paragraphs and meta."""
    extensions.declare()
    doc = nlp.make_doc(document.clean.text)
    doc._.paragraphs = [
        {
            "start": paragraph.start,
            "end": paragraph.end,
            "role": paragraph.role,
            "section": paragraph.section,
            "headings": list(paragraph.headings),
        }
        for paragraph in document.paragraphs
    ]
    meta = document.meta
    doc._.meta = {"doc_id": document.doc_id, "title": meta.title, "date": meta.date, "issuer": meta.issuer}
    return doc


def stages(nlp: Language) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, factory and settings of the tokenizer and of every stage in order."""
    tokenizer = dict(nlp.config["nlp"]["tokenizer"])
    yield "tokenizer", str(tokenizer.pop("@tokenizers")), tokenizer
    for name in nlp.pipe_names:
        meta = nlp.get_pipe_meta(name)
        yield name, meta.factory, {k: v for k, v in nlp.get_pipe_config(name).items() if k not in ("nlp", "name")}


def themes(nlp: Language) -> list[Theme]:
    """The theme table of the pipeline's theme stage; empty where it has none."""
    for name, pipe in nlp.pipeline:
        if nlp.get_pipe_meta(name).factory == THEMES:
            stage: Any = pipe
            return list(stage.themes())
    return []


def models(nlp: Language) -> Iterator[tuple[str, str]]:
    """Stage and name of every model that the pipeline's settings name."""
    for name, _, settings in stages(nlp):
        for part in (settings, *(v for v in settings.values() if isinstance(v, dict))):
            if isinstance(part.get("model"), str):
                yield name, part["model"]

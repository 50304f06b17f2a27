"""One document after the other, in this process."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.documents import build as build_document
from pipeline.documents import read
from pipeline.documents.types import Source
from pipeline.errors import ConfigError, ModelError, PipelineError
from pipeline.language import make_doc
from pipeline.output.record import build as build_record

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


@dataclass(frozen=True, slots=True)
class Result:
    """A finished document."""

    record: dict[str, Any]
    doc: Doc


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that could not be processed; ``where`` is a traceback for errors nobody foresaw."""

    path: str
    stage: str
    error: str
    message: str
    where: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As ``failures.jsonl`` has it."""
        found = {"path": self.path, "stage": self.stage, "error": self.error, "message": self.message}
        return found | ({"traceback": self.where} if self.where else {})


def run(nlp: Language, inputs: Iterable[tuple[Path, str]]) -> Iterator[Result | Failure]:
    """Process inputs in order.

    Parameters
    ----------
    nlp : Language
    inputs : iterable of (Path, str)
        Files with the name their documents get.

    Yields
    ------
    Result or Failure
        At least one an input; a .jsonl file gives one a line.

    Raises
    ------
    ModelError, ConfigError
        A pipeline that can't run at all is no fault of a document's.
    """
    for path, name in inputs:
        for source in read(path, name):
            yield process(nlp, name, source)


def process(nlp: Language, name: str, source: Source | PipelineError) -> Result | Failure:
    """Process one source; whatever goes wrong costs only this document."""
    if isinstance(source, PipelineError):
        return Failure(name, source.stage, type(source).__name__, str(source))
    try:
        document = build_document(source.name, source)
        doc = nlp(make_doc(nlp, document))
        return Result(build_record(document, doc), doc)
    except (ModelError, ConfigError):
        raise
    except PipelineError as error:
        return Failure(source.path, error.stage, type(error).__name__, str(error))
    except Exception as error:
        return Failure(source.path, "pipeline", type(error).__name__, str(error), traceback.format_exc())

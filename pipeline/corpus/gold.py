"""The gold format: one annotated paragraph a line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pipeline.errors import CorpusError, Errors
from pipeline.resources import annotations_path

Label = Literal["ORG", "GPE", "LOC", "FAC", "MONEY", "PERCENT"]


class GoldEntity(BaseModel):
    """A mention: half-open code-point offsets into the paragraph, and its label."""

    model_config = ConfigDict(extra="forbid")
    start: int
    end: int
    label: Label


class GoldIndicator(BaseModel):
    """What a MONEY or PERCENT mention measures; ``entity`` is its index in ``entities``."""

    model_config = ConfigDict(extra="forbid")
    entity: int
    indicator: str
    role: Literal["level", "change", "share"]
    direction: Literal["up", "down", "flat"] | None
    status: Literal["actual", "target"]
    bound: Literal["exact", "about", "nearly", "over", "at_least", "at_most"]
    period: str


class GoldParagraph(BaseModel):
    """An annotated paragraph with what is known of the document it stands in."""

    model_config = ConfigDict(extra="forbid")
    id: str
    text: str
    entities: list[GoldEntity]
    themes: list[str]
    keyphrases: list[str]
    indicators: list[GoldIndicator] = []
    issuer: str = ""
    place: str = ""
    province: str = ""
    level: str = ""
    kind: str = ""
    year: int | None = None
    headings: list[str] = []

    @model_validator(mode="after")
    def _consistent(self) -> GoldParagraph:
        end = 0
        for entity in sorted(self.entities, key=lambda e: e.start):
            if not end <= entity.start < entity.end <= len(self.text):
                raise ValueError(f"entity {entity.start}:{entity.end} overlaps another or leaves the text")
            end = entity.end
        for phrase in self.keyphrases:
            if phrase not in self.text:
                raise ValueError(f"key phrase {phrase!r} is not in the text")
        for record in self.indicators:
            if not 0 <= record.entity < len(self.entities):
                raise ValueError(f"indicator of entity {record.entity}, which does not exist")
        return self


def read(path: Path) -> Iterator[GoldParagraph]:
    """Read one gold file.

    Parameters
    ----------
    path : Path
        UTF-8 JSONL.

    Yields
    ------
    GoldParagraph

    Raises
    ------
    CorpusError
        With file and line for the first line that breaks the format.
    """
    if not path.is_file():
        raise CorpusError(Errors.E001.format(path=path))
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield GoldParagraph.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                reason = f"{where}: {first['msg']}" if where else first["msg"]
                raise CorpusError(Errors.E401.format(path=path, line=number, reason=reason)) from None


def read_split(split: str, folder: Path | None = None) -> list[GoldParagraph]:
    """All paragraphs of ``train``, ``dev`` or ``test`` of an annotated corpus.

    Parameters
    ----------
    split : str
    folder : Path, optional
        The corpus; the bundled one by default.

    Raises
    ------
    CorpusError
        If the split holds nothing.
    """
    folder = (folder or annotations_path()) / split
    found = [paragraph for path in sorted(folder.glob("*.jsonl")) for paragraph in read(path)]
    if not found:
        raise CorpusError(Errors.E402.format(path=folder))
    return found


def write(path: Path, paragraphs: Iterable[GoldParagraph]) -> None:
    """Write paragraphs as one gold file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for paragraph in paragraphs:
            out.write(json.dumps(paragraph.model_dump(), ensure_ascii=False) + "\n")


def occurrences(paragraph: GoldParagraph) -> list[tuple[int, int]]:
    """Every place a key phrase stands in its paragraph, longer phrases first."""
    found = []
    for phrase in sorted(paragraph.keyphrases, key=len, reverse=True):
        start = paragraph.text.find(phrase)
        while start >= 0:
            found.append((start, start + len(phrase)))
            start = paragraph.text.find(phrase, start + len(phrase))
    return found


def data_hash(paragraphs: Iterable[GoldParagraph]) -> str:
    """SHA-256 over the paragraphs a model learnt from; 16 hex digits."""
    digest = hashlib.sha256()
    for paragraph in paragraphs:
        digest.update(paragraph.model_dump_json().encode())
    return digest.hexdigest()[:16]

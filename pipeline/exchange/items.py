"""What goes to a tool: a paragraph with its predicted annotation, offsets counted from its own start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import Errors, UsageError
from pipeline.extensions import CONTENT_ROLES
from pipeline.output.manifest import themes
from pipeline.output.writer import ANNOTATIONS, MANIFEST
from pipeline.stages.themes.table import Theme

KEYPHRASE = "KEYPHRASE"
"""The label that marks key phrases where a tool knows only labelled spans."""

Span = tuple[int, int, str]
LAYERS = ("themes", "entities", "keyphrases")


@dataclass(frozen=True, slots=True)
class Item:
    """A paragraph on its way to a tool.

    Attributes
    ----------
    doc_id : str
    paragraph : int
        Its number in the document.
    text : str
    headings : tuple of str
    issuer : str
    themes : tuple of str
        Primary first.
    score : float
        Of the primary theme.
    entities : tuple of (int, int, str)
        Code points of ``text``, and label.
    keyphrases : tuple of str
    """

    doc_id: str
    paragraph: int
    text: str
    headings: tuple[str, ...]
    issuer: str
    themes: tuple[str, ...]
    score: float
    entities: tuple[Span, ...]
    keyphrases: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """What a tool has to give back untouched, so that a correction finds its paragraph again."""
        return {
            "doc_id": self.doc_id,
            "paragraph": self.paragraph,
            "headings": list(self.headings),
            "issuer": self.issuer,
            "predicted": list(self.themes),
            "score": round(self.score, 4),
            "key": key(self.text, self.themes, self.entities, self.keyphrases),
        }

    def spans(self) -> list[Span]:
        """Entities, and the first place of each key phrase, in the order of the text."""
        phrases = [(self.text.find(p), self.text.find(p) + len(p), KEYPHRASE) for p in self.keyphrases]
        return sorted([*self.entities, *phrases])


def key(text: str, themes: Sequence[str], entities: Iterable[Span], keyphrases: Iterable[str]) -> str:
    """Fingerprints of a text and of each layer of its annotation, by which a change is seen."""
    parts = (text, list(themes), sorted(map(list, entities)), sorted(keyphrases))
    return "-".join(hashlib.sha256(json.dumps(part).encode()).hexdigest()[:8] for part in parts)


def read_items(out: Path) -> Iterator[Item]:
    """The paragraphs of a result that themes are given to.

    Parameters
    ----------
    out : Path
        A folder that ``pipeline run`` wrote.

    Yields
    ------
    Item

    Raises
    ------
    UsageError
        If it is no such folder.
    """
    path = out / ANNOTATIONS
    if not path.is_file():
        raise UsageError(Errors.E005.format(path=out, name=ANNOTATIONS))
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield from _of_record(json.loads(line))


def read_themes(out: Path) -> list[Theme]:
    """The theme table of a result; the bundled one where it names none.

    Raises
    ------
    UsageError
        If ``run.json`` is damaged.
    """
    path = out / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise UsageError(Errors.E007.format(path=path, reason=error)) from None
    return themes(facts, path)


def _of_record(record: dict[str, Any]) -> Iterator[Item]:
    entities: dict[int, list[Span]] = {}
    for entity in record["entities"]:
        entities.setdefault(entity["paragraph"], []).append((entity["start"], entity["end"], entity["label"]))
    for paragraph in record["paragraphs"]:
        start, end = paragraph["start"], paragraph["end"]
        if paragraph["role"] not in CONTENT_ROLES or not paragraph["themes"]:
            continue
        text = record["text"][start:end]
        yield Item(
            doc_id=record["doc_id"],
            paragraph=paragraph["id"],
            text=text,
            headings=tuple(paragraph["headings"]),
            issuer=record["meta"]["issuer"]["name"],
            themes=tuple(theme["theme"] for theme in paragraph["themes"]),
            score=paragraph["themes"][0]["score"],
            entities=tuple((a - start, b - start, c) for a, b, c in entities.get(paragraph["id"], []) if b <= end),
            keyphrases=tuple(phrase for phrase in paragraph["keyphrases"] if phrase in text),
        )

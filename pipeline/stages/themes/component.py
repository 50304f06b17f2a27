"""Gives every paragraph its themes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spacy.tokens import Doc

from pipeline import extensions
from pipeline.resources import model_file, model_path
from pipeline.stages.themes.table import OTHER, Theme, checked, read_table

if TYPE_CHECKING:
    from pipeline.stages.themes.model import Row, ThemeModel


TABLE_FILE = "themes.json"
SURE = 0.5
"""A heading with a lower score says too little by itself: it takes the theme of what it heads."""


class ThemeClassifier:
    """The stage: sets ``themes`` of every paragraph, best first.

    Parameters
    ----------
    model : str
        Bundled name or folder.
    table : str, optional
        The theme table the model must have been trained on; the bundled ``themes.toml`` by default.
    """

    def __init__(self, model: str = "themes", table: str | None = None) -> None:
        extensions.declare()
        self.model = model
        self.table = table
        self._model: ThemeModel | None = None
        self._themes: list[Theme] | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Classify the content paragraphs of a Doc; captions and page chrome are ``other``."""
        paragraphs = extensions.paragraphs(doc)
        content = [p for p in paragraphs if p["role"] in extensions.CONTENT_ROLES]
        for paragraph in paragraphs:
            paragraph["themes"] = [{"theme": OTHER, "score": 1.0}]
        model = self.loaded()
        scores = model.scores(list(rows(doc, content)))
        for number, (paragraph, line) in enumerate(zip(content, scores, strict=True)):
            paragraph["themes"] = model.themes(line)
            if paragraph["role"] == "heading" and paragraph["themes"][0]["score"] < SURE:
                below = list(_headed(doc, content, number))
                if below:
                    paragraph["themes"] = model.themes(scores[below].mean(axis=0), limit=1)
        return doc

    def loaded(self) -> ThemeModel:
        """The model, read when it is first needed."""
        if self._model is None:
            from pipeline.stages.themes.model import load

            self._model = load(model_path(self.model), [theme.id for theme in self.themes()])
        return self._model

    def themes(self) -> list[Theme]:
        """The theme table: what the themes are called and which colours they have."""
        if self._themes is None:
            self._themes = read_table(Path(self.table) if self.table else None)
        return self._themes

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the stage with its model and its theme table."""
        self.loaded().save(Path(path))
        rows = json.dumps([theme.model_dump() for theme in self.themes()], ensure_ascii=False, indent=1)
        (Path(path) / TABLE_FILE).write_text(rows + "\n", encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> ThemeClassifier:
        """Load what `to_disk` saved."""
        from pipeline.stages.themes.model import load

        file = model_file(Path(path), TABLE_FILE)
        self._themes = checked(json.loads(file.read_text(encoding="utf-8")), file)
        self._model = load(Path(path), [theme.id for theme in self._themes])
        return self


def rows(doc: Doc, paragraphs: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """What the classifier sees of each paragraph of a Doc."""
    from pipeline.stages.themes.model import row

    for paragraph in paragraphs:
        span = doc.char_span(paragraph["start"], paragraph["end"], alignment_mode="expand")
        words = [token.text for token in span or () if not token.is_space]
        yield row(words, paragraph["headings"])


def _headed(doc: Doc, content: Sequence[dict[str, Any]], number: int) -> Iterator[int]:
    """Numbers of the body paragraphs that stand under a heading."""
    place = content[number]
    span = doc.char_span(place["start"], place["end"], alignment_mode="expand")
    heading = "" if span is None else span.text
    for below in range(number + 1, len(content)):
        if not any(name in heading for name in content[below]["headings"]):
            if content[below]["role"] == "body" or not content[below]["headings"]:
                return
        elif content[below]["role"] == "body":
            yield below

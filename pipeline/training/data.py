"""What a trainer learns from: the annotated corpus, a user's files, external labels with their text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.corpus import external as external_labels
from pipeline.corpus.gold import GoldParagraph, data_hash, read, read_split
from pipeline.resources import annotations_path


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Paragraphs to learn from, paragraphs held out, and what the model card says of them.

    Attributes
    ----------
    own, added, external : list of GoldParagraph
        From the corpus, from a user's files, with external labels.
    dev : list of GoldParagraph
        Held out.
    facts : dict
    """

    own: list[GoldParagraph]
    added: list[GoldParagraph]
    external: list[GoldParagraph]
    dev: list[GoldParagraph]
    facts: dict[str, Any]

    @property
    def train(self) -> list[GoldParagraph]:
        """All there is to learn from."""
        return [*self.own, *self.added, *self.external]


def load(corpus: Path | None = None, add: Iterable[Path] = (), external: Path | None = None) -> TrainingData:
    """Gather training data.

    Parameters
    ----------
    corpus : Path, optional
        Annotated corpus; the bundled one by default.
    add : iterable of Path
        Gold files to learn from as well.
    external : Path, optional
        Text of the externally labelled paragraphs, see `pipeline.corpus.external`.

    Returns
    -------
    TrainingData
    """
    own = read_split("train", corpus)
    files = {path: list(read(path)) for path in add}
    added = [paragraph for found in files.values() for paragraph in found]
    joined = list(external_labels.join(external, corpus)) if external else []
    version = (corpus or annotations_path()) / "VERSION"
    facts = {
        "date": version.read_text(encoding="utf-8").strip() if version.is_file() else None,
        "hash": data_hash([*own, *added, *joined]),
        "paragraphs": len(own),
        "added": {path.name: len(found) for path, found in files.items()},
        "external_paragraphs": len(joined),
    }
    return TrainingData(own, added, joined, read_split("dev", corpus), facts)

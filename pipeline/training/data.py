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
    """Paragraphs to learn from, paragraphs held out, and what the model card says of them."""

    train: list[GoldParagraph]
    dev: list[GoldParagraph]
    facts: dict[str, Any]


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
    train = read_split("train", corpus)
    own = len(train)
    added = list(add)
    train += [paragraph for path in added for paragraph in read(path)]
    joined = list(external_labels.join(external, corpus)) if external else []
    version = (corpus or annotations_path()) / "VERSION"
    facts = {
        "date": version.read_text(encoding="utf-8").strip() if version.is_file() else None,
        "hash": data_hash([*train, *joined]),
        "paragraphs": own,
        "added": {path.name: sum(1 for _ in read(path)) for path in added},
        "external_paragraphs": len(joined),
    }
    return TrainingData(train + joined, read_split("dev", corpus), facts)

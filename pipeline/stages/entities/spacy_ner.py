"""Another spaCy pipeline's entities in the place of the bundled tagger's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pipeline.corpus.gold import Label
from pipeline.errors import ConfigError, Errors, ModelError

LABELS: dict[str, str | None] = {label: label for label in get_args(Label)}
"""What each of its labels is called here; PERSON, DATE and all others are left out."""

_NOT_NEEDED = {
    "attribute_ruler",
    "entity_linker",
    "lemmatizer",
    "morphologizer",
    "parser",
    "senter",
    "sentencizer",
    "tagger",
    "textcat",
    "textcat_multilabel",
    "trainable_lemmatizer",
}
"""Factories whose work no recogniser of entities reads."""


def check_labels(labels: Mapping[str, str | None]) -> dict[str, str]:
    """The labels that are kept, and what they become.

    Raises
    ------
    ConfigError
        If one becomes a label that is not of this project.
    """
    kept = {theirs: ours for theirs, ours in labels.items() if ours}
    strange = sorted(set(kept.values()) - set(get_args(Label)))
    if strange:
        raise ConfigError(Errors.E305.format(labels=", ".join(strange), known=", ".join(get_args(Label))))
    return kept


class SpacyMentions:
    """Mentions by an installed spaCy pipeline, a paragraph at a time.

    Parameters
    ----------
    folder : Path
        A pipeline as ``nlp.to_disk`` or a package keeps it.
    labels : mapping of str
        Its labels that are kept, and what they become.
    """

    def __init__(self, folder: Path, labels: Mapping[str, str]) -> None:
        from spacy.util import load_config, load_model

        try:
            config = load_config(folder / "config.cfg")
            parts = config["components"]
            exclude = [name for name in config["nlp"]["pipeline"] if parts[name]["factory"] in _NOT_NEEDED]
            self.nlp: Any = load_model(folder, exclude=exclude)
        except Exception as error:
            raise ModelError(Errors.E203.format(path=folder, reason=" ".join(str(error).split()))) from error
        if not any("doc.ents" in self.nlp.get_pipe_meta(name).assigns for name in self.nlp.pipe_names):
            raise ModelError(Errors.E209.format(path=folder, stages=", ".join(self.nlp.pipe_names) or "none"))
        self.nlp.max_length = 10**9
        self.labels = labels
        self.provenance = f"model:{self.nlp.meta['lang']}_{self.nlp.meta['name']}"

    def mentions(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and label of each mention."""
        lines, offsets, start = [], [], 0
        for line in text.split("\n"):
            if line.strip():
                lines.append(line)
                offsets.append(start)
            start += len(line) + 1
        for doc, offset in zip(self.nlp.pipe(lines), offsets, strict=True):
            for ent in doc.ents:
                label = self.labels.get(ent.label_)
                if label and ent.text.strip() == ent.text:
                    yield offset + ent.start_char, offset + ent.end_char, label

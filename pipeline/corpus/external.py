"""Labels of real paragraphs whose text is not the project's to ship.

``annotations/external/*.jsonl`` holds offsets only; whoever has the text file (one
``{"doc", "p", "text"}`` a line) joins them and gets gold paragraphs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.corpus.gold import GoldParagraph
from pipeline.errors import CorpusError, Errors
from pipeline.resources import annotations_path

Span = list[int]


def text_hash(text: str) -> str:
    """SHA-256 of a paragraph's UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()


def strip(doc: str, p: int, paragraph: GoldParagraph) -> dict[str, Any]:
    """The labels of a paragraph without its text: every string becomes a span.

    Parameters
    ----------
    doc : str
        Document the paragraph stands in.
    p : int
        Its number there.
    paragraph : GoldParagraph

    Returns
    -------
    dict
        One line of an external file.
    """

    def span(string: str) -> Span | None:
        start = paragraph.text.find(string)
        return [start, start + len(string)] if string else None

    return {
        "doc": doc,
        "p": p,
        "sha256": text_hash(paragraph.text),
        "entities": [[e.start, e.end, e.label] for e in paragraph.entities],
        "themes": paragraph.themes,
        "keyphrases": [span(phrase) for phrase in paragraph.keyphrases],
        "indicators": [
            {**r.model_dump(), "indicator": span(r.indicator), "period": span(r.period)} for r in paragraph.indicators
        ],
    }


def join(texts: Path, corpus: Path | None = None) -> Iterator[GoldParagraph]:
    """Put labels and text together.

    Parameters
    ----------
    texts : Path
        JSONL with ``doc``, ``p`` and ``text``; paragraphs without labels are passed over.
    corpus : Path, optional
        The annotated corpus; the bundled one by default.

    Yields
    ------
    GoldParagraph

    Raises
    ------
    CorpusError
        If a file is missing, or a text is not the one that was labelled.
    """
    if not texts.is_file():
        raise CorpusError(Errors.E001.format(path=texts))
    folder = (corpus or annotations_path()) / "external"
    labels = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            labels[row["doc"], row["p"]] = row
    if not labels:
        raise CorpusError(Errors.E402.format(path=folder))
    with texts.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            given = json.loads(line)
            row = labels.get((given.get("doc"), given.get("p")))
            if row is None:
                continue
            if text_hash(given["text"]) != row["sha256"]:
                reason = f"text of {row['doc']} {row['p']} is not the one that was labelled"
                raise CorpusError(Errors.E401.format(path=texts, line=number, reason=reason))
            yield _joined(row, given["text"])


def texts(path: Path) -> Iterator[str]:
    """Every text of such a file, labelled or not.

    Raises
    ------
    CorpusError
        If the file is missing.
    """
    if not path.is_file():
        raise CorpusError(Errors.E001.format(path=path))
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def _joined(row: dict[str, Any], text: str) -> GoldParagraph:
    def string(span: Span | None) -> str:
        return text[span[0] : span[1]] if span else ""

    return GoldParagraph.model_validate(
        {
            "id": f"{row['doc']}#{row['p']}",
            "text": text,
            "entities": [{"start": a, "end": b, "label": label} for a, b, label in row["entities"]],
            "themes": row["themes"],
            "keyphrases": [string(span) for span in row["keyphrases"]],
            "indicators": [
                {**r, "indicator": string(r["indicator"]), "period": string(r["period"])} for r in row["indicators"]
            ],
            "issuer": row["doc"],
        }
    )

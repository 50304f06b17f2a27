"""Offline annotation of Chinese government reports.

>>> import pipeline
>>> nlp = pipeline.load()
>>> record = pipeline.annotate("九江镇实现工业总产值189.25亿元，增长8.7%。", nlp)
>>> [entity["text"] for entity in record["entities"]]
['九江镇', '189.25亿元', '8.7%']
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

    from pipeline.output.notebook import Record

__all__ = ["annotate", "load"]
__version__ = "0.1.0"


def load(config: str | Path | None = None) -> Language:
    """Build the pipeline; see `pipeline.language.load`."""
    from pipeline import language

    return language.load(config)


def annotate(source: str | Path, nlp: Language | None = None) -> Record:
    """Annotate one text or file.

    Parameters
    ----------
    source : str or Path
        A text, or the path of a file.
    nlp : Language, optional
        From `load`; the default pipeline is built anew if left out.

    Returns
    -------
    Record
        A dict as ``output/annotations.schema.json`` describes it; a notebook shows its text with the entities marked.

    Raises
    ------
    DocumentError
        If the file can't be read.
    """
    import hashlib

    from pipeline.documents import Source, build, read
    from pipeline.language import make_doc, themes
    from pipeline.output import record
    from pipeline.output.notebook import Record

    if isinstance(source, Path):
        found = next(iter(read(source, source.name)))
        if isinstance(found, Exception):
            raise found
    else:
        digest = hashlib.sha256(source.encode()).hexdigest()
        found = Source(path="", format="txt", encoding="utf-8", sha256=digest, text=source, name="text")
    nlp = nlp or load()
    document = build(found.name, found)
    return Record(record.build(document, nlp(make_doc(nlp, document))), themes(nlp))

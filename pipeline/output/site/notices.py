"""Warnings of a run, as the pages of the documents they are about show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import Errors, UsageError
from pipeline.errors import Warnings as Texts
from pipeline.output.site.addresses import file_name
from pipeline.output.warnings import SHARED


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning about one document.

    Attributes
    ----------
    message : str
    paragraphs : list of int
        Where the document shows what is meant.
    elsewhere : list of (int, str, int)
        A paragraph, and the page and paragraph that has the same words.
    """

    message: str
    paragraphs: list[int] = field(default_factory=list)
    elsewhere: list[tuple[int, str, int]] = field(default_factory=list)


def by_document(manifest: dict[str, Any]) -> dict[str, list[Notice]]:
    """Notices by doc_id; a shared passage gives one to each of the two documents.

    Raises
    ------
    UsageError
        If ``run.json`` holds something else in their place.
    """
    found: dict[str, list[Notice]] = defaultdict(list)
    try:
        for warning in manifest.get("warnings", []):
            doc_id, message = str(warning["doc_id"]), str(warning["message"])
            if warning["kind"] != SHARED:
                found[doc_id].append(Notice(message, [int(number) for number in warning.get("paragraphs", [])]))
                continue
            other, passages = str(warning["other"]), warning["passages"]
            pairs = [(int(passage["paragraph"]), int(passage["other_paragraph"])) for passage in passages]
            characters = sum(passage["end"] - passage["start"] for passage in passages)
            back = Texts.W003.format(characters=characters, count=len(passages), other=doc_id)
            here, there = file_name(doc_id), file_name(other)
            found[doc_id].append(Notice(message, [], _once((own, there, its) for own, its in pairs)))
            found[other].append(Notice(back, [], _once((its, here, own) for own, its in pairs)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(Errors.E007.format(path="run.json", reason=f"warnings: {error}")) from None
    return dict(found)


def _once(links: Any) -> list[tuple[int, str, int]]:
    return sorted(dict.fromkeys(links))

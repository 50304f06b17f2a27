"""The table that CSV and Excel files hold: one paragraph a row, annotations as people write them in cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.exchange.checking import Given, Unusable, number
from pipeline.exchange.items import Item, Span, key
from pipeline.output.tables import neutral

THEMES = ("theme", "theme 2", "theme 3")
COLUMNS = (
    "doc_id",
    "paragraph",
    "headings",
    "text",
    *THEMES,
    "score",
    "entities",
    "keyphrases",
    "checked",
    "issuer",
    "key",
)
BETWEEN = " | "


def row(item: Item) -> list[Any]:
    """The cells of a paragraph; what would begin a formula has an apostrophe before it."""
    facts = item.facts()
    cells: dict[str, Any] = {
        **facts,
        "headings": " / ".join(item.headings),
        "text": item.text,
        **dict(zip(THEMES, item.themes, strict=False)),
        "entities": show_entities(item.text, item.entities),
        "keyphrases": BETWEEN.join(item.keyphrases),
        "checked": "",
    }
    return [neutral(cells.get(column, "")) for column in COLUMNS]


def given(where: str, cells: dict[str, str]) -> Given | Unusable:
    """A row as it came back.

    Parameters
    ----------
    where : str
    cells : dict of str
        By column.
    """
    plain = {column: value[1:] if value[:1] == "'" else value for column, value in cells.items()}
    # The apostrophe may have been the text's own: the fingerprint tells.
    text = next((t for t in (cells["text"], plain["text"]) if _same(t, cells["key"])), cells["text"])
    paragraph = number(plain["paragraph"])
    if paragraph is None or not plain["doc_id"]:
        return Unusable(where, "lacks doc_id or paragraph")
    try:
        spans = read_entities(text, plain["entities"])
    except ValueError as error:
        return Unusable(where, str(error))
    return Given(
        where=where,
        doc_id=plain["doc_id"],
        paragraph=paragraph,
        text=text,
        key=cells["key"],
        headings=[heading for heading in plain["headings"].split(" / ") if heading],
        issuer=plain["issuer"],
        themes=[name for name in (plain[column].strip() for column in THEMES) if name],
        spans=spans,
        keyphrases=[phrase.strip() for phrase in plain["keyphrases"].split(BETWEEN.strip()) if phrase.strip()],
        reviewed=bool(plain["checked"].strip()),
    )


def _same(text: str, fingerprints: str) -> bool:
    return key(text, [], [], []).split("-")[0] == fingerprints.split("-")[0]


def show_entities(text: str, entities: Sequence[Span]) -> str:
    """``九江镇/GPE | 2亿元/MONEY``: in the order of the text, each found after the one before it.

    Where the words stand earlier without being meant, the offset is added: ``中山/GPE@35``.
    """
    shown, position = [], 0
    for start, end, label in sorted(entities):
        place = "" if text.find(text[start:end], position) == start else f"@{start}"
        shown.append(f"{text[start:end]}/{label}{place}")
        position = end
    return BETWEEN.join(shown)


def read_entities(text: str, cell: str) -> list[Span]:
    """What `show_entities` shows, also after people have edited it.

    Raises
    ------
    ValueError
        If a mention lacks its label, does not stand in the text, or has something else than a place behind its ``@``.
    """
    found: list[Span] = []
    position = 0
    for part in (part.strip() for part in cell.split(BETWEEN.strip())):
        if not part:
            continue
        name, slash, rest = part.rpartition("/")
        label, _, offset = rest.partition("@")
        if not slash or not name:
            raise ValueError(f"entity {part!r} has no label; write it like 九江镇/GPE")
        place = number(offset)
        if offset and place is None:
            raise ValueError(f"entity {name!r}: {offset[:20]!r} is no place in the text")
        start = text.find(name, position) if place is None else place
        if start < 0 or text[start : start + len(name)] != name:
            raise ValueError(f"entity {name!r} does not stand in the text after character {position}")
        found.append((start, start + len(name), label.strip().upper()))
        position = start + len(name)
    return found

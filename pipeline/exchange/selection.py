"""Which paragraphs are worth a person's time."""

from __future__ import annotations

import random
from collections.abc import Iterable

from pipeline.errors import Errors, UsageError
from pipeline.exchange.items import Item

KINDS = ("uncertain", "random", "theme=…")


def select(items: Iterable[Item], how: str = "uncertain", limit: int | None = None, seed: int = 0) -> list[Item]:
    """Choose paragraphs to correct; one that stands in several documents is taken once.

    Parameters
    ----------
    items : iterable of Item
    how : str
        ``uncertain``: the least certain first, one of each document in turn. ``random``. ``theme=education``:
        those given that theme, the least certain first, one of each document in turn.
    limit : int, optional
        At most so many.
    seed : int
        For ``random``.

    Raises
    ------
    UsageError
        If ``how`` is none of these.
    """
    unique = list({item.text: item for item in items}.values())
    kind, _, theme = how.partition("=")
    if how == "random":
        random.Random(seed).shuffle(unique)
        return unique[:limit]
    if kind == "theme" and theme:
        unique = [item for item in unique if theme in item.themes]
    elif how != "uncertain":
        raise UsageError(Errors.E601.format(how=how, known=", ".join(KINDS)))
    return _in_turn(sorted(unique, key=lambda item: item.score))[:limit]


def _in_turn(items: Iterable[Item]) -> list[Item]:
    """The first of each document, then the second of each, in the order they come."""
    seen: dict[str, int] = {}
    turns = []
    for item in items:
        seen[item.doc_id] = seen.get(item.doc_id, 0) + 1
        turns.append((seen[item.doc_id], item))
    return [item for _, item in sorted(turns, key=lambda turn: turn[0])]

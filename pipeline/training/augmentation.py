"""Copies of training paragraphs with other names, other widths and stray spaces.

The corpus holds what people wrote; what a machine can vary is varied here.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import accumulate
from string import ascii_letters

from pipeline.corpus.gold import GoldEntity, GoldParagraph
from pipeline.divisions import divisions, short_name

Replace = Callable[[int, str], str]

_HALF = str.maketrans("，；：（）！？", ",;:()!?")
_FULL = {code: code + 0xFEE0 for code in map(ord, "0123456789%" + ascii_letters)}
_SUFFIXES = ("街道", "社区", "自治县", "省", "市", "县", "区", "镇", "乡", "村", "州")


def _suffix(name: str) -> str:
    return next((suffix for suffix in _SUFFIXES if name.endswith(suffix) and len(name) > len(suffix)), "")


class Names:
    """Names to put in the place of others of the same kind.

    Parameters
    ----------
    paragraphs : iterable of GoldParagraph
        Mentions of organisations and sites are taken from here; divisions from the table.
    """

    def __init__(self, paragraphs: Iterable[GoldParagraph]) -> None:
        self.places: dict[str, list[str]] = defaultdict(list)
        self.others: dict[str, list[str]] = defaultdict(list)
        for division in divisions():
            self.places[_suffix(division.name)].append(division.name)
            short = short_name(division.name)
            if division.level in ("province", "city", "county") and short != division.name and len(short) == 2:
                self.places["short"].append(short)
        for paragraph in paragraphs:
            for entity in paragraph.entities:
                name = paragraph.text[entity.start : entity.end]
                if entity.label in ("LOC", "FAC", "ORG"):
                    self.others[f"{entity.label}{name[-2:]}"].append(name)
                elif entity.label == "GPE" and name.endswith(("村", "社区")):
                    self.places[_suffix(name)].append(name)

    def other(self, name: str, label: str, rng: random.Random) -> str:
        """Another name of the same kind, or the same where none is known."""
        if label == "GPE":
            kind = _suffix(name) or ("short" if len(name) == 2 else "")
            pool = self.places.get(kind) if kind else None
        else:
            pool = self.others.get(f"{label}{name[-2:]}")
        return rng.choice(pool) if pool else name


def rewrite(paragraph: GoldParagraph, replace: Replace) -> GoldParagraph:
    """A copy with each mention's text replaced and all offsets moved; headings and phrases stay behind."""
    text, position = "", 0
    entities = []
    for index, entity in enumerate(paragraph.entities):
        text += paragraph.text[position : entity.start]
        name = replace(index, paragraph.text[entity.start : entity.end])
        entities.append(GoldEntity(start=len(text), end=len(text) + len(name), label=entity.label))
        text += name
        position = entity.end
    text += paragraph.text[position:]
    return paragraph.model_copy(update={"text": text, "entities": entities, "keyphrases": [], "indicators": []})


def substitute(paragraph: GoldParagraph, names: Names, rng: random.Random, share: float = 0.6) -> GoldParagraph:
    """A copy in which about ``share`` of the names are others; one name changes alike wherever it stands,
    also at the head of an organisation's name (X镇 and X镇党委 stay together).
    """
    changed: dict[str, str] = {}
    for entity in paragraph.entities:
        name = paragraph.text[entity.start : entity.end]
        if entity.label in ("GPE", "LOC", "FAC", "ORG") and name not in changed:
            changed[name] = names.other(name, entity.label, rng) if rng.random() < share else name
    heads = {paragraph.text[e.start : e.end] for e in paragraph.entities if e.label == "GPE" and e.end - e.start > 1}

    def replace(index: int, name: str) -> str:
        if paragraph.entities[index].label == "ORG":
            for head in sorted(heads, key=len, reverse=True):
                if name.startswith(head) and changed[head] != head:
                    return changed[head] + name[len(head) :]
        return changed.get(name, name)

    return rewrite(paragraph, replace)


def half_width(paragraph: GoldParagraph) -> GoldParagraph:
    """A copy with half-width punctuation; one character stays one, so offsets hold."""
    return paragraph.model_copy(update={"text": paragraph.text.translate(_HALF)})


def full_width(paragraph: GoldParagraph) -> GoldParagraph:
    """A copy with full-width digits, letters and per cent signs, as old typesetting has them."""
    return paragraph.model_copy(update={"text": paragraph.text.translate(_FULL)})


def spaced(paragraph: GoldParagraph, rng: random.Random, share: float = 0.03) -> GoldParagraph:
    """A copy with stray spaces as scans and copied tables have them, also inside mentions.

    Parameters
    ----------
    paragraph : GoldParagraph
    rng : random.Random
    share : float
        Spaces a character.
    """
    before = [rng.random() < share for _ in paragraph.text]
    text = "".join(" " * space + char for space, char in zip(before, paragraph.text, strict=True))
    starts = [index + spaces for index, spaces in enumerate(accumulate(before))]
    entities = [
        entity.model_copy(update={"start": starts[entity.start], "end": starts[entity.end - 1] + 1})
        for entity in paragraph.entities
    ]
    return paragraph.model_copy(update={"text": text, "entities": entities, "keyphrases": [], "indicators": []})


def noisy(paragraph: GoldParagraph, rng: random.Random) -> GoldParagraph:
    """A copy as careless typing or scanning leaves it; most stay as they are."""
    luck = rng.random()
    if luck < 0.2:
        return half_width(paragraph)
    if luck < 0.25:
        return full_width(paragraph)
    return spaced(paragraph, rng) if luck < 0.35 else paragraph


def copies(paragraphs: list[GoldParagraph], number: int, seed: int, names: Names | None = None) -> list[GoldParagraph]:
    """The paragraphs themselves and ``number`` varied copies of each."""
    rng = random.Random(seed)
    names = names or Names(paragraphs)
    found = list(paragraphs)
    for _ in range(number):
        for paragraph in paragraphs:
            found.append(noisy(substitute(paragraph, names, rng), rng))
    return found

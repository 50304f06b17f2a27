"""What a corpus says, gathered one record at a time: rows of the index and evidence for the report."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from pipeline.extensions import CONTENT_ROLES
from pipeline.output.site.addresses import file_name
from pipeline.output.site.document import title
from pipeline.output.site.values import number
from pipeline.output.site.vocabulary import words
from pipeline.stages.themes.table import OTHER

PLACES = ("GPE", "LOC", "FAC")
_FOR_SEARCH = 12
_VERB_REACH = 8


@dataclass(frozen=True, slots=True)
class Document:
    """A row of the index."""

    file: str
    doc_id: str
    title: str
    issuer: str
    code: str
    date: str
    paragraphs: int
    characters: int
    entities: Counter[str]
    keyphrases: int
    indicators: int
    themes: Counter[str]
    search: str

    @property
    def places(self) -> int:
        """Mentions of places of all kinds."""
        return sum(self.entities[label] for label in PLACES)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a paragraph of a document."""

    document: Document
    paragraph: int

    @property
    def link(self) -> str:
        """Address from a page at the top of the site."""
        return f"documents/{self.document.file}#p{self.paragraph}"


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount or a rate with what is known of it."""

    value: Decimal
    text: str
    place: Place
    theme: str
    context: str
    unit: str = ""
    indicator: str = ""
    status: str = ""
    period: str = ""


Evidence = dict[str, list[Place]]


@dataclass(slots=True)
class Corpus:
    """Everything the index and the report show."""

    documents: list[Document] = field(default_factory=list)
    themes: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    organisations: Evidence = field(default_factory=lambda: defaultdict(list))
    places: Evidence = field(default_factory=lambda: defaultdict(list))
    phrases: dict[str, Evidence] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    money: list[Figure] = field(default_factory=list)
    growth: list[Figure] = field(default_factory=list)
    _coded: dict[str, str] = field(default_factory=dict)
    """What a place was first called, by its code: its other names count with it."""

    def add(self, record: dict[str, Any]) -> None:
        """Take one record."""
        document = _row(record)
        self.documents.append(document)
        primary: dict[int, str] = {}
        for paragraph in record["paragraphs"]:
            theme = paragraph["themes"][0]["theme"] if paragraph["themes"] else OTHER
            primary[paragraph["id"]] = theme
            if paragraph["role"] not in CONTENT_ROLES:
                continue
            place = Place(document, paragraph["id"])
            if paragraph["role"] == "body":
                self.themes[theme].append(place)
            for phrase in paragraph["keyphrases"]:
                self.phrases[theme][phrase].append(place)
        for entity in record["entities"]:
            place = Place(document, entity["paragraph"] or 0)
            if entity["label"] == "ORG":
                self.organisations[entity["text"]].append(place)
            elif entity["label"] in PLACES:
                code = (entity.get("norm") or {}).get("code")
                name = self._coded.setdefault(code, entity["text"]) if code else entity["text"]
                self.places[name].append(place)
            elif entity["label"] == "MONEY" and (value := _value(entity, "amount")) is not None and value > 0:
                self.money.append(_figure(record, entity, place, value, primary))
        self.growth += _growth(record, document, primary)


def _row(record: dict[str, Any]) -> Document:
    themes = Counter(
        p["themes"][0]["theme"]
        for p in record["paragraphs"]
        if p["role"] == "body" and p["themes"] and p["themes"][0]["theme"] != OTHER
    )
    names = Counter(e["text"] for e in record["entities"] if e["label"] in ("ORG", *PLACES))
    phrases = [phrase["text"] for phrase in record["keyphrases"]]
    issuer = record["meta"]["issuer"]
    search = [record["doc_id"], *phrases[:_FOR_SEARCH], *(name for name, _ in names.most_common(_FOR_SEARCH))]
    return Document(
        file=file_name(record["doc_id"]),
        doc_id=record["doc_id"],
        title=title(record),
        issuer=issuer["name"] or "",
        code=issuer["code"] or "",
        date=record["meta"]["date"] or "",
        paragraphs=len(record["paragraphs"]),
        characters=len(record["text"]),
        entities=Counter(entity["label"] for entity in record["entities"]),
        keyphrases=len(phrases),
        indicators=len(record["indicators"]),
        themes=themes,
        search=" ".join(search),
    )


def _value(entity: dict[str, Any], key: str) -> Decimal | None:
    norm = entity.get("norm") or {}
    found = (number(norm.get(name)) for name in (key, "low", "high"))
    return next((value for value in found if value is not None), None)


def _figure(
    record: dict[str, Any], entity: dict[str, Any], place: Place, value: Decimal, primary: dict[int, str], **more: str
) -> Figure:
    norm = entity.get("norm") or {}
    return Figure(
        value=value,
        text=entity["text"],
        place=place,
        theme=primary.get(place.paragraph, OTHER),
        context=context(record["text"], entity["start"], entity["end"], wide=entity["label"] == "PERCENT"),
        unit=str(norm.get("currency") or norm.get("unit") or ""),
        **more,
    )


def _growth(record: dict[str, Any], document: Document, primary: dict[int, str]) -> Iterator[Figure]:
    """Rates of change: by the indicators, or by the verb before a rate in a record that has none."""
    entities = record["entities"]
    if record["indicators"]:
        for indicator in record["indicators"]:
            entity = entities[indicator["entity"]]
            value = _value(entity, "value")
            if indicator["role"] == "change" and entity["label"] == "PERCENT" and value is not None:
                yield _figure(
                    record,
                    entity,
                    Place(document, indicator["paragraph"]),
                    -abs(value) if indicator["direction"] == "down" else value,
                    primary,
                    indicator=indicator["canonical"] or indicator["indicator"],
                    status=indicator["status"] or "",
                    period=indicator["period"] or "",
                )
        return
    for entity in entities:
        value = _value(entity, "value") if entity["label"] == "PERCENT" else None
        before = record["text"][max(entity["start"] - _VERB_REACH, 0) : entity["start"]]
        if value is not None and (verb := _verbs().search(before)):
            value = -abs(value) if verb["down"] else value
            yield _figure(record, entity, Place(document, entity["paragraph"] or 0), value, primary)


@cache
def _verbs() -> re.Pattern[str]:
    up, down = ("|".join(words()["growth"][key]) for key in ("up", "down"))
    return re.compile(rf"(?:(?P<down>{down})|{up})[^，。；、,;：:（(]*$")


def context(text: str, start: int, end: int, *, wide: bool) -> str:
    """The clause around a figure; of a rate, whose subject may stand a clause before, more of its sentence.

    In the row of a table: what heads the row, and the cell.
    """
    line = text.rfind("\n", 0, start) + 1
    if "\t" in text[line:start]:
        first = max(text.rfind("\t", line, start) + 1, line)
        cell = text[first:start] + re.split(r"[\t\n]", text[start:], maxsplit=1)[0]
        return text[line:start].split("\t")[0] + ": " + cell
    ends = r"[。；;！\n]" if wide else r"[，。；;！\n]"
    first = max(start - 24, 0)
    left = re.split(ends, text[first:start])[-1]
    right = re.split(r"[，。；;！\n]", text[end : end + 8])[0]
    cut = "…" if len(left) == start - first and first > 0 else ""
    return cut + left + text[start:end] + right

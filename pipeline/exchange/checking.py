"""From what a tool gives back to gold paragraphs; what can't be used is named with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from pydantic import ValidationError

from pipeline.corpus.gold import GoldParagraph, Label
from pipeline.exchange.items import KEYPHRASE, LAYERS, Span, key
from pipeline.stages.themes.table import OTHER, Theme

MAX_THEMES = 3


@dataclass(slots=True)
class Given:
    """One paragraph as a tool gives it back.

    Attributes
    ----------
    where : str
        Line, row or task, for messages.
    doc_id, paragraph, text, headings, issuer, key, predicted
        As `pipeline.exchange.items.Item.facts` gave them.
    themes : list of str, optional
        Ids or names; None where the file has no themes, the predicted ones hold then.
    in_order : bool
        Whether the tool keeps the order of themes.
    spans : list of (int, int, str), optional
        Code points and label; None where the file has none.
    keyphrases : list of str, optional
        Where they are not among the spans.
    reviewed : bool
        Whether the tool says that a person looked at it.
    """

    where: str
    doc_id: str
    paragraph: int
    text: str
    key: str
    headings: list[str] = field(default_factory=list)
    issuer: str = ""
    predicted: list[str] = field(default_factory=list)
    themes: list[str] | None = None
    in_order: bool = True
    spans: list[Span] | None = None
    keyphrases: list[str] | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line that can't be used, and why; ``problem`` is false for what nobody annotated."""

    where: str
    reason: str
    problem: bool = True


@dataclass(slots=True)
class Imported:
    """What a file of corrections held.

    Attributes
    ----------
    paragraphs : list of GoldParagraph
        A document's in its order, in whichever order the tool gave them back.
    changed : Counter
        How many paragraphs had each layer changed.
    unchanged : int
        Left out, since nothing says that a person looked at them.
    skipped : int
        Not annotated, rejected or cancelled.
    problems : list of Unusable
    without : set of str
        Layers that some paragraph came back without.
    """

    paragraphs: list[GoldParagraph] = field(default_factory=list)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    skipped: int = 0
    problems: list[Unusable] = field(default_factory=list)
    without: set[str] = field(default_factory=set)


def gather(given: Iterable[Given | Unusable], table: Sequence[Theme], take_all: bool = False) -> Imported:
    """Check what a tool gave back.

    Parameters
    ----------
    given : iterable of Given or Unusable
        From a tool's ``read``.
    table : sequence of Theme
    take_all : bool
        Take paragraphs that nobody changed or marked as checked, too.
    """
    found = Imported()
    kept: dict[tuple[str, int], GoldParagraph] = {}
    for line in given:
        if isinstance(line, Unusable):
            found.skipped += not line.problem
            found.problems += [line] if line.problem else []
            continue
        try:
            paragraph = check(line, table)
        except ValueError as error:
            found.problems.append(Unusable(line.where, _reason(error)))
            continue
        changes = _changes(line, paragraph)
        if not (changes or line.reviewed or take_all):
            found.unchanged += 1
            continue
        found.changed.update(changes)
        found.without |= {"themes"} if line.themes is None else set()
        found.without |= {"entities", "keyphrases"} if line.spans is None else set()
        place = (line.doc_id, line.paragraph)
        if place in kept:
            found.problems.append(Unusable(line.where, f"{paragraph.id} stands here again; the last one counts"))
        kept[place] = paragraph
    documents = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in kept))}
    found.paragraphs = [kept[place] for place in sorted(kept, key=lambda place: (documents[place[0]], place[1]))]
    return found


def check(given: Given, table: Sequence[Theme]) -> GoldParagraph:
    """One correction as a gold paragraph.

    Raises
    ------
    ValueError
        With what is wrong with it.
    """
    prints = given.key.split("-")
    if len(prints) != 1 + len(LAYERS):
        raise ValueError("its key is missing or damaged; it can't be told which text was annotated")
    if key(given.text, [], [], []).split("-")[0] != prints[0]:
        raise ValueError("its text was changed; only annotations may be")
    themes = given.predicted if given.themes is None else [theme_id(name, table) for name in given.themes]
    if not given.in_order:
        themes = ordered(themes, given.predicted)
    themes = list(dict.fromkeys(themes))
    if not themes:
        raise ValueError(f"it has no theme; give {OTHER!r} where none fits")
    if len(themes) > MAX_THEMES:
        raise ValueError(f"it has {len(themes)} themes; at most {MAX_THEMES} are allowed")
    if OTHER in themes and len(themes) > 1:
        raise ValueError(f"{OTHER!r} stands beside other themes; it has to stand alone")
    entities, phrases = [], list(given.keyphrases or [])
    for start, end, label in sorted(given.spans or []):
        if label == KEYPHRASE:
            phrases.append(given.text[start:end])
        elif label in get_args(Label):
            entities.append({"start": start, "end": end, "label": label})
        else:
            raise ValueError(f"label {label!r} is none of {', '.join(get_args(Label))}, {KEYPHRASE}")
    return GoldParagraph.model_validate(
        {
            "id": f"{given.doc_id}#{given.paragraph}",
            "text": given.text,
            "entities": entities,
            "themes": themes,
            "keyphrases": list(dict.fromkeys(phrases)),
            "issuer": given.issuer,
            "headings": given.headings,
        }
    )


def theme_id(name: str, table: Sequence[Theme]) -> str:
    """A theme's id by its id or one of its names.

    Raises
    ------
    ValueError
        If the table has no such theme.
    """
    wanted = name.strip()
    for theme in table:
        if wanted in (theme.id, theme.zh) or wanted.lower() in (theme.id, theme.en.lower()):
            return theme.id
    known = ", ".join(theme.id for theme in table)
    raise ValueError(f"theme {name!r} is not in the theme table ({known}); name another table by --themes")


def ordered(themes: Sequence[str], predicted: Sequence[str]) -> list[str]:
    """Themes of a tool that keeps no order, the primary first.

    While the predicted primary is still there it stays first; where it was taken away, what was added in its
    place comes first. The rest keeps the predicted order.
    """
    added = [theme for theme in themes if theme not in predicted]
    kept = [theme for theme in predicted if theme in themes]
    return [*kept, *added] if predicted[:1] == kept[:1] else [*added, *kept]


def number(text: str) -> int | None:
    """A number as an export writes it; None for anything else, be it ² or digits without end."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _changes(given: Given, paragraph: GoldParagraph) -> list[str]:
    """Layers that differ from what was predicted."""
    entities = [(e.start, e.end, e.label) for e in paragraph.entities]
    now = key(given.text, paragraph.themes, entities, paragraph.keyphrases).split("-")[1:]
    absent = {"themes"} if given.themes is None else set()
    absent |= {"entities", "keyphrases"} if given.spans is None else set()
    before = given.key.split("-")[1:]
    return [layer for layer, a, b in zip(LAYERS, before, now, strict=True) if a != b and layer not in absent]


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return str(first["msg"]).removeprefix("Value error, ")
    return str(error)

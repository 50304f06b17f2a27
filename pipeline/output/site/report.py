"""The corpus report: charts and the tables behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from markupsafe import Markup

from pipeline.output.palette import COLOURS
from pipeline.output.site import charts
from pipeline.output.site.summary import Corpus, Document, Evidence, Figure, Place
from pipeline.output.site.values import amount
from pipeline.output.site.vocabulary import Themes
from pipeline.stages.themes.table import OTHER

TOP_NAMES = 20
TOP_PHRASES = 12
TOP_FIGURES = 3
TOP_INDICATORS = 18
LISTED = 20
"""Documents listed in the report itself; a page beside it lists all where there are more."""
_LONGEST_TITLE = 24


@dataclass(frozen=True, slots=True)
class Row:
    """A name or phrase with the paragraphs it stands in, by document."""

    anchor: str
    text: str
    count: int
    evidence: list[tuple[Document, list[int]]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The most frequent of a kind, with its chart."""

    rows: list[Row]
    more: int
    chart: Markup


@dataclass(frozen=True, slots=True)
class Figures:
    """Amounts or rates of a theme or an indicator: the middle one, the highest, and where all of them stand.

    Attributes
    ----------
    text : str
        The indicator; of a theme its name.
    theme : str
        Empty for an indicator.
    middle, aimed : str
        Of what was reached or is merely said, and of targets.
    """

    anchor: str
    text: str
    theme: str
    count: int
    middle: str
    aimed: str
    highest: list[Figure]
    evidence: list[tuple[Document, list[int]]]


def make(corpus: Corpus, themes: Themes) -> dict[str, Any]:
    """What the template of the report needs."""
    titles = _distinct([_short(document.title) for document in corpus.documents])
    order = [key for key in themes.by_id if key != OTHER] + sorted(set(corpus.themes) - set(themes.by_id))
    yuan = _by_theme([figure for figure in corpus.money if figure.unit == "CNY"], order)
    rates = [figure for figure in corpus.growth if figure.unit == "%"]
    measured = any(figure.indicator for figure in rates)
    grouped = _by_indicator(rates) if measured else _by_theme(rates, order)
    growth = grouped[:TOP_INDICATORS] if measured else grouped
    return {
        "listed": LISTED,
        "most_dots": charts.MOST_DOTS,
        "heat_map": charts.heat_map(corpus, titles, themes) if any(d.themes for d in corpus.documents) else "",
        "themes": [
            Row(f"theme-{number}", key, len(corpus.themes[key]), by_document(corpus.themes[key]))
            for number, key in enumerate(order)
            if corpus.themes.get(key)
        ],
        "organisations": _ranking("org", corpus.organisations, COLOURS["ORG"]),
        "places": _ranking("place", corpus.places, COLOURS["GPE"]),
        "phrases": [
            (key, _rows(f"phrase-{number}", corpus.phrases[key], TOP_PHRASES))
            for number, key in enumerate(order)
            if corpus.phrases.get(key)
        ],
        "money": _figures("money", yuan, lambda value: amount(value, "", digits=2), themes),
        "money_other": [figure for figure in corpus.money if figure.unit != "CNY"],
        "money_chart": charts.strips(_named(yuan, themes), money=True) if yuan else "",
        "growth": _figures(
            "growth", growth, lambda value: f"{value:.1f}%".replace("-", "−"), None if measured else themes
        ),
        "growth_points": [figure for figure in corpus.growth if figure.unit == "pp"],
        "growth_chart": charts.strips(growth if measured else _named(growth, themes), money=False) if growth else "",
        "growth_more": len(grouped) - len(growth),
        "has_indicators": measured,
    }


def by_document(places: Iterable[Place]) -> list[tuple[Document, list[int]]]:
    """Paragraphs grouped by their documents, each once."""
    found: dict[str, tuple[Document, list[int]]] = {}
    for place in places:
        _, paragraphs = found.setdefault(place.document.file, (place.document, []))
        if place.paragraph not in paragraphs:
            paragraphs.append(place.paragraph)
    return sorted(found.values(), key=lambda item: -len(item[1]))


def evidence(content: dict[str, Any]) -> Iterator[tuple[str, list[Row | Figures]]]:
    """Rows that stand in more documents than the report lists, by the kind of page that lists all.

    Parameters
    ----------
    content : dict
        From `make`.

    Yields
    ------
    kind : str
        Name of the page.
    rows : list of Row or Figures
    """
    kinds: dict[str, list[Row | Figures]] = {
        "themes": content["themes"],
        "organisations": content["organisations"].rows,
        "places": content["places"].rows,
        "phrases": [row for _, rows in content["phrases"] for row in rows],
        "money": content["money"],
        "growth": content["growth"],
    }
    for kind, rows in kinds.items():
        if long := [row for row in rows if len(row.evidence) > LISTED]:
            yield kind, long


Groups = list[tuple[str, list[Figure]]]


def _by_theme(figures: list[Figure], order: list[str]) -> Groups:
    groups = [(key, [figure for figure in figures if figure.theme == key]) for key in (*order, OTHER)]
    return [(key, own) for key, own in groups if own]


def _by_indicator(figures: list[Figure]) -> Groups:
    """The most frequent indicators first; those of most documents before those of one."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.indicator, []).append(figure)
    return sorted(
        groups.items(), key=lambda group: (-len({f.place.document.file for f in group[1]}), -len(group[1]), group[0])
    )


def _named(groups: Groups, themes: Themes) -> Groups:
    return [(themes.get(key).zh, figures) for key, figures in groups]


def _rows(prefix: str, evidence: Evidence, top: int) -> list[Row]:
    ranked = sorted(evidence.items(), key=lambda item: -len(item[1]))[:top]
    return [
        Row(f"{prefix}-{number}", name, len(places), by_document(places))
        for number, (name, places) in enumerate(ranked)
    ]


def _ranking(prefix: str, evidence: Evidence, colour: str) -> Ranking:
    rows = _rows(prefix, evidence, TOP_NAMES)
    chart = charts.bars([(row.text, row.count, f"#{row.anchor}") for row in rows], colour) if rows else Markup("")
    return Ranking(rows, len(evidence) - len(rows), chart)


def _figures(prefix: str, groups: Groups, show: Callable[[Decimal], str], themes: Themes | None) -> list[Figures]:
    found = []
    for number, (key, own) in enumerate(groups):
        aimed = [figure.value for figure in own if figure.status == "target"]
        rest = [figure.value for figure in own if figure.status != "target"]
        found.append(
            Figures(
                anchor=f"{prefix}-{number}",
                text=themes.get(key).zh if themes else key,
                theme=key if themes else "",
                count=len(own),
                middle=show(median(rest)) if rest else "",
                aimed=show(median(aimed)) if aimed else "",
                highest=sorted(own, key=lambda figure: -figure.value)[:TOP_FIGURES],
                evidence=by_document(figure.place for figure in own),
            )
        )
    return found


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"


def _distinct(names: list[str]) -> list[str]:
    """A chart's rows are told apart by their names."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found

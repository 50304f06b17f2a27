"""Charts: Vega-Lite specifications drawn to SVG by vl-convert, on this machine and without a browser.

The SVG has text as text, so that the reader's fonts draw it, and no ``style`` attributes or scripts. It is parsed
again and cut down to the few elements a chart needs before it goes into a page.
"""

from __future__ import annotations

import re
from math import ceil, floor, log10
from typing import Any
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from pipeline.output.site.summary import Corpus, Figure
from pipeline.output.site.vocabulary import Themes

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = {_SVG + name for name in ("svg", "g", "path", "rect", "line", "text", "a", "title", "circle")}
_BASE = "https://vega.github.io/vega-datasets/"
"""vl-convert puts this before a relative link; it is taken off again."""
_LINK = re.compile(r"(documents/[A-Za-z0-9-]+\.html)?#[A-Za-z0-9=&%_.~-]*")
_DECIMALS = re.compile(r"-?\d+\.\d{2,}")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_VERSION = "6.1"
MOST_DOTS = 150
"""Dots in one row of a strip; more can't be told apart."""
_ROW = 24
_CHARACTER = 13
_KINDS = {"actual": "result", "target": "target"}
_KIND_COLOURS = ["#1b8a83", "#d1791f", "#7b5ea7"]
_CONFIG = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 0},
    "legend": {"labelFontSize": 13, "title": None, "orient": "top", "labelLimit": 0, "symbolType": "circle"},
}
_AMOUNT = (
    "datum.value >= 1e8 ? format(datum.value / 1e8, ',') + '亿' : "
    "datum.value >= 1e4 ? format(datum.value / 1e4, ',') + '万' : format(datum.value, ',')"
)


def heat_map(corpus: Corpus, titles: list[str], themes: Themes) -> Markup:
    """Themes by document: the share of a document's paragraphs whose first theme it is."""
    rows: list[dict[str, Any]] = []
    for document, name in zip(corpus.documents, titles, strict=True):
        total = sum(document.themes.values())
        for key, count in document.themes.items():
            said = f"{name}: {themes.get(key).zh}, {count} of {total} paragraphs"
            link = f"documents/{document.file}#theme={quote(key, safe='')}"
            rows.append({"d": name, "t": themes.get(key).zh, "n": count, "s": count / total, "u": link, "say": said})
    columns = themes.names()
    columns += sorted({row["t"] for row in rows} - set(columns))
    x: dict[str, Any] = {"field": "t", "type": "nominal", "scale": {"domain": columns}, "title": None}
    y: dict[str, Any] = {"field": "d", "type": "nominal", "scale": {"domain": titles}, "title": None}
    common = {"href": {"field": "u"}, "description": {"field": "say"}}
    spec = {
        "data": {"values": rows},
        "width": 46 * len(columns),
        "height": _ROW * len(titles),
        "encoding": {
            "x": x | {"axis": {"orient": "top", "labelAngle": -45, "domain": False, "ticks": False}},
            "y": y | {"axis": _names(titles)},
        },
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 3, "stroke": "white", "strokeWidth": 2},
                "encoding": {
                    "color": {
                        "field": "s",
                        "type": "quantitative",
                        "scale": {"range": ["#e6eef7", "#2b5d8c"], "domain": [0, 0.6], "clamp": True},
                        "legend": None,
                    },
                    **common,
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12},
                "encoding": {
                    "text": {"field": "n", "type": "quantitative"},
                    "color": {"condition": {"test": "datum.s > 0.45", "value": "white"}, "value": "#123"},
                },
            },
        ],
    }
    return _draw(spec)


def bars(counts: list[tuple[str, int, str]], colour: str) -> Markup:
    """Counts by name, each with the address of its evidence."""
    rows = [{"n": name, "c": count, "u": link, "say": f"{name}: {count}"} for name, count, link in counts]
    names = [name for name, _, _ in counts]
    spec = {
        "data": {"values": rows},
        "width": 300,
        "height": _ROW * len(rows),
        "encoding": {
            "y": {"field": "n", "type": "nominal", "sort": None, "title": None, "axis": _names(names)},
            "x": {"field": "c", "type": "quantitative", "title": None, "axis": None},
        },
        "layer": [
            {
                "mark": {"type": "bar", "color": colour, "height": 16},
                "encoding": {"href": {"field": "u"}, "description": {"field": "say"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 13, "color": "currentColor"},
                "encoding": {"text": {"field": "c"}, "description": {"field": "say"}},
            },
        ],
    }
    return _draw(spec)


def strips(groups: list[tuple[str, list[Figure]]], *, money: bool) -> Markup:
    """Each figure a dot in the row of its group; amounts on a logarithmic axis.

    Parameters
    ----------
    groups : list of (str, list of Figure)
        Names of the rows, from the top, with what stands in them.
    money : bool
        Amounts; else rates, of which results and targets have a lane each.
    """
    rows: list[dict[str, Any]] = [
        {
            "t": name,
            "v": float(figure.value),
            "u": figure.place.link,
            "say": " · ".join(
                part for part in (figure.indicator, figure.text, figure.period, figure.place.document.title) if part
            ),
            "k": _KINDS.get(figure.status, figure.status) or "said",
            # Dots of one row are spread over its height by the golden ratio, so that few hide each other.
            "j": number * 0.618 % 1,
        }
        for name, figures in groups
        for number, figure in enumerate(_thinned(figures))
    ]
    names = [name for name, _ in groups]
    if money:
        lowest, highest = (pick(row["v"] for row in rows) for pick in (min, max))
        tens = [10.0**power for power in range(floor(log10(lowest)), ceil(log10(highest)) + 1)]
        axis: dict[str, Any] = {"labelExpr": _AMOUNT, "values": tens}
        scale: dict[str, Any] = {"type": "log", "domain": [tens[0], max(tens[-1], tens[0] * 10)], "padding": 10}
    else:
        axis = {"labelExpr": "datum.label + '%'", "tickCount": 8}
        scale = {"nice": True, "padding": 10}
    colour: dict[str, Any] = {"value": "#c0504d" if money else "#1b8a83"}
    offset: dict[str, Any] = {"field": "j", "type": "quantitative", "scale": {"domain": [-0.2, 1.2]}}
    kinds = [kind for kind in (*_KINDS.values(), "said") if kind in {row["k"] for row in rows}]
    if not money and len(kinds) > 1:
        colour = {"field": "k", "type": "nominal", "scale": {"domain": kinds, "range": _KIND_COLOURS}}
        offset = {"field": "k", "type": "nominal", "scale": {"domain": kinds}}
    spec = {
        "data": {"values": rows},
        "mark": {"type": "circle", "size": 70, "opacity": 0.6},
        "width": 620,
        "height": {"step": 30 if money else 34, "for": "position"},
        "encoding": {
            "y": {
                "field": "t",
                "type": "nominal",
                "scale": {"domain": names, "paddingInner": 0.15},
                "title": None,
                "axis": _names(names) | {"grid": True, "tickBand": "extent", "labelLimit": 0},
            },
            "yOffset": offset,
            "x": {"field": "v", "type": "quantitative", "title": None, "scale": scale, "axis": axis},
            "color": colour,
            "href": {"field": "u"},
            "description": {"field": "say"},
        },
    }
    return _draw(spec)


def _thinned(figures: list[Figure]) -> list[Figure]:
    """Of very many figures some, evenly from the lowest to the highest."""
    own = sorted(figures, key=lambda figure: figure.value)
    step = max((len(own) - 1) / (MOST_DOTS - 1), 1)
    return [own[round(number * step)] for number in range(min(len(own), MOST_DOTS))]


def _names(names: list[str]) -> dict[str, Any]:
    """An axis of names as wide as the longest, whatever fonts this machine has to measure with."""
    width = max((len(name) for name in names), default=0) * _CHARACTER + 12
    return {"minExtent": width, "maxExtent": width, "domain": False, "ticks": False}


def _printable(value: Any) -> Any:
    """Without characters that XML can't hold: the engine would end the whole process over one."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    return [_printable(item) for item in value] if isinstance(value, list) else value


def _draw(spec: dict[str, Any]) -> Markup:
    # Loads a JavaScript engine of 80 MB: only where charts are drawn.
    import vl_convert

    svg = vl_convert.vegalite_to_svg(_printable(spec | {"config": _CONFIG}), vl_version=_VERSION)
    root = etree.fromstring(
        svg.encode(),
        etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True),
    )
    for element in list(root.iter()):
        if element.tag not in _ELEMENTS:
            raise RuntimeError(f"unexpected <{element.tag}> in a chart")
        for name in [name for name in element.attrib if name == "style" or name.startswith("on")]:
            del element.attrib[name]
        for name in ("d", "transform"):
            if name in element.attrib:
                element.set(name, _DECIMALS.sub(lambda match: f"{float(match[0]):.1f}", element.attrib[name]))
        if _HREF in element.attrib:
            link = element.attrib.pop(_HREF).removeprefix(_BASE)
            if not _LINK.fullmatch(link):
                raise RuntimeError(f"unexpected link {link!r} in a chart")
            element.set("href", link)
        label = element.get("aria-label")
        if label and element.get("role") == "graphics-symbol" and element.tag != _SVG + "g":
            # A title names it as well as a label does, and shows when a mouse rests on it.
            etree.SubElement(element, _SVG + "title").text = label
            del element.attrib["aria-label"]
            element.attrib.pop("aria-roledescription", None)
    root.attrib.pop("width"), root.attrib.pop("height")
    root.set("role", "group")
    width, height = root.get("viewBox", "0 0 0 0").split()[2:]
    root.set("width", width)
    root.set("height", height)
    etree.cleanup_namespaces(root)
    return Markup(etree.tostring(root, encoding="unicode"))

"""Entities and key phrases drawn by displaCy.

A stretch is drawn in displaCy's ent style. Where a key phrase and an entity (or two key phrases) overlap, the
ent style draws the stretch they cover as one block whose inside comes from the span style. Both get templates
without ``style`` attributes, which the pages' Content-Security-Policy would refuse; their colour names are CSS
classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from markupsafe import Markup
from spacy.displacy.render import EntityRenderer, SpanRenderer
from spacy.displacy.templates import TPL_ENTS, TPL_SPANS

from pipeline.output.palette import COLOURS
from pipeline.output.site.vocabulary import UNKNOWN, label_class

KEYPHRASE = "KEYPHRASE"

_ENT: dict[str, Any] = {"template": "{open}{text}{close}"}
# top_offset counts slots instead of pixels: the style sheet knows how high a slot is.
_SPAN: dict[str, Any] = {
    "colors": {label: label for label in (*COLOURS, UNKNOWN)},
    "top_offset": 0,
    "top_offset_step": 1,
    "span_label_offset": 0,
    "template": {
        "span": '<span class="token h{total_height}">{text}{span_slices}{span_starts}</span>',
        "slice": '<span class="slice {bg} t{top_offset}"></span>',
        "start": "",
    },
}
_TOKEN = '<span class="token'
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be drawn over ``text[start:end]``.

    Attributes
    ----------
    start, end : int
        Characters of the text that is drawn.
    label : str
        An entity label or `KEYPHRASE`.
    tip : str
        What a reader sees on hovering.
    anchor : str
        Id of the element; empty for none.
    """

    start: int
    end: int
    label: str
    tip: str = ""
    anchor: str = ""


def draw(text: str, marks: Iterable[Mark]) -> Markup:
    """Draw marks over a text.

    Parameters
    ----------
    text : str
        Escaped by displaCy.
    marks : iterable of Mark
        In any order; those outside the text are left out.

    Returns
    -------
    Markup
        Safe to put into a page.
    """
    ents = []
    for group in _groups(mark for mark in marks if 0 <= mark.start < mark.end <= len(text)):
        params = _single(group[0]) if len(group) == 1 else _stack(text, group)
        start, end = group[0].start, max(mark.end for mark in group)
        ents.append({"start": start, "end": end, "label": "", "params": params})
    html = _renderers()[0].render([{"text": text, "ents": ents}])
    return Markup(_unwrap(html, TPL_ENTS))


@cache
def _renderers() -> tuple[EntityRenderer, SpanRenderer]:
    """The two styles of displaCy, made once: making one asks all installed packages for colours."""
    return EntityRenderer(_ENT), SpanRenderer(_SPAN)


def _groups(marks: Iterable[Mark]) -> list[list[Mark]]:
    """Marks in order, those that overlap together."""
    groups: list[list[Mark]] = []
    reach = -1
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.label)):
        if mark.start < reach:
            groups[-1].append(mark)
        else:
            groups.append([mark])
        reach = max(reach, mark.end)
    return groups


def _single(mark: Mark) -> dict[str, str]:
    attributes = Markup(' id="{}"').format(mark.anchor) if mark.anchor else ""
    opening = Markup('<mark class="ent {}"{} tabindex="-1" data-label="{}" title="{}">').format(
        label_class(mark.label), attributes, mark.label, mark.tip
    )
    return {"open": str(opening), "close": "</mark>"}


def _stack(text: str, group: list[Mark]) -> dict[str, str]:
    edges = sorted({edge for mark in group for edge in (mark.start, mark.end)})
    spans = [
        {
            "start_token": edges.index(mark.start),
            "end_token": edges.index(mark.end),
            "label": label_class(mark.label),
        }
        for mark in group
    ]
    tokens = [text[start:end] for start, end in pairwise(edges)]
    html = _renderers()[1].render([{"tokens": tokens, "spans": spans}])
    drawn = _named(_unwrap(html, TPL_SPANS), [(edges.index(m.end) - 1, label_class(m.label)) for m in group])
    anchors = Markup("").join(Markup('<a id="{}"></a>').format(mark.anchor) for mark in group if mark.anchor)
    depth = min(len(group), _DEEPEST)
    tips = "\n".join(mark.tip for mark in group)
    opening = Markup('<span class="stack d{}" tabindex="-1" title="{}">{}').format(depth, tips, anchors)
    return {"open": str(opening), "text": drawn, "close": "</span>"}


def _named(html: str, ends: list[tuple[int, str]]) -> str:
    """Put an entity's label behind its last token; displaCy's own place, above the first, is the line before."""
    before, *tokens = html.split(_TOKEN)
    for number, label in ends:
        if label != KEYPHRASE:
            text, tag, rest = tokens[number].partition("<span")
            tokens[number] = f'{text}<span class="name {label}" data-label="{label}"></span>{tag}{rest}'
    return _TOKEN.join([before, *tokens])


def _unwrap(html: str, template: str) -> str:
    """Take off displaCy's outermost element, which has a ``style`` attribute."""
    before, after = template.format(content="\0", dir="ltr").split("\0")
    if not (html.startswith(before) and html.endswith(after)):
        raise RuntimeError("displaCy's wrapper has changed; adapt pipeline/output/site/drawing.py")
    return html[len(before) : len(html) - len(after)]


def tip(*parts: str) -> str:
    """What hovering shows, from its parts."""
    return " · ".join(part for part in parts if part)

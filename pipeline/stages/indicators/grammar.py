"""From the amounts and rates of a paragraph to indicator records, by words and punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.stages.indicators import naming
from pipeline.stages.indicators.features import Scene, split_words
from pipeline.stages.indicators.learnt import Learnt, label_of, role_of
from pipeline.stages.indicators.naming import Name, Owner
from pipeline.stages.indicators.periods import period_of
from pipeline.stages.indicators.status import prior, status_of
from pipeline.stages.indicators.words import Words, load_words

QUANTITIES = ("MONEY", "PERCENT")
PLACED = ("GPE", "ORG")
"""Names of these before an indicator say whose it is, not what it is."""
SENTENCE = re.compile(r"[。！？\n!?]")
_BROAD = re.compile(r"[。！？\n!?；;]")
_CUTS = re.compile(r"(?:平均)?(?:压减|减少|精简|压缩|减)([\u4e00-\u9fff]{2,4})$")
_BETWEEN = re.compile(r"(?:以上|以下|以内|左右|多|余|个|\s)*(?:、|和|与|及|，|,)\s*(?:超过?|约|近|达)?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity of the paragraph: characters ``[start, end)`` and its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said of a quantity; ``start`` and ``end`` are the evidence sentence."""

    indicator: str
    role: str
    direction: str | None
    status: str
    bound: str
    period: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Statement):
    """One record; ``mention`` counts the quantities, ``pair`` is the quantity of the level or change beside it."""

    mention: int
    pair: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the grammar alone makes of a paragraph; ``lean`` is above 0 where it speaks of what is to come."""

    quantities: list[Mention]
    names: list[Name | None]
    statuses: list[str]
    lean: float


def read(
    text: str,
    mentions: Sequence[Mention],
    borders: Sequence[tuple[int, int]],
    section: str | None = None,
    headings: Sequence[str] = (),
) -> Reading:
    """Names, roles and status of the quantities of a paragraph by the grammar; parameters as of `extract`."""
    words = load_words()
    quantities = [mention for mention in mentions if mention.label in QUANTITIES]
    others = [(m.start, m.end, m.label in PLACED) for m in mentions if m.label not in QUANTITIES]
    names = _names(text, quantities, borders, others, words)
    lean = prior(text, [(q.start, q.end) for q in quantities], section, headings, words)
    statuses = [status_of(text, quantity.start, quantity.end, lean, words) for quantity in quantities]
    return Reading(quantities, names, statuses, lean)


def scene_of(
    text: str,
    mentions: Sequence[Mention],
    borders: Sequence[tuple[int, int]],
    reading: Reading,
    headings: Sequence[str] = (),
) -> Scene:
    """The paragraph as the learnt models see it."""
    edges = {edge for name in reading.names if name is not None for edge in (name.start, name.end)}
    return Scene(
        text,
        split_words(borders, edges),
        [(quantity.start, quantity.end) for quantity in reading.quantities],
        [quantity.label for quantity in reading.quantities],
        [(mention.start, mention.end, mention.label) for mention in mentions],
        headings,
    )


def extract(
    text: str,
    mentions: Sequence[Mention],
    borders: Sequence[tuple[int, int]],
    section: str | None = None,
    headings: Sequence[str] = (),
    learnt: Learnt | None = None,
) -> list[Found]:
    """Read the indicator records of one paragraph.

    Parameters
    ----------
    text : str
    mentions : sequence of Mention
        Every entity in order.
    borders : sequence of (int, int)
        The words of the text.
    section, headings
        Where the paragraph stands.
    learnt : Learnt, optional
        Corrects what the grammar reads.

    Returns
    -------
    list of Found
        At most one a MONEY or PERCENT.
    """
    words = load_words()
    reading = read(text, mentions, borders, section, headings)
    names, statuses = list(reading.names), reading.statuses
    labels = [label_of(name) for name in names]
    if learnt is not None and names:
        scene = scene_of(text, mentions, borders, reading, headings)
        labels, statuses = learnt.judge(scene, labels, statuses, reading.lean)
        for index, name in enumerate(names):
            names[index] = learnt.name(scene, index, name, names[index - 1] if index else None)
    found = []
    for index, (quantity, name) in enumerate(zip(reading.quantities, names, strict=True)):
        if name is None or text[name.start : name.end] in words.cut:
            continue
        start, end = around(SENTENCE, text, quantity.start, quantity.end)
        role, direction = role_of(labels[index])
        found.append(
            Found(
                mention=index,
                indicator=text[name.start : name.end],
                role=role,
                direction=direction,
                status=statuses[index],
                bound=bound_of(text, quantity.start, quantity.end, words),
                period=period_of(text, start, quantity.start, name.start, words),
                start=start,
                end=end,
            )
        )
    return _paired(found, reading.quantities)


def _names(
    text: str,
    quantities: Sequence[Mention],
    borders: Sequence[tuple[int, int]],
    others: Sequence[Owner],
    words: Words,
) -> list[Name | None]:
    names: list[Name | None] = []
    index, previous_end = 0, 0
    while index < len(quantities):
        quantity = quantities[index]
        edge = naming.left_edge(text, quantity.start, previous_end)
        run = _run(text, quantities, index)
        raw = naming.name_before(text, edge, quantity.start, words)
        name = naming.trim(text, raw, borders, others, words)
        if name.empty or words.bare.fullmatch(text, name.start, name.end):
            group = _inherited(text, quantities, names, index, run, raw, borders, others, words)
            if group == [None] and not name.empty:
                group = [name]
        elif run > 1 and "分别" in text[max(0, edge) : quantity.start] + text[name.end : quantity.start]:
            group = list(naming.distribute(text, name, run, words))
        else:
            name = _verb_first(text, name, quantity, words)
            group = [name]
        for offset, member in enumerate(group):
            names.append(
                member if member is None or offset == 0 else replace(member, role=group[0].role if group[0] else None)
            )
        index += len(group)
        previous_end = quantities[index - 1].end
    return names


def _run(text: str, quantities: Sequence[Mention], index: int) -> int:
    """How many quantities follow each other with nothing but a comma between them."""
    count = 1
    while (
        index + count < len(quantities)
        and quantities[index + count].label == quantities[index].label
        and _BETWEEN.fullmatch(text[quantities[index + count - 1].end : quantities[index + count].start])
    ):
        count += 1
    return count


def _inherited(
    text: str,
    quantities: Sequence[Mention],
    names: Sequence[Name | None],
    index: int,
    run: int,
    raw: Name,
    borders: Sequence[tuple[int, int]],
    others: Sequence[Owner],
    words: Words,
) -> list[Name | None]:
    """Names of quantities that have none before them: from behind, from counts or quantities before."""
    quantity = quantities[index]
    start, end = around(SENTENCE, text, quantity.start, quantity.end)
    limit = min([end, *(q.start for q in quantities if q.start > quantity.end)])
    if run > 1 and "分别" in text[raw.start : quantity.start]:
        before = naming.counted(text, start, raw.start, borders, others, words)
        if len(before) >= run:
            return [replace(name, role=raw.role, direction=raw.direction) for name in before[-run:]]
    if raw.role is None or (raw.role == "level" and not raw.from_to):
        behind = naming.name_behind(text, quantity.end, limit, borders, words)
        if behind is not None:
            role = "share" if quantity.label == "PERCENT" else "level"
            return [replace(behind, role=role)]
    last = _last_named(text, quantities, names, index, start)
    counts = naming.counted(text, start, raw.start, borders, others, words)
    if counts and (last is None or counts[-1].start > last.start):
        last = counts[-1]
    if last is None:
        return [None]
    return [
        replace(
            last,
            role=raw.role or ("share" if text[raw.start : quantity.start].strip().startswith("占") else None),
            direction=raw.direction,
        )
    ]


def _last_named(
    text: str, quantities: Sequence[Mention], names: Sequence[Name | None], index: int, start: int
) -> Name | None:
    for number in range(index - 1, -1, -1):
        if quantities[number].start < start:
            break
        name = names[number]
        if name is not None:
            return name
    return None


def _verb_first(text: str, name: Name, quantity: Mention, words: Words) -> Name:
    """压减一般性支出10%: the verb before the name says that and how it changed."""
    if name.role is not None or quantity.label != "PERCENT":
        return name
    piece = text[name.start : name.end]
    cut = _CUTS.search(piece)
    if cut:
        return Name(name.start + cut.start(1), name.end, "change", "down")
    found = words.change_first.match(piece) or (words.change_bare.match(piece) if len(piece) <= 4 else None)
    if found is None or len(piece) - found.end() < 2:
        return name
    direction = "down" if words.down_first.match(piece) else "up"
    return Name(name.start + found.end(), name.end, "change", direction)


def bound_of(text: str, start: int, end: int, words: Words) -> str:
    """How exact a figure is: from the words around it, and 多 or 余 within."""
    for pattern, bound in words.bound_after:
        if pattern.match(text[end : end + 6]):
            return bound
    inside = text[start:end]
    if inside.startswith("近"):
        return "nearly"
    if re.search("[多余]", inside):
        return "over"
    before = text[max(0, start - 8) : start]
    for pattern, bound in words.bound_before:
        if pattern.search(before):
            return bound
    return "exact"


def around(border: re.Pattern[str], text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch between two borders that a quantity stands in."""
    begin = max((m.end() for m in border.finditer(text, 0, start)), default=0)
    stop = border.search(text, end)
    return begin, stop.end() if stop else len(text)


def _paired(found: list[Found], quantities: Sequence[Mention]) -> list[Found]:
    """Tie a level to the change of the same thing in the same sentence."""
    for at, after in pairwise(range(len(found))):
        first, second = found[at], found[after]
        same = first.indicator == second.indicator and first.start == second.start
        if same and {first.role, second.role} == {"level", "change"} and found[at].pair is None:
            found[at] = replace(found[at], pair=second.mention)
            found[after] = replace(found[after], pair=first.mention)
    return found

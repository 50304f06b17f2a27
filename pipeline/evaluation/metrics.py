"""Precision, recall and F1 of entities, key phrases, themes and indicators; nothing here knows of models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Span = tuple[int, int, str]
Record = dict[str, Any]
PLACES = ("GPE", "LOC", "FAC")


def prf(hits: float, given: float, wanted: float) -> dict[str, Any]:
    """Precision, recall and F1 from counts of hits, predictions and gold items."""
    precision = hits / given if given else 0.0
    recall = hits / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"p": round(precision, 4), "r": round(recall, 4), "f1": round(f1, 4), "gold": wanted, "predicted": given}


def entity_scores(gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> dict[str, Any]:
    """Scores per label, for places as one, and micro over all.

    Parameters
    ----------
    gold, predicted : sequence of sequence of (start, end, label)
        One inner sequence a paragraph.

    Returns
    -------
    dict
        ``{"exact": {label: prf}, "overlap": {label: prf}}``. Exact wants the same span and label;
        overlapping wants a mention of that label that shares a character with it.
    """
    labels = sorted({label for spans in (*gold, *predicted) for _, _, label in spans})
    groups: dict[str, tuple[str, ...]] = {label: (label,) for label in labels}
    groups["places"] = PLACES
    groups["all"] = tuple(labels)
    exact, overlap = {}, {}
    for name, members in groups.items():
        merge = name == "places"
        hits = touched_gold = touched_given = wanted = given = 0
        for truth, guess in zip(gold, predicted, strict=True):
            a = _members(truth, members, merge)
            b = _members(guess, members, merge)
            hits += sum((Counter(a) & Counter(b)).values())
            wanted, given = wanted + len(a), given + len(b)
            touched_gold += sum(any(_touch(x, y) for y in b) for x in a)
            touched_given += sum(any(_touch(x, y) for x in a) for y in b)
        exact[name] = prf(hits, given, wanted)
        overlap[name] = _overlap(touched_given, given, touched_gold, wanted)
    return {"exact": exact, "overlap": overlap}


def _members(spans: Iterable[Span], labels: Sequence[str], merge: bool) -> list[Span]:
    return [(start, end, "place" if merge else label) for start, end, label in spans if label in labels]


def _touch(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] == b[2]


def _overlap(right: int, given: int, found: int, wanted: int) -> dict[str, Any]:
    precision, recall = right / given if given else 0.0, found / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"p": round(precision, 4), "r": round(recall, 4), "f1": round(f1, 4), "gold": wanted, "predicted": given}


FIELDS = ("indicator", "role", "direction", "status", "bound", "period")
"""What makes a full indicator record."""


def indicator_scores(gold: Sequence[Sequence[Record]], predicted: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """Scores of indicator records, field by field and as a whole.

    Parameters
    ----------
    gold, predicted : sequence of sequence of dict
        One inner sequence a paragraph; a record has ``span`` (of its quantity, with label) and `FIELDS`.

    Returns
    -------
    dict
        ``fields``: the share of gold records whose quantity has a record that agrees, and for names also
        ``indicator_overlap``, where one name contains the other or both share two characters in a row;
        ``record``: precision, recall and F1 of records that agree in span and all fields but the period;
        ``full``: the same with the period.
    """
    right = Counter[str]()
    wanted = given = 0
    for truth, guess in zip(gold, predicted, strict=True):
        found = {record["span"]: record for record in guess}
        wanted, given = wanted + len(truth), given + len(guess)
        for record in truth:
            other = found.get(record["span"])
            if other is None:
                continue
            agree = {field: record[field] == other[field] for field in FIELDS}
            right.update(field for field in FIELDS if agree[field])
            right["indicator_overlap"] += _shares(record["indicator"], other["indicator"])
            right["record"] += all(agree[field] for field in FIELDS if field != "period")
            right["full"] += all(agree.values())
    return {
        "fields": {name: round(right[name] / max(1, wanted), 4) for name in (*FIELDS, "indicator_overlap")},
        "record": prf(right["record"], given, wanted),
        "full": prf(right["full"], given, wanted),
    }


def _shares(a: str, b: str) -> bool:
    return a in b or b in a or any(a[i : i + 2] in b for i in range(len(a) - 1))


def keyphrase_scores(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], k: int = 5) -> dict[str, Any]:
    """F1@k a paragraph, micro over paragraphs that have gold phrases.

    Exact wants the same string; overlapping counts a pair where one contains the other.
    """
    hits = given = wanted = right = found = 0
    for truth, guess in zip(gold, predicted, strict=True):
        if not truth:
            continue
        guess = guess[:k]
        hits += len(set(truth) & set(guess))
        given, wanted = given + len(guess), wanted + len(truth)
        right += sum(any(x in y or y in x for x in truth) for y in guess)
        found += sum(any(x in y or y in x for y in guess) for x in truth)
    return {"exact": prf(hits, given, wanted), "overlap": _overlap(right, given, found, wanted)}


def theme_scores(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Themes: accuracy of the primary, micro and macro F1 over all, F1 per theme, confusions of the primary.

    Macro-F1 is the mean over themes that occur in the gold.
    """
    labels = sorted({theme for themes in (*gold, *predicted) for theme in themes})
    per = {}
    total = Counter[str]()
    for label in labels:
        hits = sum(label in a and label in b for a, b in zip(gold, predicted, strict=True))
        given, wanted = sum(label in b for b in predicted), sum(label in a for a in gold)
        per[label] = prf(hits, given, wanted)
        total.update(hits=hits, given=given, wanted=wanted)
    primary = [(a[0], b[0]) for a, b in zip(gold, predicted, strict=True)]
    accuracy = sum(a == b for a, b in primary) / max(1, len(primary))
    present = [per[label]["f1"] for label in labels if per[label]["gold"]]
    confusions = Counter((a, b) for a, b in primary if a != b)
    return {
        "overall": {
            "primary_accuracy": round(accuracy, 4),
            "micro_f1": prf(total["hits"], total["given"], total["wanted"])["f1"],
            "macro_f1": round(sum(present) / max(1, len(present)), 4),
            "paragraphs": len(primary),
        },
        "themes": per,
        "confusions": [{"gold": a, "predicted": b, "count": n} for (a, b), n in confusions.most_common(12)],
    }

"""Inline markup for annotated paragraphs: the format people write, read and review.

One file holds one issuer. A header of ``key: value`` lines ends at ``---``; below it a line
that starts with ``#`` sets the headings of what follows (``# 一、产业 / (一)招商`` nests them), a
line that starts with ``@`` gives themes and key phrases of the paragraph on the next line::

    issuer: 九江镇
    level: town
    ---
    # 产业发展动能增强
    @ industry economy | 工业总产值；装备制造产业
    全镇实现工业总产值{189.25亿元|M|工业总产值|level}，增长{8.7%|P|工业总产值|change up}。

A mention is ``{text|LABEL}``; ``{text|M|indicator|role direction|status|bound|period}`` adds the
indicator record of an amount or a rate. Fields left out at the end take their defaults: role
``level``, status ``actual``, bound ``exact``, no period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LABELS = {"O": "ORG", "G": "GPE", "L": "LOC", "F": "FAC", "M": "MONEY", "P": "PERCENT"}
LETTERS = {label: letter for letter, label in LABELS.items()}
ROLES = ("level", "change", "share")
DIRECTIONS = ("up", "down", "flat")
STATUSES = ("actual", "target")
BOUNDS = ("exact", "about", "nearly", "over", "at_least", "at_most")

_MENTION = re.compile(r"\{([^{}|]+)\|([^{}]+)\}")
_PHRASE_SEPARATOR = re.compile(r"[;；]")


class MarkupError(ValueError):
    """A line of markup that can't be read; the message says which and why."""


def _indicator(fields: list[str], entity: int) -> dict[str, Any]:
    name, role, status, bound, period = (fields + [""] * 5)[:5]
    role, _, direction = (role.strip() or "level").partition(" ")
    record = {
        "entity": entity,
        "indicator": name,
        "role": role,
        "direction": direction.strip() or None,
        "status": status or "actual",
        "bound": bound or "exact",
        "period": period,
    }
    for key, allowed in (("role", ROLES), ("status", STATUSES), ("bound", BOUNDS)):
        if record[key] not in allowed:
            raise MarkupError(f"{key} {record[key]!r} is none of {', '.join(allowed)}")
    if record["direction"] not in (*DIRECTIONS, None):
        raise MarkupError(f"direction {record['direction']!r} is none of {', '.join(DIRECTIONS)}")
    if (record["role"] == "change") != (record["direction"] is not None):
        raise MarkupError("a direction (up, down, flat) belongs to role change, and only to it")
    return record


def parse_inline(marked: str) -> dict[str, Any]:
    """Read one marked paragraph.

    Parameters
    ----------
    marked : str
        Text with ``{mention|LABEL}`` marks; labels are the letters of `LABELS` or full names.

    Returns
    -------
    dict
        ``text``, ``entities`` (code-point offsets into ``text``) and ``indicators``.

    Raises
    ------
    MarkupError
        A brace without its partner, an unknown label, or a field out of its range.
    """
    text, position = "", 0
    entities: list[dict[str, Any]] = []
    indicators: list[dict[str, Any]] = []
    for match in _MENTION.finditer(marked):
        text += marked[position : match.start()]
        mention, (label, *fields) = match[1], match[2].split("|")
        label = LABELS.get(label, label)
        if label not in LETTERS:
            raise MarkupError(f"unknown label {label!r} in {match[0]}")
        if fields and label not in ("MONEY", "PERCENT"):
            raise MarkupError(f"only MONEY and PERCENT measure something: {match[0]}")
        if len(fields) > 5:
            raise MarkupError(f"too many fields in {match[0]}")
        if fields:
            try:
                indicators.append(_indicator(fields, len(entities)))
            except MarkupError as error:
                raise MarkupError(f"{match[0]}: {error}") from None
        entities.append({"start": len(text), "end": len(text) + len(mention), "label": label})
        text += mention
        position = match.end()
    text += marked[position:]
    if left := re.search(r"[{}|]", text):
        raise MarkupError(f"a brace or bar is left over near {text[max(0, left.start() - 8) : left.start() + 12]!r}")
    return {"text": text, "entities": entities, "indicators": indicators}


def write_inline(paragraph: dict[str, Any]) -> str:
    """Turn one gold paragraph back into markup; the inverse of `parse_inline`."""
    text: str = paragraph["text"]
    out: list[str] = []
    position = 0
    records = {record["entity"]: record for record in paragraph.get("indicators", [])}
    for index, entity in enumerate(paragraph["entities"]):
        out.append(text[position : entity["start"]])
        parts = [text[entity["start"] : entity["end"]], LETTERS[entity["label"]]]
        if index in records:
            record = records[index]
            role = " ".join(filter(None, (record["role"], record["direction"])))
            parts += [record["indicator"], role, record["status"], record["bound"], record["period"]]
        out.append("{" + "|".join(parts) + "}")
        position = entity["end"]
    return "".join(out) + text[position:]


def parse_file(path: Path) -> Iterator[dict[str, Any]]:
    """Read a markup file.

    Parameters
    ----------
    path : Path
        UTF-8 file in the format this module describes.

    Yields
    ------
    dict
        Paragraphs in the gold format with the header's keys, ``headings`` and an ``id``
        made of the file's stem and a running number.

    Raises
    ------
    MarkupError
        With file and line number.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    header: dict[str, Any] = {}
    headings: list[str] = []
    pending: tuple[list[str], list[str]] | None = None
    count = 0
    body = False
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line:
            continue
        try:
            if not body:
                if line == "---":
                    body = True
                    continue
                key, colon, value = line.partition(":")
                if not colon:
                    raise MarkupError("a header line must read 'key: value'")
                header[key.strip()] = int(value) if key.strip() == "year" else value.strip()
            elif line.startswith("#"):
                headings = [part.strip() for part in line[1:].split(" / ") if part.strip()]
            elif line.startswith("@"):
                themes, _, phrases = line[1:].partition("|")
                pending = (themes.split(), [p.strip() for p in _PHRASE_SEPARATOR.split(phrases) if p.strip()])
            else:
                if pending is None:
                    raise MarkupError("a paragraph needs its '@ themes | key phrases' line before it")
                paragraph = parse_inline(line)
                for phrase in pending[1]:
                    if phrase not in paragraph["text"]:
                        raise MarkupError(f"key phrase {phrase!r} is not in the paragraph word for word")
                for record in paragraph["indicators"]:
                    for key in ("indicator", "period"):
                        if record[key] not in paragraph["text"]:
                            raise MarkupError(f"{key} {record[key]!r} is not in the paragraph word for word")
                yield {
                    "id": f"{path.stem}#{count}",
                    "text": paragraph["text"],
                    "entities": paragraph["entities"],
                    "themes": pending[0],
                    "keyphrases": pending[1],
                    "indicators": paragraph["indicators"],
                    **header,
                    "headings": list(headings),
                }
                count, pending = count + 1, None
        except ValueError as error:
            raise MarkupError(f"{path}:{number}: {error}") from None

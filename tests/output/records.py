"""Records made by hand, for what shows them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_LINES: list[tuple[str, str, str | None, list[str]]] = [
    ("title", "河口镇政府工作报告", None, []),
    ("heading", "一、产业发展", "review", []),
    (
        "body",
        "去年，河口镇实现工业总产值12.5亿元，增长8%，河口镇党委把装备制造产业放在首位。",
        "review",
        ["一、产业发展"],
    ),
    ("heading", "二、民生", "tasks", []),
    ("body", "新建河口中学，惠及学生。", "tasks", ["二、民生"]),
    ("body", "各位代表：同心同德。", "closing", ["二、民生"]),
    ("caption", "图为会场", None, []),
    ("boilerplate", "分享到微信", None, []),
]
_ENTITIES = [
    ("河口镇", 0, "GPE", {"code": "440605124"}),
    ("12.5亿元", 0, "MONEY", {"amount": "1250000000", "currency": "CNY", "bound": "exact", "low": None, "high": None}),
    ("8%", 0, "PERCENT", {"value": "8", "unit": "%", "bound": "exact", "low": None, "high": None}),
    ("河口镇党委", 0, "ORG", None),
]


def record(path: Path | None = None, source: str | None = None) -> dict[str, Any]:
    """A small record with all that a page can show."""
    text = "\n".join(line for _, line, _, _ in _LINES)
    paragraphs, start = [], 0
    for number, (role, line, section, headings) in enumerate(_LINES):
        body = role == "body"
        themes = [{"theme": "industry", "score": 0.91}, {"theme": "economy", "score": 0.4}] if number == 2 else []
        themes = themes or (
            [{"theme": "education", "score": 0.8}] if number == 4 else [{"theme": "other", "score": 1.0}]
        )
        place = {"source_start": start, "source_end": start + len(line)}
        if source is not None:
            place = {"source_start": 0, "source_end": 0}
            if number == 2:
                first = source.index("去年")
                place = {"source_start": first, "source_end": source.index("。") + 1}
        paragraphs.append(
            {
                "id": number,
                "start": start,
                "end": start + len(line),
                **place,
                "role": role,
                "section": section,
                "headings": headings,
                "themes": themes,
                "keyphrases": ["党委把装备制造产业"[3:]] if body and number == 2 else [],
            }
        )
        start += len(line) + 1
    first = paragraphs[2]["start"]
    entities = []
    for number, (name, _, label, norm) in enumerate(_ENTITIES):
        at = text.index(name, first)
        entities.append(
            {
                "id": number,
                "start": at,
                "end": at + len(name),
                "source_start": at if source is None else 0,
                "source_end": at + len(name) if source is None else 0,
                "text": name,
                "label": label,
                "paragraph": 2,
                "norm": norm,
                "provenance": "rule:quantities" if norm and "bound" in norm else "model:entities",
            }
        )
    entities.sort(key=lambda entity: entity["start"])
    for number, entity in enumerate(entities):
        entity["id"] = number
    phrase = text.index("党委把装备")
    digest = hashlib.sha256((source or "").encode()).hexdigest()
    return {
        "schema": "pipeline.annotations/1",
        "doc_id": "reports/hekou.txt",
        "source": {
            "path": str(path or "nowhere.txt"),
            "format": "txt",
            "encoding": "utf-8",
            "sha256": digest,
            "chars": len(source or ""),
        },
        "meta": {"title": "河口镇政府工作报告", "date": "2020-01-08", "issuer": {"name": "河口镇", "code": None}},
        "offset_unit": "codepoint",
        "text": text,
        "paragraphs": paragraphs,
        "entities": entities,
        "keyphrases": [{"text": "党委把装备制造产业", "score": 0.83, "mentions": [[phrase, phrase + 9]]}],
        "indicators": [
            {
                "indicator": "工业总产值",
                "canonical": "工业总产值",
                "entity": next(e["id"] for e in entities if e["label"] == label),
                "role": role,
                "direction": direction,
                "status": status,
                "bound": "exact",
                "period": "去年",
                "paragraph": 2,
                "start": first,
                "end": first + 20,
            }
            for label, role, direction, status in (
                ("MONEY", "level", None, "actual"),
                ("PERCENT", "change", "up", "target"),
            )
        ],
    }


def _hostile() -> dict[str, Any]:
    attack = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>'{{7*7}}{0}\x0b\u202e</style>"
    found = record()
    found["doc_id"] = f"/{attack}"
    found["meta"] = {"title": attack, "date": attack, "issuer": {"name": attack, "code": attack}}
    found["text"] = attack
    found["paragraphs"] = [
        {
            "id": 0,
            "start": 0,
            "end": len(attack),
            "source_start": 0,
            "source_end": 0,
            "role": "body",
            "section": attack,
            "headings": [attack],
            "themes": [{"theme": attack, "score": 0.5}],
            "keyphrases": [attack],
        }
    ]
    found["entities"] = [
        {
            "id": number,
            "start": number * 20,
            "end": number * 20 + 12,
            "source_start": 0,
            "source_end": 0,
            "text": attack,
            "label": label,
            "paragraph": 0,
            "norm": {"amount": "5", "value": "5", "currency": attack, "unit": "%", "bound": attack, "code": attack},
            "provenance": attack,
        }
        for number, label in enumerate(("ORG", "GPE", "MONEY", attack))
    ]
    found["keyphrases"] = [{"text": attack, "score": 0.5, "mentions": [[0, 15], [30, 50]]}]
    found["indicators"] = [
        dict.fromkeys(("indicator", "canonical", "role", "direction", "status", "bound", "period"), attack)
        | {"entity": 2, "paragraph": 0, "start": 0, "end": 5}
    ]
    found["counts"] = [
        dict.fromkeys(("indicator", "canonical", "role", "direction", "status", "bound", "period", "unit"), attack)
        | {"value": "5", "count": [0, 30], "paragraph": 0, "start": 0, "end": len(attack)}
    ]
    return found


HOSTILE = _hostile()
"""A record that tries to be markup wherever it can."""


def write_run(folder: Path, records: list[dict[str, Any]]) -> Path:
    """An output folder that holds these records."""
    folder.mkdir()
    lines = "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in records)
    (folder / "annotations.jsonl").write_text(lines, encoding="utf-8")
    manifest = {
        "environment": {"govreport-pipeline": "0"},
        "models": [{"stage": "themes", "version": None}],
        "counts": {"documents": len(records), "characters": sum(len(found["text"]) for found in records)},
    }
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder

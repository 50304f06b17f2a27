"""Label Studio: JSON tasks with predictions, and the config of the interface; it counts code points.

Both its exports are read: JSON, and JSON-MIN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pipeline.exchange.checking import Given, Unusable
from pipeline.exchange.items import KEYPHRASE, Item, Span
from pipeline.exchange.tools.json_lines import given, strings
from pipeline.stages.themes.table import Theme

TEXT, SPAN, PRIMARY, OTHERS = "text", "span", "theme", "themes"
"""Names of the parts of the interface: the text, its spans, the primary theme, all further themes."""
CONFIG = ".config.xml"
COLOURS = {
    "ORG": "#4c78a8",
    "GPE": "#54a24b",
    "LOC": "#88d27a",
    "FAC": "#b279a2",
    "MONEY": "#e45756",
    "PERCENT": "#f58518",
    KEYPHRASE: "#ffd54f",
}

Result = dict[str, Any]


def write(items: Sequence[Item], path: Path, table: Sequence[Theme]) -> list[Path]:
    """Write the tasks, and beside them the config to paste into the project's settings."""
    tasks = [_task(item) for item in items]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    config = path.with_suffix(CONFIG)
    config.write_text(interface(table), encoding="utf-8")
    return [path, config]


def interface(table: Sequence[Theme]) -> str:
    """The labelling config: spans, one primary theme, any further ones."""
    labels = "\n".join(f'    <Label value="{label}" background="{colour}"/>' for label, colour in COLOURS.items())
    choices = "\n".join(f"    <Choice value={quoteattr(t.zh)} alias={quoteattr(t.id)}/>" for t in table)
    return f"""<View>
  <Header value="$headings_line"/>
  <Labels name="{SPAN}" toName="{TEXT}">
{labels}
  </Labels>
  <Text name="{TEXT}" value="$text" granularity="symbol"/>
  <Choices name="{PRIMARY}" toName="{TEXT}" choice="single" showInline="true" required="true">
{choices}
  </Choices>
  <Choices name="{OTHERS}" toName="{TEXT}" choice="multiple" showInline="true">
{choices}
  </Choices>
</View>
"""


def _task(item: Item) -> dict[str, Any]:
    spans = [
        _result(f"s{n}", SPAN, "labels", [label], start=start, end=end, text=item.text[start:end])
        for n, (start, end, label) in enumerate(item.spans())
    ]
    themes = [_result("t0", PRIMARY, "choices", [item.themes[0]])]
    if item.themes[1:]:
        themes.append(_result("t1", OTHERS, "choices", list(item.themes[1:])))
    return {
        "data": {"text": item.text, "headings_line": " / ".join(item.headings), **item.facts()},
        "predictions": [{"model_version": "pipeline", "score": round(item.score, 4), "result": spans + themes}],
    }


def _result(number: str, name: str, kind: str, values: list[str], **value: Any) -> Result:
    return {"id": number, "from_name": name, "to_name": TEXT, "type": kind, "value": {**value, kind: values}}


def read(path: Path) -> Iterator[Given | Unusable]:
    """Read an export of Label Studio's."""
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        yield Unusable("file", f"not JSON: {error}")
        return
    for number, task in enumerate(tasks if isinstance(tasks, list) else [tasks], 1):
        where = f"task {number}"
        if not isinstance(task, dict):
            yield Unusable(where, "not a JSON object")
            continue
        data = task["data"] if isinstance(task.get("data"), dict) else task
        try:
            results = _of_annotations(task) if "data" in task else _of_minimum(task)
            if isinstance(results, str):
                yield Unusable(where, results, problem=False)
                continue
            yield _given(where, data, results)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError):
            yield Unusable(where, "not in the form of Label Studio's JSON or JSON-MIN export")


def _of_annotations(task: dict[str, Any]) -> list[Result] | str:
    """The results of the last annotation that was not cancelled; else why there are none."""
    annotations = [a for a in task.get("annotations") or [] if not a.get("was_cancelled")]
    if not annotations:
        return "skipped" if task.get("annotations") else "not annotated"
    results: list[Result] = annotations[-1]["result"]
    return results


def _of_minimum(task: dict[str, Any]) -> list[Result]:
    """JSON-MIN holds each part under its name, one choice as a string and several as an object."""
    results = [_result("", SPAN, "labels", list(value["labels"]), **value) for value in task.get(SPAN) or []]
    for name in (PRIMARY, OTHERS):
        chosen = task.get(name)
        chosen = chosen["choices"] if isinstance(chosen, dict) else chosen
        if chosen:
            results.append(_result("", name, "choices", [chosen] if isinstance(chosen, str) else list(chosen)))
    return results


def _given(where: str, data: dict[str, Any], results: list[Result]) -> Given | Unusable:
    text = data[TEXT]
    spans: list[Span] = []
    themes: dict[str, list[str]] = {PRIMARY: [], OTHERS: []}
    for result in results:
        value = result["value"]
        if result["type"] == "choices" and result["from_name"] in themes:
            themes[result["from_name"]] += strings(value["choices"])
        elif result["type"] == "labels":
            start, end = int(value["start"]), int(value["end"])
            if "text" in value and text[start:end] != value["text"]:
                return Unusable(where, f"{value['text']!r} does not stand at {start}:{end} of its text")
            spans += [(start, end, str(label)) for label in value["labels"]]
    return given(where, text, data, themes=themes[PRIMARY] + themes[OTHERS], spans=spans, reviewed=True)

"""Scores as a Markdown table."""

from __future__ import annotations

from typing import Any


def markdown(scores: dict[str, Any]) -> str:
    """The scores of `pipeline.evaluation.evaluate.evaluate` in one short table."""
    rows = [("entities, exact spans", "P", "R", "F1"), ("---", "---:", "---:", "---:")]
    exact = scores["entities"]["exact"]
    rows += [(label, *_three(row)) for label, row in exact.items()]
    rows.append(("**key phrases**, five a paragraph", "", "", ""))
    rows += [(f"{kind} match", *_three(scores["keyphrases"][kind])) for kind in ("exact", "overlap")]
    overall = scores["themes"]["overall"]
    rows.append(("**themes**", "", "", ""))
    rows.append(("primary theme right", "", "", f"{overall['primary_accuracy']:.3f}"))
    rows.append(("micro-F1", "", "", f"{overall['micro_f1']:.3f}"))
    rows.append(("macro-F1", "", "", f"{overall['macro_f1']:.3f}"))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _three(row: dict[str, Any]) -> tuple[str, str, str]:
    return f"{row['p']:.3f}", f"{row['r']:.3f}", f"{row['f1']:.3f}"

"""The corpus's counts as the table that corpus/README.md shows."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.corpus.check import HARD_CASES, Report


def markdown(report: Report) -> str:
    """Counts of a corpus in Markdown."""
    blocks = [
        _table(
            ("split", "paragraphs", "characters", "issuers"),
            [(split, *(f"{n:,}" for n in counts.values())) for split, counts in report.splits.items()],
        ),
        _table(("count", "number"), [(name, f"{number:,}") for name, number in report.counts.items()]),
        _table(("label", "mentions"), [(name, f"{n:,}") for name, n in report.labels.most_common()]),
        _table(("primary theme", "paragraphs"), [(name, f"{n:,}") for name, n in report.primary.most_common()]),
        _table(("level", "paragraphs"), [(name, f"{n:,}") for name, n in report.levels.most_common()]),
        _table(("kind", "paragraphs"), [(name, f"{n:,}") for name, n in report.kinds.most_common()]),
        _table(("hard case", "mentions"), [(name, f"{report.hard[name]:,}") for name in HARD_CASES]),
    ]
    return "\n\n".join(blocks)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)

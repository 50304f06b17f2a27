"""The corpus's counts as the table that corpus/README.md shows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.corpus.check import HARD_CASES, Report
from pipeline.corpus.gold import read
from pipeline.errors import CorpusError, Errors
from pipeline.evaluation.metrics import entity_scores, keyphrase_scores, theme_scores


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


def agreement(first: Path, second: Path) -> str:
    """Agreement of two readers in Markdown.

    Raises
    ------
    CorpusError
        If the files don't hold the same paragraphs.
    """
    readers = [list(read(path)) for path in (first, second)]
    if [p.text for p in readers[0]] != [p.text for p in readers[1]]:
        raise CorpusError(Errors.E410.format(first=first, second=second))
    spans = [[[(e.start, e.end, e.label) for e in p.entities] for p in reader] for reader in readers]
    entities = entity_scores(*spans)["exact"]
    themes = theme_scores(*([p.themes for p in reader] for reader in readers))["overall"]
    phrases = keyphrase_scores([p.keyphrases for p in readers[0]], [p.keyphrases for p in readers[1]])
    rows = [(name, f"{row['f1']:.3f}", f"{row['gold']:,}") for name, row in entities.items()]
    rows.append(("primary theme, same", f"{themes['primary_accuracy']:.3f}", f"{themes['paragraphs']:,}"))
    rows.append(("themes, micro-F1", f"{themes['micro_f1']:.3f}", f"{themes['paragraphs']:,}"))
    rows.append(("key phrases, exact F1", f"{phrases['exact']['f1']:.3f}", f"{phrases['exact']['gold']:,}"))
    rows.append(("key phrases, overlapping F1", f"{phrases['overlap']['f1']:.3f}", f"{phrases['overlap']['gold']:,}"))
    return _table(("label", "agreement", "of the first reader"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)

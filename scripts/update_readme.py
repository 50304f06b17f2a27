"""Write the result table of both READMEs anew: what `pipeline evaluate` says on the corpus's test split."""

from __future__ import annotations

import re
from pathlib import Path

import pipeline
from pipeline.corpus.gold import read_split
from pipeline.evaluation.evaluate import evaluate
from pipeline.evaluation.report import markdown

ROOT = Path(__file__).parent.parent


def put(mark: str, table: str) -> None:
    """Set a table between ``<!-- mark -->`` and ``<!-- end of mark -->``, in both READMEs."""
    between = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- end of {mark} -->)", re.DOTALL)
    for name in ("README.md", "README.zh.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        (ROOT / name).write_text(between.sub(lambda match: match[1] + table + match[2], text), encoding="utf-8")


def main() -> None:
    """Evaluate once, write twice."""
    table = markdown(evaluate(pipeline.load(), read_split("test")))
    put("results", table)
    print(table)


if __name__ == "__main__":
    main()

"""What a person sees of training: a progress bar, and the old and the new model side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.evaluation.confidence import MEASURES

if TYPE_CHECKING:
    from pipeline.training.comparison import Comparison

FLIPS = 20


class StepBar:
    """A progress bar that names the step."""

    def __enter__(self) -> StepBar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True)
        )
        self.task = self.bar.add_task("training", total=None)
        self.bar.start()
        return self

    def advance(self, done: int, total: int, what: str) -> None:
        """Show how far it is."""
        self.bar.update(self.task, completed=done, total=total, description=what)

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


def show_comparison(comparisons: list[Comparison]) -> None:
    """Print scores side by side, and the paragraphs whose primary theme flips."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for found in comparisons:
        table = Table(title=f"{found.name} ({found.paragraphs} paragraphs)", title_justify="left")
        for column in ("", "old", "new"):
            table.add_column(column, justify="right" if column else "left")
        for measure in MEASURES:
            table.add_row(measure.replace("_", " "), f"{found.old[measure]:.3f}", f"{found.new[measure]:.3f}")
        console.print(table)
        better, worse, neither = found.counts()
        console.print(f"flips: {len(found.flips)} ({better} to right, {worse} to wrong, {neither} neither)")
        for flip in found.flips[:FLIPS]:
            mark = "+" if flip.better else "-" if flip.old == flip.gold else " "
            console.print(f"{mark} {flip.id}: {flip.old} → {flip.new} (is {flip.gold}) {escape(flip.text[:24])}")
        if len(found.flips) > FLIPS:
            console.print(f"  … and {len(found.flips) - FLIPS} more")

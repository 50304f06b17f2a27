"""One document after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.execution.tasks import Limits, Outcome, Target, Task
from pipeline.execution.worker import Worker

if TYPE_CHECKING:
    from spacy.language import Language


class Serial:
    """The engine without other processes, for small runs and for debugging.

    It can't outlive a document that kills the process; the next run on the same folder goes on.

    Parameters
    ----------
    nlp : Language
        From `pipeline.load`.
    limits : Limits
        Of which ``megabytes`` means nothing here.
    """

    workers = 1

    def __init__(self, nlp: Language, limits: Limits | None = None) -> None:
        self.nlp = nlp
        self.limits = limits or Limits()

    def run(self, tasks: Iterable[Task], target: Target) -> Iterator[Outcome]:
        """Do tasks in order; see `Engine`."""
        worker = Worker(lambda: self.nlp, target, self.limits, alarm=True)
        try:
            for task in tasks:
                yield worker.work(task)
        finally:
            worker.close()

"""Does one document after the other and stores each: the same in every engine."""

from __future__ import annotations

import gc
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from pipeline.documents import build as build_document
from pipeline.documents import read
from pipeline.documents.reading import read_line
from pipeline.documents.types import Source
from pipeline.errors import ConfigError, DocumentError, Errors, ModelError, PipelineError, UsageError
from pipeline.execution.tasks import Failure, Limits, Outcome, Stored, Target, Task
from pipeline.language import make_doc
from pipeline.output import docbin
from pipeline.output.finished import Finished
from pipeline.output.record import build as build_record
from pipeline.output.shards import ShardWriter

if TYPE_CHECKING:
    from spacy.language import Language


class TimeUp(BaseException):
    """The time of a document is over; no ``except Exception`` of a stage holds it up."""


class Worker:
    """Loads the pipeline once and does tasks.

    Parameters
    ----------
    load : callable
        Gives the pipeline; called with the first task.
    target : Target
        Where finished documents go.
    limits : Limits
    alarm : bool
        Keep the time limit by a signal in this process; else somebody watches from outside.
    freeze : bool
        Have collections of garbage pass over what models loaded, which in a process of its own stays until its end.
    """

    def __init__(
        self,
        load: Callable[[], Language],
        target: Target,
        limits: Limits,
        *,
        alarm: bool = False,
        freeze: bool = False,
    ) -> None:
        self.load = load
        self.freeze = freeze
        self.limits = limits
        in_main = threading.current_thread() is threading.main_thread()
        self.alarm = alarm and in_main and hasattr(signal, "SIGALRM")
        self.shard = ShardWriter(target.folder, target.run, target.key)
        self.nlp: Language | None = None
        self.warm = False

    def work(self, task: Task) -> Outcome:
        """Do one document; whatever goes wrong with it costs only this document.

        Raises
        ------
        ModelError, ConfigError
            If the pipeline can't run at all.
        UsageError
            If the result can't be stored.
        """
        nlp = self.nlp = self.nlp or self.load()
        # Stages load models and words with their first document, and those must outlast it: the memory
        # that a zone gives back is only for later ones. No exception may leave a zone, it would stay open.
        with nlp.memory_zone() if self.warm else nullcontext():
            outcome = self._guarded(nlp, task)
        if isinstance(outcome, Outcome):
            if not self.warm and isinstance(outcome.result, Stored):
                self.warm = True
                if self.freeze:
                    gc.collect()
                    gc.freeze()
            return outcome
        raise outcome

    def close(self) -> None:
        """Close the shard."""
        self.shard.close()

    def _guarded(self, nlp: Language, task: Task) -> Outcome | PipelineError:
        limit = self.limits.seconds if self.alarm else 0
        try:
            with _alarm(limit):
                return self._do(nlp, task)
        except (ModelError, ConfigError, UsageError) as error:
            return error
        except TimeUp:
            return Outcome(task.number, time_up(task, limit))
        except MemoryError:
            return Outcome(task.number, out_of_memory(task), spent=True)
        except PipelineError as error:
            return Outcome(task.number, Failure(task.shown, error.stage, type(error).__name__, str(error)))
        except Exception as error:
            where = traceback.format_exc()
            return Outcome(task.number, Failure(task.shown, "pipeline", type(error).__name__, str(error), where))

    def _do(self, nlp: Language, task: Task) -> Outcome:
        source = read_line(task.path, task.name, task.line) if task.line else next(read(task.path, task.name))
        if not isinstance(source, Source):
            raise source
        if 0 < self.limits.chars < len(source.text):
            raise DocumentError(
                Errors.E701.format(path=task.shown, chars=f"{len(source.text):,}", limit=f"{self.limits.chars:,}")
            )
        document = build_document(source.name, source)
        doc = nlp(make_doc(nlp, document))
        record = build_record(document, doc)
        row = self.shard.add(source.sha256, Finished.of(record), docbin.pack(doc))
        return Outcome(task.number, Stored(source.name, source.path, self.shard.name, row), len(record["text"]))


def time_up(task: Task, seconds: float) -> Failure:
    """The failure of a document that took too long."""
    return Failure(task.shown, "worker", "TimeLimit", Errors.E702.format(path=task.shown, seconds=f"{seconds:g}"))


def out_of_memory(task: Task) -> Failure:
    """The failure of a document that memory didn't suffice for."""
    return Failure(task.shown, "worker", "MemoryError", Errors.E703.format(path=task.shown))


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not seconds:
        yield
        return

    def ring(*_: object) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

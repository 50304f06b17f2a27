"""Worker processes, each supervised: a document that kills, blocks or bloats its worker costs only itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipeline.errors import Errors, PipelineError, UsageError
from pipeline.execution.tasks import Failure, Limits, Outcome, Target, Task
from pipeline.execution.worker import Worker, time_up

RECYCLE_AFTER = 1000
"""Documents after which a worker is replaced, in case a library leaks."""

_WARM_UP = 60
"""Seconds on top of the time limit for a worker's first document, with which models load."""

_TRIES = 3
_LAST_WORDS = 10
_READY = "ready"


class Processes:
    """The engine for one machine.

    Parameters
    ----------
    config : str or Path, optional
        As `pipeline.load` takes it; each worker loads it once.
    workers : int
    limits : Limits
    recycle : int
        See `RECYCLE_AFTER`.
    """

    def __init__(
        self,
        config: str | Path | None = None,
        workers: int = 1,
        limits: Limits | None = None,
        recycle: int = RECYCLE_AFTER,
    ) -> None:
        self.config = config
        self.workers = workers
        self.limits = limits or Limits()
        self.recycle = recycle

    def run(self, tasks: Iterable[Task], target: Target) -> Iterator[Outcome]:
        """Do tasks, one at a time a worker; see `Engine`."""
        with closing(self.pool(target)) as pool:
            yield from pool.run(tasks)

    def pool(self, target: Target) -> Pool:
        """Workers that stay for more than one `Pool.run`."""
        return Pool(self.config, self.workers, self.limits, self.recycle, target)


class Pool:
    """Workers and what they are at."""

    def __init__(self, config: str | Path | None, workers: int, limits: Limits, recycle: int, target: Target) -> None:
        self.arguments = (config, target, limits)
        self.size = workers
        self.seconds = limits.seconds
        self.recycle = recycle
        self.children: list[_Child] = []
        self.failed_starts = 0

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do tasks; a worker starts when there is one for it."""
        waiting = iter(tasks)
        ahead = next(waiting, None)
        while ahead is not None or any(child.task for child in self.children):
            for child in self.children:
                if ahead is not None and child.ready and child.task is None and child.give(ahead, self.seconds):
                    ahead = next(waiting, None)
            while ahead is not None and len(self.children) < self.size:
                self.children.append(_Child(self.arguments))
            yield from self._wait()

    def close(self) -> None:
        """End all workers; what they are at is lost."""
        for child in self.children:
            child.kill()
        self.children = []

    def _wait(self) -> Iterator[Outcome]:
        """Wait until a worker says something, dies, or is late."""
        deadlines = [child.deadline for child in self.children if child.deadline]
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        heard = connection.wait([child.pipe for child in self.children], timeout)
        for child in list(self.children):
            if child.pipe in heard:
                yield from self._hear(child)
            elif child.task is not None and child.deadline and time.monotonic() >= child.deadline:
                failure = time_up(child.task, self.seconds)
                yield Outcome(child.task.number, failure)
                self._drop(child)

    def _hear(self, child: _Child) -> Iterator[Outcome]:
        try:
            message = child.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(child)
            return
        if isinstance(message, PipelineError):
            raise message
        if isinstance(message, Outcome):
            child.finish()
            if message.spent or child.done >= self.recycle:
                self._drop(child)
            yield message
        else:
            child.ready = True
            self.failed_starts = 0

    def _bury(self, child: _Child) -> Iterator[Outcome]:
        task, code = child.task, child.bury()
        self.children.remove(child)
        if task is not None:
            yield Outcome(task.number, _death(task, code))
            return
        if not child.ready:
            self.failed_starts += 1
        if self.failed_starts >= _TRIES:
            raise UsageError(Errors.E707.format(tries=_TRIES, reason=ending(code)))

    def _drop(self, child: _Child) -> None:
        child.kill()
        self.children.remove(child)


class _Child:
    """One worker process, from the outside."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_main, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.task: Task | None = None
        self.deadline = 0.0
        self.done = 0

    def give(self, task: Task, seconds: float) -> bool:
        """Hand it a task; False if it is dead already."""
        try:
            self.pipe.send(task)
        except OSError:
            return False
        self.task = task
        if seconds:
            self.deadline = time.monotonic() + seconds + (0 if self.done else _WARM_UP)
        return True

    def finish(self) -> None:
        self.task = None
        self.deadline = 0.0
        self.done += 1

    def kill(self) -> None:
        """End it."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def bury(self) -> int | None:
        """Wait for the end of one that closed its pipe, and return its exit code."""
        self.process.join(_LAST_WORDS)
        self.kill()
        return self.process.exitcode


def _death(task: Task, code: int | None) -> Failure:
    if code == -signal.SIGKILL:
        # The kernel ends a process so when memory runs out; who else did it can't be told.
        return Failure(task.shown, "worker", "WorkerKilled", Errors.E706.format(path=task.shown, reason=ending(code)))
    return Failure(task.shown, "worker", "WorkerDied", Errors.E706.format(path=task.shown, reason=ending(code)))


def ending(code: int | None) -> str:
    """Say how a process ended, by its exit code."""
    if code is not None and code < 0:
        return f"by signal {-code}, {signal.Signals(-code).name}"
    return f"with exit status {code}"


def _main(pipe: Connection, config: str | Path | None, target: Target, limits: Limits) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the supervisor decides
    threading.Thread(target=follow_parent, daemon=True).start()
    for library in ("OMP", "OPENBLAS", "MKL"):
        # Workers share the cores; libraries that take them all for each only slow one another down.
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    _die_first()
    try:
        from pipeline import language

        nlp = language.load(config)
        worker = Worker(lambda: nlp, target, limits, freeze=True)
        if limits.megabytes:
            _limit_memory(limits.megabytes)
        pipe.send(_READY)
        while True:
            pipe.send(worker.work(pipe.recv()))
    except PipelineError as error:
        pipe.send(error)
    except (EOFError, BrokenPipeError):
        pass


def follow_parent() -> None:
    """End when the supervisor does, even if a document is being done."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _die_first() -> None:
    """Let the kernel end workers, not their supervisor, where memory runs out."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit_memory(megabytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000, resource.RLIM_INFINITY))

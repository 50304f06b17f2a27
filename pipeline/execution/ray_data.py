"""Ray Data: the machines of a cluster, or the cores of this one."""

from __future__ import annotations

import logging
import os
import pickle
import secrets
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import Errors, PipelineError, UsageError
from pipeline.execution.processes import RECYCLE_AFTER, Processes, ending, follow_parent
from pipeline.execution.tasks import Limits, Outcome, Target, Task

if TYPE_CHECKING:
    from pipeline.execution.processes import Pool

_BLOCK = 32
"""Tasks that travel together: what a machine that dies has to be done again elsewhere."""

_START = 300
"""Seconds until a cluster has to have run something at all."""

_PATIENCE = 1800
"""Seconds without an outcome, on top of what two blocks may take: Ray tells of one when it has the next."""

_TRIES = 3
"""Times in a row that Ray may end or stand still without an outcome."""

_CONNECT = 10
_LAST_WORDS = 15
_READY = "ready"

_SETTINGS = {
    # Ray would end the actor for the memory its worker takes. The kernel ends the worker.
    "RAY_memory_monitor_refresh_ms": "0",
    # Ray's processes would get next to nothing of a machine that has other work.
    "RAY_worker_niceness": "0",
}
"""For a cluster of this machine's own, unless the environment says otherwise."""


class _Lost(UsageError):
    """Ray ended, or stands still: another start may do better."""


class RayData:
    """The engine for a cluster.

    Each actor of Ray Data has one supervised worker process, so that a document costs as little here as with
    `Processes`: the actor lives on, and Ray never tries the document on one machine after the other.
    Inputs, config and output folder must have the same paths on all machines.

    Parameters
    ----------
    config : str or Path, optional
        As `pipeline.load` takes it.
    workers : int, optional
        Actors; one a CPU of the cluster if left out.
    limits : Limits
    address : str, optional
        Of the cluster; Ray starts one on this machine if left out.

    Raises
    ------
    UsageError
        If Ray isn't installed.
    """

    def __init__(
        self,
        config: str | Path | None = None,
        workers: int | None = None,
        limits: Limits | None = None,
        address: str | None = None,
    ) -> None:
        if find_spec("ray") is None:
            raise UsageError(Errors.E711)
        self.config = config
        self.workers = workers or 0
        self.limits = limits or Limits()
        self.address = address
        seconds = self.limits.seconds
        self.patience = _PATIENCE + 2 * _BLOCK * seconds if seconds else None

    def run(self, tasks: Iterable[Task], target: Target) -> Iterator[Outcome]:
        """Do tasks; see `Engine`. Ray takes them all at once, as so many paths.

        If Ray ends or stands still, it is started again with what has no outcome yet. A document may then be stored
        twice; the one that the outcome names counts.
        """
        todo = {task.number: task for task in tasks}
        tries = _TRIES
        while todo:
            try:
                with closing(_Driver(self.address, self.workers, self.config, self.limits, target)) as driver:
                    driver.give(list(todo.values()))
                    for outcome in driver.outcomes(self.patience):
                        if todo.pop(outcome.number, None):
                            tries = _TRIES
                            yield outcome
                if todo:
                    raise _Lost(Errors.E713.format(reason=f"it left {len(todo)} documents out"))
            except _Lost:
                tries -= 1
                if not tries:
                    raise


class _Driver:
    """Ray's part of a run, from the outside.

    It has a process of its own: Ray ends the process it lives in when it finds a fault in itself, and can wait
    for ever. The caller loses nothing by either but time.
    """

    def __init__(self, address: str | None, *arguments: Any) -> None:
        self.address = address
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_drive, args=(theirs, address, *arguments), daemon=True)
        self.process.start()
        theirs.close()
        self.sender: threading.Thread | None = None

    def give(self, tasks: list[Task]) -> None:
        """Hand it all tasks, without waiting until it has taken them."""

        def send() -> None:
            with suppress(OSError):  # it died: listening tells how
                for task in tasks:
                    self.pipe.send(task)
                self.pipe.send(None)

        self.sender = threading.Thread(target=send, daemon=True)
        self.sender.start()

    def outcomes(self, patience: float | None) -> Iterator[Outcome]:
        """What it says, until there is no more.

        Raises
        ------
        PipelineError
            What it raised, or a UsageError if it died or was silent for too long.
        """
        if not self.pipe.poll(_START):
            raise UsageError(Errors.E713.format(reason=f"nothing ran within {_START:g} s"))
        self._hear()
        allowed = patience and patience + _START  # models load with the first
        while True:
            if not self.pipe.poll(allowed):
                raise _Lost(Errors.E713.format(reason=f"no document was finished within {allowed:g} s"))
            if (outcome := self._hear()) is None:
                break
            yield outcome
            allowed = patience

    def close(self) -> None:
        """End it, and with it the cluster it started, or its actors on one that was there."""
        if self.address or not hasattr(os, "killpg"):
            self.process.terminate()
            self.process.join(_LAST_WORDS)
        elif self.process.pid:
            with suppress(ProcessLookupError):  # died before it had a group
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        if self.sender:
            self.sender.join()
        self.pipe.close()

    def _hear(self) -> Any:
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(_LAST_WORDS)
            reason = f"its process ended {ending(self.process.exitcode)}"
            raise _Lost(Errors.E713.format(reason=reason)) from None
        if isinstance(message, PipelineError):
            raise message
        return message


def _drive(
    pipe: Connection, address: str | None, workers: int, config: str | Path | None, limits: Limits, target: Target
) -> None:
    """The life of the process that has Ray."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the caller decides
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that nothing of a cluster that it starts outlives it
    threading.Thread(target=follow_parent, daemon=True).start()
    rows = [{"task": pickle.dumps(task)} for task in iter(pipe.recv, None)]
    _be_silent()
    try:
        _connect(address)
        pipe.send(_READY)
        for outcome in _outcomes(rows, workers, config, limits, target):
            pipe.send(outcome)
        pipe.send(None)
    except PipelineError as error:
        pipe.send(error)
    except Exception as error:
        pipe.send(_Lost(Errors.E713.format(reason=_line(error))))


def _be_silent() -> None:
    """Ray's libraries write to the terminal whatever they are told; what matters is sent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _connect(address: str | None) -> None:
    """Join a cluster or start one, and have it do next to nothing, to see that it can.

    Raises
    ------
    UsageError
        If Ray isn't installed whole, or there is no cluster at the address, or not one that can do it.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        if "RAY_AUTH_MODE" not in os.environ:
            # Ray would write a token into the home folder; later clusters ask for it, later connections don't show it.
            os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        if address:
            _reach(address)
        import ray.data
    except ImportError:
        raise UsageError(Errors.E711) from None
    except Exception as error:
        raise UsageError(_unusable(address, error)) from None
    # What somebody set up won't change; what starts here may have been too slow on a busy machine.
    kind = UsageError if address else _Lost
    # A local cluster must not be joined to one that is there already, and has no use for a dashboard.
    options: dict[str, Any] = {"address": address} if address else {"address": "local", "include_dashboard": False}
    try:
        ray.init(**options, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:
        raise kind(_unusable(address, error)) from None
    try:
        ray.get(ray.remote(num_cpus=1, max_retries=0)(_ready).remote())
    except Exception as error:
        raise kind(Errors.E713.format(reason=_line(error))) from None


def _unusable(address: str | None, error: Exception) -> str:
    return Errors.E712.format(address=address or "local", reason=" ".join(str(error).split()) or type(error).__name__)


def _reach(address: str) -> None:
    """Raise OSError where nobody listens, which Ray would try for many minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "://" not in address:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT).close()


def _ready() -> None:
    """Find out whether this package is installed where it is to work."""
    import pipeline.execution.processes  # noqa: F401


def _outcomes(
    rows: list[dict[str, bytes]], workers: int, config: str | Path | None, limits: Limits, target: Target
) -> Iterator[Outcome]:
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    if hasattr(context, "execution_no_progress_timeout_s"):
        context.execution_no_progress_timeout_s = -1  # who waits for outcomes knows how long they may take
    workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    workers = min(workers, len(rows))
    found = ray.data.from_items(rows, override_num_blocks=max(workers, -(-len(rows) // _BLOCK))).map(
        _Actor,  # type: ignore[arg-type]
        fn_constructor_args=(str(Path.cwd()), config, limits, target),
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    for row in found.iter_rows():
        outcome = pickle.loads(row["outcome"])
        if isinstance(outcome, PipelineError):
            raise outcome
        yield outcome


def _line(error: Exception) -> str:
    """The last line of an error says what went wrong; those before it, where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


class _Actor:
    """What lives on the machines of the cluster."""

    def __init__(self, folder: str, config: str | Path | None, limits: Limits, target: Target) -> None:
        with suppress(OSError):  # only relative paths need it
            os.chdir(folder)
        self.pool: Pool = Processes(config, 1, limits, RECYCLE_AFTER).pool(target)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        outcome: Outcome | PipelineError
        try:
            (outcome,) = self.pool.run([pickle.loads(row["task"])])
        except PipelineError as error:
            outcome = error
        return {"outcome": pickle.dumps(outcome)}

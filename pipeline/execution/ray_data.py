"""Ray Data: the machines of a cluster, or the cores of this one."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import Errors, PipelineError, UsageError
from pipeline.execution.processes import RECYCLE_AFTER, Processes
from pipeline.execution.tasks import Limits, Outcome, Target, Task

if TYPE_CHECKING:
    from pipeline.execution.processes import Pool

_BLOCK = 32
"""Tasks that travel together: what a machine that dies has to be done again elsewhere."""

_START = 300
"""Seconds until a cluster has to have run something at all."""

_PATIENCE = 1800
"""Seconds without an outcome that are given on top of what a block may take."""


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
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray.data  # noqa: F401
        except ImportError:
            raise UsageError(Errors.E711) from None
        self.config = config
        self.workers = workers or 0
        self.limits = limits or Limits()
        self.address = address

    def run(self, tasks: Iterable[Task], target: Target) -> Iterator[Outcome]:
        """Do tasks; see `Engine`. Ray takes them all at once, as so many paths."""
        rows = [{"task": pickle.dumps(task)} for task in tasks]
        if not rows:
            return
        import ray

        with _Cluster(self.address):
            workers = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            workers = min(workers, len(rows))
            blocks = max(workers, len(rows) // _BLOCK)
            self._be_patient()
            _probe(_START)
            found = ray.data.from_items(rows, override_num_blocks=blocks).map(
                _Actor,  # type: ignore[arg-type]
                fn_constructor_args=(self.config, self.limits, target),
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=1,
            )
            for row in _explained(found.iter_rows()):
                outcome = pickle.loads(row["outcome"])
                if isinstance(outcome, PipelineError):
                    raise outcome
                yield outcome

    def _be_patient(self) -> None:
        """Let Ray give up a run that stands still, but not one that is at slow documents."""
        from ray.data import DataContext

        seconds = self.limits.seconds
        context = DataContext.get_current()
        if hasattr(context, "execution_no_progress_timeout_s"):
            context.execution_no_progress_timeout_s = _PATIENCE + _BLOCK * seconds if seconds else -1


def _probe(seconds: float) -> None:
    """Have the cluster do next to nothing, so that one that can't do anything is found out.

    Raises
    ------
    UsageError
        If it doesn't in time: all its CPUs are taken, say, or this package isn't installed there.
    """
    import ray
    from ray.exceptions import RayError

    started = ray.remote(num_cpus=1, max_retries=0)(_ready).remote()
    try:
        ray.get(started, timeout=seconds)
    except RayError as error:
        late = isinstance(error, TimeoutError)
        reason = f"nothing ran within {seconds:g} s" if late else _line(error)
        raise UsageError(Errors.E713.format(reason=reason)) from None
    finally:
        ray.cancel(started, force=True)


def _ready() -> bool:
    import pipeline.execution.processes  # noqa: F401

    return True


def _explained(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Ray's own failures as one line; what is stored by then is kept."""
    from ray.data import exceptions
    from ray.exceptions import RayError

    standstill = getattr(exceptions, "ExecutionTimeoutError", TimeoutError)  # Ray 2.60 has it
    try:
        yield from rows
    except (RayError, standstill) as error:
        raise UsageError(Errors.E713.format(reason=_line(error))) from None


def _line(error: Exception) -> str:
    """The last line of an error says what went wrong; those before it, where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


class _Actor:
    """What lives on the machines of the cluster."""

    def __init__(self, config: str | Path | None, limits: Limits, target: Target) -> None:
        self.pool: Pool = Processes(config, 1, limits, RECYCLE_AFTER).pool(target)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        outcome: Outcome | PipelineError
        try:
            (outcome,) = self.pool.run([pickle.loads(row["task"])])
        except PipelineError as error:
            outcome = error
        return {"outcome": pickle.dumps(outcome)}


class _Cluster:
    """A connection that ends with the run, unless the caller had one before."""

    def __init__(self, address: str | None) -> None:
        self.address = address

    def __enter__(self) -> None:
        import logging

        import ray

        self.ours = not ray.is_initialized()
        if not self.ours:
            return
        # A local cluster must not be joined to one that is there already, and has no use for a dashboard.
        options: dict[str, Any] = {"address": self.address} if self.address else {"address": "local"}
        if not self.address:
            options["include_dashboard"] = False
        try:
            ray.init(**options, logging_level=logging.ERROR, log_to_driver=False)
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(Errors.E712.format(address=self.address or "local", reason=reason)) from None
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        import ray

        if self.ours:
            ray.shutdown()

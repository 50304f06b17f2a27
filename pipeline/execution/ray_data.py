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
            found = ray.data.from_items(rows, override_num_blocks=blocks).map(
                _Actor,  # type: ignore[arg-type]
                fn_constructor_args=(self.config, self.limits, target),
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=1,
            )
            for row in found.iter_rows():
                outcome = pickle.loads(row["outcome"])
                if isinstance(outcome, PipelineError):
                    raise outcome
                yield outcome


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

"""Engines that move inputs to records; nothing else knows how many workers there are."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.execution.tasks import Engine, Limits

if TYPE_CHECKING:
    from spacy.language import Language


class EngineName(StrEnum):
    """What ``--engine`` takes."""

    auto = "auto"
    serial = "serial"
    processes = "processes"
    ray = "ray"


SMALL = 200_000
"""Bytes of input that are done here before a worker process has loaded its models."""


def choose(
    nlp: Language,
    config: str | Path | None,
    files: list[tuple[Path, str]],
    died: bool = False,
    *,
    engine: EngineName = EngineName.auto,
    workers: int | None = None,
    limits: Limits | None = None,
    address: str | None = None,
) -> Engine:
    """The engine for a run.

    Parameters
    ----------
    nlp : Language
        From `pipeline.load`.
    config : str or Path, optional
        What ``nlp`` was loaded from.
    files : list of (Path, str)
        The inputs: ``auto`` takes worker processes only where they are worth their start,
    died : bool
        or where a document may have killed the run before.
    engine : EngineName
    workers : int, optional
        Documents done at a time; by default one a core, but no more than there are files.
    limits : Limits, optional
    address : str, optional
        Of a Ray cluster; Ray starts one on this machine if left out.

    Returns
    -------
    Engine
    """
    if engine is EngineName.auto:
        alone = workers is None and not died and _is_small(files)
        engine = EngineName.serial if alone else EngineName.processes
    if engine is EngineName.serial:
        from pipeline.execution.serial import Serial

        return Serial(nlp, limits)
    if engine is EngineName.ray:
        from pipeline.execution.ray_data import RayData

        return RayData(config, workers, limits, address)
    from pipeline.execution.processes import Processes

    return Processes(config, workers or _default(files), limits)


def _default(files: list[tuple[Path, str]]) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    several = any(path.suffix.lower() == ".jsonl" for path, _ in files)
    return cores if several else max(1, min(cores, len(files)))


def _is_small(files: list[tuple[Path, str]]) -> bool:
    size = 0
    for path, _ in files:
        try:
            size += path.stat().st_size
        except (OSError, ValueError):
            continue
        if size > SMALL:
            return False
    return True

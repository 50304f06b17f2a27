"""The main job: inputs to an output folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.documents import find
from pipeline.execution import serial
from pipeline.output.manifest import Counts, manifest
from pipeline.output.warnings import Warnings
from pipeline.output.writer import OutputFolder

if TYPE_CHECKING:
    from spacy.language import Language

Progress = Callable[[int, int, int], None]
"""Called after each input with documents done, inputs in all, characters done."""


def no_progress(done: int, total: int, chars: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run went."""

    counts: Counts
    failures: list[serial.Failure]
    manifest: dict[str, Any]


def run(
    nlp: Language,
    inputs: Sequence[Path],
    output: Path,
    *,
    with_csv: bool = False,
    force: bool = False,
    limit: int | None = None,
    progress: Progress = no_progress,
) -> Summary:
    """Annotate documents and write the output folder.

    Parameters
    ----------
    nlp : Language
        From `pipeline.load`.
    inputs : sequence of Path
        Files and folders.
    output : Path
        Folder to write, see the output contract.
    with_csv : bool
        Write CSV beside Parquet.
    force : bool
        Replace a result that is there already.
    limit : int, optional
        Take only that many inputs.
    progress : callable
        See `Progress`.

    Returns
    -------
    Summary

    Raises
    ------
    UsageError, DocumentError
        If an input doesn't exist or the output can't be written; nothing is written then.
    ModelError, ConfigError
        If the pipeline can't run.
    """
    files = list(islice(find(inputs), limit))
    counts, failures, warnings = Counts(), [], Warnings()
    started = time.perf_counter()
    with OutputFolder(output, with_csv=with_csv, force=force) as folder:
        progress(0, len(files), 0)
        for result in serial.run(nlp, files):
            if isinstance(result, serial.Failure):
                counts.failures += 1
                failures.append(result)
                folder.fail(result.as_dict())
            else:
                counts.add(result.record)
                warnings.add(result.record)
                folder.add(result.record, result.doc)
            progress(counts.documents + counts.failures, len(files), counts.chars)
        facts = manifest(nlp, counts, time.perf_counter() - started, warnings.found())
        folder.finish(facts)
    return Summary(counts, failures, facts)

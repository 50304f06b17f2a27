"""The main job: inputs to an output folder, going on where an earlier run on the folder ended."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.documents import find
from pipeline.documents.reading import MAX_BYTES, has_lines, read_lines
from pipeline.errors import DiskFull, DocumentError, Errors, UsageError
from pipeline.execution.fingerprint import fingerprint
from pipeline.execution.lock import locked
from pipeline.execution.serial import Serial
from pipeline.execution.tasks import Engine, Failure, Outcome, Stored, Target, Task
from pipeline.output.manifest import Counts, manifest
from pipeline.output.shards import Entry, Shards
from pipeline.output.warnings import Warnings
from pipeline.output.writer import SHARDS, OutputFolder, holds_result

if TYPE_CHECKING:
    from spacy.language import Language

_REFUSED = 5
"""Documents that find no room on the disk, with none between that does, until the run ends."""

Progress = Callable[[int, int, int], None]
"""Called after each input with documents done, inputs in all, characters done."""


def no_progress(done: int, total: int, chars: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run went."""

    counts: Counts
    failures: list[Failure]
    manifest: dict[str, Any]


@dataclass(slots=True)
class Execution:
    """How the work was done; what `run.json` says of it may differ from run to run, all else may not."""

    engine: str
    workers: int
    done: int = 0
    kept: int = 0
    dropped: int = 0
    chars: int = 0


def run(
    nlp: Language,
    inputs: Sequence[Path],
    output: Path,
    *,
    with_csv: bool = False,
    force: bool = False,
    drop_vanished: bool = False,
    limit: int | None = None,
    engine: Engine | Callable[[list[tuple[Path, str]], bool], Engine] | None = None,
    progress: Progress = no_progress,
) -> Summary:
    """Annotate documents and write the output folder.

    Documents that an earlier run on the folder finished are not done again, as long as source, config, models
    and version are the same. Documents that failed are.

    Parameters
    ----------
    nlp : Language
        From `pipeline.load`.
    inputs : sequence of Path
        Files and folders.
    output : Path
        Folder to write.
    with_csv : bool
        Write CSV beside Parquet.
    force : bool
        Replace a result that is there already, doing all documents again.
    drop_vanished : bool
        Leave out documents of earlier runs that are not among the inputs any more; else they stay, after
        the others.
    limit : int, optional
        Take only that many inputs.
    engine : Engine, optional
        Who does the work; a `Serial` if left out. Or a function that makes it, given the files found and
        whether the run before was killed. It must have the same config as ``nlp``.
    progress : callable
        See `Progress`.

    Returns
    -------
    Summary

    Raises
    ------
    UsageError
        If the output can't be written; what was finished until then is kept for the next run.
    ModelError, ConfigError
        If the pipeline can't run.
    """
    started = time.perf_counter()
    if not force and holds_result(output) and not (output / SHARDS).is_dir():
        raise UsageError(Errors.E003.format(path=output))
    files = list(islice(find(inputs), limit))
    with locked(output) as held:
        shards = Shards(held.shards)
        if callable(engine):
            engine = engine(files, held.died)
        engine = engine or Serial(nlp)
        if force:
            shards.clear()
        plan = _Plan(files, shards.entries(), fingerprint(nlp), output, drop_vanished)
        how = Execution(type(engine).__name__.lower(), engine.workers)
        failures = _work(engine, plan, Target(held.shards.absolute(), shards.next_run(), plan.key), how, progress)
        how.kept, how.dropped = plan.kept, len(plan.vanished) if drop_vanished else 0
        return _write(nlp, output, with_csv, plan.documents(), failures, shards, how, started)


def _work(engine: Engine, plan: _Plan, target: Target, how: Execution, progress: Progress) -> list[Failure]:
    """Have the engine do what is to be done; return failures in the order of the inputs."""
    progress(0, len(plan.files), 0)
    refused = 0
    for outcome in engine.run(plan.tasks(), target):
        plan.take(outcome)
        if isinstance(outcome.result, Stored):
            refused = 0
        elif outcome.result.error == DiskFull.__name__:
            refused += 1
            if refused >= _REFUSED:  # to do all others in vain would take as long as to do them
                reason = f"no room for {refused} documents in a row"
                raise UsageError(Errors.E704.format(path=target.folder, reason=reason))
        how.done += 1
        how.chars += outcome.chars
        progress(plan.kept + how.done, len(plan.files), how.chars)
    progress(plan.kept + how.done, len(plan.files), how.chars)
    return [failure for _, failure in sorted(plan.failures.items())]


def _write(
    nlp: Language,
    output: Path,
    with_csv: bool,
    documents: Iterator[Stored],
    failures: list[Failure],
    shards: Shards,
    how: Execution,
    started: float,
) -> Summary:
    """Join the shards to the result, one document in memory at a time."""
    counts, warnings = Counts(failures=len(failures)), Warnings()
    rows: set[tuple[str, int]] = set()
    docs = ((stored, shards.docs(stored.shard, stored.row)) for stored in documents)
    with OutputFolder(output, with_csv=with_csv, force=True) as folder, closing(folder.add_docs(docs)) as groups:
        for stored in chain.from_iterable(groups):
            document = shards.read(stored.shard, stored.row, stored.path)
            # What is said of the run as a whole, warnings too, is gathered here: document by document, in their order.
            counts.add(document.record)
            warnings.add(document.record, document.warnings, document.prints)
            folder.add(document)
            rows.add((stored.shard, stored.row))
        for failure in failures:
            folder.fail(failure.as_dict())
        facts = manifest(nlp, counts, time.perf_counter() - started, how, warnings.found())
        folder.finish(facts)
    shards.retain(rows)
    return Summary(counts, failures, facts)


@dataclass(slots=True)
class _Plan:
    """Which documents there are, which an earlier run finished, and what became of the others."""

    files: list[tuple[Path, str]]
    entries: Iterator[Entry]
    key: str
    output: Path
    drop_vanished: bool
    finished: dict[str, Entry] = field(init=False)
    stored: dict[int, Stored] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    vanished: set[str] = field(init=False)
    kept: int = 0

    def __post_init__(self) -> None:
        self.finished = {entry.name: entry for entry in self.entries}
        self.vanished = set(self.finished)
        if not self.drop_vanished:
            self._refuse_mixture()

    def tasks(self) -> Iterator[Task]:
        """What is to be done, found out as it is asked for."""
        number = 0
        for path, name in self.files:
            if not has_lines(path):
                number += 1
                if not self._is_finished(number, str(path), name, partial(_file_hash, path)):
                    yield Task(number, path, name, _printable(str(path)))
                continue
            for place, found in read_lines(path, name):
                number += 1
                if isinstance(found, DocumentError):
                    self.failures[number] = Failure(str(path), found.stage, type(found).__name__, str(found))
                elif not self._is_finished(number, found.path, found.name, partial(str, found.sha256)):
                    yield Task(number, path, name, found.path, place)

    def take(self, outcome: Outcome) -> None:
        """Note what became of a task."""
        if isinstance(outcome.result, Failure):
            self.failures[outcome.number] = outcome.result
        else:
            self.stored[outcome.number] = outcome.result

    def documents(self) -> Iterator[Stored]:
        """All documents of the result: those of the inputs in their order, then what earlier runs left."""
        for _, stored in sorted(self.stored.items()):
            yield stored
        for name in () if self.drop_vanished else sorted(self.vanished):
            entry = self.finished[name]
            if entry.key == self.key:
                yield Stored(name, entry.path, entry.shard, entry.row)

    def _is_finished(self, number: int, path: str, name: str, sha256: Callable[[], str]) -> bool:
        """Whether there is nothing to do."""
        entry = self.finished.get(name)
        if entry is None:
            return False
        self.vanished.discard(name)
        current = sha256()
        if entry.sha256 == current and entry.key == self.key:
            self.kept += 1
            self.stored[number] = Stored(name, _printable(path), entry.shard, entry.row)
            return True
        if entry.sha256 != current and _is_another(Path(entry.path), Path(path)):
            message = Errors.E710.format(path=path, output=self.output, other=entry.path)
            self.failures[number] = Failure(path, DocumentError.stage, DocumentError.__name__, message)
            self.vanished.add(name)
            return True
        return False

    def _refuse_mixture(self) -> None:
        """What was made otherwise can't stay beside what is made now."""
        names = {name for _, name in self.files}
        old = [
            entry.name
            for entry in self.finished.values()
            if entry.key != self.key and entry.name not in names and entry.name.rpartition("#")[0] not in names
        ]
        if old:
            raise UsageError(Errors.E709.format(path=self.output, count=len(old), name=min(old)))


def _file_hash(path: Path) -> str:
    """SHA-256 of a file; empty where a worker has to say what is wrong with it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def _is_another(old: Path, new: Path) -> bool:
    """Whether a result's source is still there and not the file that now has its name."""
    try:
        return old.is_file() and not old.samefile(new)
    except OSError:
        return False


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")

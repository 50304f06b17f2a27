"""One run at a time on a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Errors, UsageError
from pipeline.output.writer import SHARDS, holds_result

LOCK = "lock"
RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Held:
    """An output folder in the hands of one run.

    Attributes
    ----------
    shards : Path
        Folder for shards, which exists.
    died : bool
        Whether the run before was killed, or its machine.
    """

    shards: Path
    died: bool


@contextmanager
def locked(output: Path) -> Iterator[Held]:
    """Hold an output folder; the system lets go of it for a process that dies, however it dies.

    Parameters
    ----------
    output : Path

    Yields
    ------
    Held

    Raises
    ------
    UsageError
        If another run holds it, or it can't be written.
    """
    from filelock import FileLock, Timeout

    shards = output / SHARDS
    try:
        shards.mkdir(parents=True, exist_ok=True)
        lock = FileLock(shards / LOCK, timeout=0)
        lock.acquire()
        running = shards / RUNNING
        died = running.exists()
        running.touch()
    except Timeout:
        raise UsageError(Errors.E708.format(path=output)) from None
    except OSError as error:
        raise UsageError(Errors.E004.format(path=output, reason=error.strerror)) from None
    try:
        yield Held(shards, died)
    finally:
        running.unlink(missing_ok=True)
        _tidy(output, shards)
        lock.release()


def _tidy(output: Path, shards: Path) -> None:
    """Leave nothing behind of a run that wrote nothing."""
    try:
        if not holds_result(output) and [path.name for path in shards.iterdir()] == [LOCK]:
            (shards / LOCK).unlink()
            shards.rmdir()
            output.rmdir()
    except OSError:
        pass  # the folder is the user's, or holds something else

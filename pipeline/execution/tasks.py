"""What engines are given and what they give back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipeline.documents.reading import Place


@dataclass(frozen=True, slots=True)
class Task:
    """One document to do.

    Attributes
    ----------
    number : int
        Its place among the documents of the run.
    path : Path
        The file it stands in.
    name : str
        The document's id; of a .jsonl file, the file's.
    shown : str
        What messages call it.
    line : Place, optional
        Where it stands in a .jsonl file.
    """

    number: int
    path: Path
    name: str
    shown: str
    line: Place | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that could not be processed; ``where`` is a traceback for errors nobody foresaw."""

    path: str
    stage: str
    error: str
    message: str
    where: str | None = None

    def as_dict(self) -> dict[str, str]:
        """As ``failures.jsonl`` has it."""
        found = {"path": self.path, "stage": self.stage, "error": self.error, "message": self.message}
        return found | ({"traceback": self.where} if self.where else {})


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a finished document lies.

    Attributes
    ----------
    name, path : str
        Id and source of the document.
    shard : str
        File name of its shard.
    row : int
        Its row there.
    """

    name: str
    path: str
    shard: str
    row: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: either stored or failed."""

    number: int
    result: Stored | Failure
    chars: int = 0
    spent: bool = False
    """Whether the worker should be replaced, since memory ran out in it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost.

    Attributes
    ----------
    seconds : float
        Time; 0 for no limit.
    chars : int
        Characters of text; 0 for no limit.
    megabytes : int
        Memory of a worker process; 0 for no limit.
    """

    seconds: float = 600
    chars: int = 300_000
    megabytes: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where workers put what they finish.

    Attributes
    ----------
    folder : Path
        Of the shards; on a cluster, on storage that all machines share.
    run : int
        Number of this run on the folder.
    key : str
        What results depend on besides the source, see `pipeline.execution.fingerprint`.
    """

    folder: Path
    run: int
    key: str


class Engine(Protocol):
    """Does tasks somewhere, in any order."""

    @property
    def workers(self) -> int:
        """How many documents it does at a time; 0 if that is for a cluster to say."""

    def run(self, tasks: Iterable[Task], target: Target) -> Iterator[Outcome]:
        """Do tasks, taking them as they are needed.

        Parameters
        ----------
        tasks : iterable of Task
        target : Target

        Yields
        ------
        Outcome
            One a task, in the order they get finished. What was stored survives whatever comes after.

        Raises
        ------
        ModelError, ConfigError
            A pipeline that can't run at all is no fault of a document's.
        UsageError
            If results can't be stored, or workers can't be started.
        """

"""What proposes phrases; the scorer is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from spacy.tokens import Doc

from pipeline.errors import ConfigError, Errors


class Proposal(NamedTuple):
    """A candidate phrase at characters ``[start, end)`` with the backend's confidence in (0, 1]."""

    start: int
    end: int
    confidence: float


def occurrences(text: str, phrase: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a phrase stands in ``text[start:end]``, from left to right without overlap."""
    at = text.find(phrase, start, end) if phrase else -1
    while at >= 0:
        yield at, at + len(phrase)
        at = text.find(phrase, at + len(phrase), end)


class Backend(Protocol):
    """Proposes key phrases of a Doc."""

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> Iterable[Proposal]:
        """Candidates in the given paragraphs of the Doc, in order of their place."""

    def to_disk(self, folder: Path) -> None:
        """Save what the backend needs."""

    def from_disk(self, folder: Path) -> None:
        """Load what `to_disk` saved."""


def create(settings: dict[str, Any]) -> Backend:
    """Make the backend that a config names.

    Raises
    ------
    ConfigError
        For an unknown backend or an unknown setting.
    """
    from pipeline.stages.keyphrases.backends.bundled import BundledBackend
    from pipeline.stages.keyphrases.backends.hanlp_model import HanlpModelBackend
    from pipeline.stages.keyphrases.backends.rest import RestBackend

    known: dict[str, Callable[..., Backend]] = {
        "bundled": BundledBackend,
        "hanlp": HanlpModelBackend,
        "rest": RestBackend,
    }
    options = dict(settings)
    name = options.pop("name", "bundled")
    if name not in known:
        raise ConfigError(Errors.E501.format(name=name, known=", ".join(known)))
    try:
        return known[name](**options)
    except TypeError as error:
        raise ConfigError(Errors.E502.format(name=name, reason=error)) from None

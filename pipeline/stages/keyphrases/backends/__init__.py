"""What proposes phrases; the scorer is the same for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from spacy.tokens import Doc

from pipeline.errors import ConfigError, Errors


class Proposal(NamedTuple):
    """A candidate phrase at characters ``[start, end)`` with the backend's confidence in (0, 1]."""

    start: int
    end: int
    confidence: float


class Backend(Protocol):
    """Proposes key phrases of a Doc."""

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> list[Proposal]:
        """Candidates in the given paragraphs of the Doc."""

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

    known = {"bundled": BundledBackend}
    options = dict(settings)
    name = options.pop("name", "bundled")
    if name not in known:
        raise ConfigError(Errors.E501.format(name=name, known=", ".join(known)))
    try:
        return known[name](**options)
    except TypeError as error:
        raise ConfigError(Errors.E502.format(name=name, reason=error)) from None

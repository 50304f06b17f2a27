"""Corrects the grammar by what annotated paragraphs taught: where names begin and end, roles, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

from pipeline.errors import Errors, ModelError
from pipeline.resources import model_file, model_path
from pipeline.stages.indicators.features import (
    Scene,
    name_features,
    name_tags,
    role_features,
    status_features,
    tagged_name,
)
from pipeline.stages.indicators.naming import Name

FILES = {kind: f"{kind}.crfsuite" for kind in ("names", "roles", "status")}
NO_NAME = "none"
ACTUAL, TARGET = "actual", "target"

# How many times likelier than the grammar's name another must be to replace it: the grammar was made on real reports,
# the models learnt mostly from written ones.
_SURE = 4
_LEAN, _MOST = 0.3, 5.0


class Learnt:
    """Three small CRFs beside the grammar: over words for names, over the quantities of a paragraph for the rest.

    Parameters
    ----------
    model : str
        Bundled name or folder.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self._bytes: dict[str, bytes] = {}
        self._taggers: dict[str, Any] = {}

    def name(self, scene: Scene, index: int, proposed: Name | None, previous: Name | None) -> Name | None:
        """The name of a quantity, given the grammar's and that of the quantity before."""
        span = None if proposed is None else (proposed.start, proposed.end)
        first, rows = name_features(scene, index, span, None if previous is None else (previous.start, previous.end))
        tagger = self._tagger("names")
        tags = tagger.tag(rows)
        found = tagged_name(scene, first, tags)
        if found is None or found == span:
            return proposed
        if proposed is None or span is None:
            return Name(*found)
        own = name_tags(scene, first, len(rows), span)
        if own is not None and tagger.probability(tags) < _SURE * tagger.probability(own):
            return proposed
        return replace(proposed, start=found[0], end=found[1])

    def judge(
        self, scene: Scene, labels: Sequence[str], statuses: Sequence[str], lean: float
    ) -> tuple[list[str], list[str]]:
        """Role with direction, and status, of each quantity of a paragraph, given the grammar's."""
        rows = [role_features(scene, i, *own, lean) for i, own in enumerate(zip(labels, statuses, strict=True))]
        roles = self._tagger("roles").tag(rows)
        tagger = self._tagger("status")
        tagger.set([status_features(scene, row) for row in rows])
        # The models know no sections; the grammar's lean does, so it counts once more.
        pull = _LEAN * max(-_MOST, min(_MOST, lean))
        likely = (tagger.marginal(TARGET, number) for number in range(len(rows)))
        return roles, [TARGET if _log_odds(share) + pull > 0 else ACTUAL for share in likely]

    def _tagger(self, kind: str) -> Any:
        if kind not in self._taggers:
            import pycrfsuite

            tagger = pycrfsuite.Tagger()
            try:
                tagger.open_inmemory(self.read()[kind])
            except ValueError as error:
                raise ModelError(Errors.E203.format(path=self.model, reason=error)) from error
            self._taggers[kind] = tagger
        return self._taggers[kind]

    def read(self) -> dict[str, bytes]:
        """The models as bytes."""
        if not self._bytes:
            folder = model_path(self.model)
            self._bytes = {kind: model_file(folder, name).read_bytes() for kind, name in FILES.items()}
        return self._bytes

    def write(self, folder: Path) -> None:
        """Save the models."""
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in self.read().items():
            (folder / FILES[kind]).write_bytes(data)

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes open the models anew: a CRF tagger can't be pickled."""
        return {**self.__dict__, "_taggers": {}}


def _log_odds(share: float) -> float:
    """Log odds of a probability, kept finite."""
    share = min(max(share, 1e-9), 1 - 1e-9)
    return log(share / (1 - share))


def label_of(name: Name | None) -> str:
    """Role and direction by the grammar as one label."""
    if name is None:
        return NO_NAME
    return f"change {name.direction}" if name.role == "change" else name.role or "level"


def role_of(label: str) -> tuple[str, str | None]:
    """Role and direction from their one label.

    Examples
    --------
    >>> role_of("change up"), role_of("share")
    (('change', 'up'), ('share', None))
    """
    role, _, direction = label.partition(" ")
    return role, direction or None

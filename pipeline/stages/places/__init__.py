"""Links places and the issuer to the codes of administrative divisions."""

from pipeline.stages.places.component import Places
from pipeline.stages.places.factory import create_places

__all__ = ["Places", "create_places"]

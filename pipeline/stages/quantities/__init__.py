"""Amounts of money and rates, by grammar, with exact decimal values."""

from pipeline.stages.quantities.component import Quantities
from pipeline.stages.quantities.factory import create_quantities

__all__ = ["Quantities", "create_quantities"]

"""Targets against results: indicators of many documents by issuer and year."""

from pipeline.comparison.table import Row, compare
from pipeline.comparison.values import Value, collect

__all__ = ["Row", "Value", "collect", "compare"]

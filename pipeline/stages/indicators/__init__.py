"""What amounts and rates measure: indicator, role, direction, status, bound and period, by grammar."""

from pipeline.stages.indicators.component import Indicators
from pipeline.stages.indicators.factory import create_indicators

__all__ = ["Indicators", "create_indicators"]

"""Policy themes of paragraphs, by a linear classifier that its users retrain."""

from pipeline.stages.themes.component import ThemeClassifier
from pipeline.stages.themes.factory import create_theme_classifier

__all__ = ["ThemeClassifier", "create_theme_classifier"]

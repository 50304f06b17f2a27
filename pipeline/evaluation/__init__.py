"""Scores against gold paragraphs."""

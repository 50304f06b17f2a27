"""Organisations, places and built things, by a trained sequence tagger."""

from pipeline.stages.entities.component import EntityTagger
from pipeline.stages.entities.factory import create_entity_tagger

__all__ = ["EntityTagger", "create_entity_tagger"]

"""Key phrases by HanLP: a backend proposes, a scorer ranks."""

from pipeline.stages.keyphrases.component import KeyPhrases
from pipeline.stages.keyphrases.factory import create_keyphrases

__all__ = ["KeyPhrases", "create_keyphrases"]

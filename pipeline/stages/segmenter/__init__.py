"""Words: the Chinese tokenizer on a spacy-pkuseg model trained by this project."""

from pipeline.stages.segmenter.component import PkusegTokenizer
from pipeline.stages.segmenter.factory import create_tokenizer

__all__ = ["PkusegTokenizer", "create_tokenizer"]

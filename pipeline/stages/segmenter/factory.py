"""Registers the tokenizer under ``pipeline.PkusegTokenizer.v1``."""

from __future__ import annotations

from collections.abc import Callable

from spacy.language import Language
from spacy.util import registry

from pipeline.stages.segmenter.component import PkusegTokenizer


@registry.tokenizers("pipeline.PkusegTokenizer.v1")  # type: ignore[untyped-decorator]
def create_tokenizer(model: str = "segmenter", dictionary: str | None = None) -> Callable[[Language], PkusegTokenizer]:
    """Create the tokenizer.

    Parameters
    ----------
    model : str
        A bundled model's name or a folder with a pkuseg model.
    dictionary : str, optional
        UTF-8 file of words the segmenter must keep whole, one a line; what follows a tab
        (a label, say) is not the segmenter's business.

    Returns
    -------
    callable
        Makes the tokenizer for an nlp object.
    """

    def make(nlp: Language) -> PkusegTokenizer:
        return PkusegTokenizer(nlp.vocab, model=model, dictionary=dictionary)

    return make

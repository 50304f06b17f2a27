"""The HanLP sequence tagger behind the bundled backend; importing this module imports torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hanlp.components.ner.rnn_ner import RNNNamedEntityRecognizer

from pipeline.errors import Errors, ModelError


class KeyPhraseTagger(RNNNamedEntityRecognizer):  # type: ignore[misc]
    """HanLP's BiLSTM-CRF with its CRF reading batches the right way round.

    HanLP 2.1.5 to 2.1.7 hand ``crf_constraints`` to the CRF in the place of ``batch_first``: training
    runs, and F1 stays 0 without an error.
    """

    def build_model(self, **kwargs: Any) -> Any:
        """Build HanLP's model and set ``batch_first``."""
        model = super().build_model(**kwargs)
        if model.crf is not None:
            model.crf.batch_first = True
        return model


def load(folder: Path) -> KeyPhraseTagger:
    """Load a trained tagger on the CPU.

    Parameters
    ----------
    folder : Path
        With ``config.json``, ``vocabs.json`` and ``model.pt``.

    Returns
    -------
    KeyPhraseTagger

    Raises
    ------
    ModelError
        If the files don't make a tagger.
    """
    tagger = KeyPhraseTagger()
    try:
        tagger.load(str(folder), devices=-1, verbose=False)
    except Exception as error:
        raise ModelError(Errors.E203.format(path=folder, reason=error)) from error
    return tagger

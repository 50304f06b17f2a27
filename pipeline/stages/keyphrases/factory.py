"""Registers the stage as ``hanlp_keyphrases``."""

from __future__ import annotations

from typing import Any

from spacy.language import Language

from pipeline.stages.keyphrases.component import KeyPhrases

DEFAULTS: dict[str, Any] = {
    "backend": {"name": "bundled", "model": "keyphrases", "threads": 1},
    "per_paragraph": 5,
    "per_document": 30,
}


@Language.factory("hanlp_keyphrases", assigns=["doc.spans", "doc._.keyphrases"], default_config=DEFAULTS)
def create_keyphrases(
    nlp: Language, name: str, backend: dict[str, Any], per_paragraph: int, per_document: int
) -> KeyPhrases:
    """Create the stage.

    Parameters
    ----------
    nlp, name
        Given by spaCy.
    backend : dict
        ``name`` says which backend proposes phrases, the rest are its settings:
        ``bundled`` (``model``: name or folder, ``threads``: of torch);
        ``hanlp`` (``model``: a HanLP model's name or folder, ``download``, ``threads``,
        ``trust_remote_code``);
        ``rest`` (``url``, ``auth``: environment variable with the key, ``language``, ``timeout``,
        ``retries``, ``wait``, ``per_request``), which sends the text to that service.
    per_paragraph, per_document : int
        How many phrases to keep.
    """
    return KeyPhrases(backend=backend, per_paragraph=per_paragraph, per_document=per_document)

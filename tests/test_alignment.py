from __future__ import annotations

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from pipeline import extensions
from pipeline.alignment import split_at

NLP = spacy.blank("zh")
extensions.declare()


@given(st.lists(st.text(alphabet="中山市委1. a𠮷", min_size=1, max_size=5), min_size=1, max_size=8), st.data())
def test_splits_exactly_there(words: list[str], data: st.DataObject) -> None:
    doc = Doc(NLP.vocab, words=words)
    offsets = data.draw(st.lists(st.integers(0, len(doc.text)), max_size=5))
    before = {token.idx for token in doc} | {token.idx + len(token) for token in doc}
    new = split_at(doc, offsets)
    assert new.text == doc.text
    borders = {token.idx for token in new} | {token.idx + len(token) for token in new}
    assert borders >= before
    assert borders - before <= set(offsets)
    assert {o for o in offsets if 0 < o < len(doc.text)} <= borders


def test_keeps_spans_sentences_and_extensions() -> None:
    doc = Doc(NLP.vocab, words=["中山", "市委市政府", "。", "完"], spaces=[False] * 4)
    doc[3].is_sent_start = True
    doc.ents = [doc.char_span(0, 2, label="GPE")]
    doc.spans["x"] = [doc.char_span(2, 7, label="Y")]
    doc.ents[0]._.provenance = "model:test"
    new = split_at(doc, [4])
    assert [token.text for token in new] == ["中山", "市委", "市政府", "。", "完"]
    assert [(e.text, e.label_, e._.provenance) for e in new.ents] == [("中山", "GPE", "model:test")]
    assert [(s.text, s.label_) for s in new.spans["x"]] == [("市委市政府", "Y")]
    assert [sent.text for sent in new.sents] == ["中山市委市政府。", "完"]


def test_tagged_doc_keeps_its_tags() -> None:
    doc = Doc(NLP.vocab, words=["中山市委", "。"], spaces=[False] * 2, tags=["NR", "PU"])
    new = split_at(doc, [2])
    assert [(token.text, token.tag_) for token in new][-1] == ("。", "PU")
    assert [token.text for token in new] == ["中山", "市委", "。"]

"""The segmenter: the same words as spacy-pkuseg's own code gives, nothing lost, nothing executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.util import get_words_and_spaces

from pipeline.corpus.gold import read_split
from pipeline.errors import ModelError
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.stages.segmenter.component import pieces, with_spaces
from pipeline.stages.segmenter.cutting import Cutter

HAN = st.text("中山市委九江镇灯饰产业增长投资亿元二〇一年百分之几ａ／％", max_size=12)
LETTERS = st.text(st.characters(categories=["L", "N"]), max_size=12)


@pytest.fixture(scope="module")
def tokenizer(nlp: Language) -> PkusegTokenizer:
    nlp.make_doc("加载")
    return nlp.tokenizer


def test_real_sentences_are_cut_as_spacy_pkuseg_cuts_them(tokenizer: PkusegTokenizer) -> None:
    cut = Cutter(tokenizer.pkuseg_seg)
    for paragraph in read_split("dev")[:40]:
        for _, piece in pieces(paragraph.text):
            assert cut(piece) == tokenizer.pkuseg_seg.cut(piece)


@given(st.lists(st.one_of(HAN, LETTERS, st.sampled_from([".", "/", "-", "*", "1.5%"])), max_size=5).map("".join))
@settings(max_examples=300, deadline=None)
def test_every_feature_is_spacy_pkusegs(tokenizer: PkusegTokenizer, text: str) -> None:
    segmenter = tokenizer.pkuseg_seg
    nodes = list(segmenter.feature_extractor.normalize_text(text))
    wanted = [segmenter.feature_extractor.get_node_features_idx(i, nodes) for i in range(len(nodes))]
    assert Cutter(segmenter).features(text) == wanted


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_character_is_lost(nlp: Language, text: str) -> None:
    assert nlp.make_doc(text).text == text


def test_endless_words_come_in_pieces() -> None:
    text = "a." + "b" * 100_000
    cut = [piece for _, piece in pieces(text)]
    assert "".join(cut) == text
    assert max(map(len, cut)) < 5_000


@given(st.text(alphabet="ab中，1.% \n\t\u3000\x1c\u200b_", max_size=20))
def test_words_and_spaces_are_spacys(text: str) -> None:
    def halves(piece: str) -> list[str]:
        return [part for part in (piece[: len(piece) // 2], piece[len(piece) // 2 :]) if part]

    wanted = get_words_and_spaces([word for _, piece in pieces(text) for word in halves(piece)], text)
    assert with_spaces(text, halves) == wanted


def test_a_dictionary_keeps_words_whole(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("灯饰产业转\n", encoding="utf-8")
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, dictionary=str(words))
    found = [token.text for token in tokenizer("加快灯饰产业转型升级")]
    assert "灯饰产业转" in found
    assert "".join(found) == "加快灯饰产业转型升级"


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('code of a model was run')",))


def test_a_saved_pipeline_never_unpickles(tmp_path: Path) -> None:
    nlp = spacy.blank("zh")
    nlp.tokenizer = PkusegTokenizer(nlp.vocab)
    nlp.tokenizer.to_disk(tmp_path)
    (tmp_path / "pkuseg_model" / "features.msgpack").unlink()
    (tmp_path / "pkuseg_model" / "features.pkl").write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(ModelError, match=r"features\.msgpack is missing"):
        PkusegTokenizer(nlp.vocab).from_disk(tmp_path)

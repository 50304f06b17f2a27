from __future__ import annotations

import zlib
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from pipeline import extensions
from pipeline.divisions import short_name
from pipeline.errors import ConfigError, ModelError
from pipeline.resources import model_file, model_path
from pipeline.stages.entities import elsewhere
from pipeline.stages.entities.component import EntityTagger, decode, encode, sentences
from pipeline.stages.entities.features import featurize
from pipeline.stages.entities.lexicon import BETWEEN, OUTSIDE, UNKNOWN, terms


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, str]]]:
    edges = sorted(draw(st.sets(st.integers(0, 30), max_size=10)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return 30, [(a, b, draw(st.sampled_from(["ORG", "GPE", "LOC", "FAC"]))) for a, b in pairs]


@given(spans())
def test_decode_is_the_inverse_of_encode(case: tuple[int, list[tuple[int, int, str]]]) -> None:
    length, wanted = case
    assert list(decode(encode(length, wanted))) == wanted


@given(st.lists(st.sampled_from(["O", "B-ORG", "I-ORG", "E-ORG", "S-GPE", "I-GPE", "E-GPE", "B-GPE"]), max_size=20))
def test_decode_takes_any_sequence(tags: list[str]) -> None:
    end = 0
    for start, stop, _ in decode(tags):
        assert end <= start < stop <= len(tags)
        end = stop


@settings(deadline=None)  # the first text loads the table
@given(st.text(alphabet="推进长三角一体化发展示范区，2０²5 龘x", max_size=30))
def test_terms_tile_the_text(text: str) -> None:
    starts, fine, coarse = terms(text)
    assert len(starts) == len(fine) == len(coarse)
    assert starts.tolist() == sorted({0, *starts.tolist()} if text else set())
    assert not text or starts[-1] < len(text)


def test_terms_keep_words_together_and_share_a_cluster() -> None:
    text = "建设长三角示范区2025年"
    starts, fine, coarse = terms(text)
    assert [text[a:b] for a, b in pairwise([*starts, len(text)])] == ["建设", "长三角", "示范区", "2025", "年"]
    assert terms("京津冀")[1][0] == fine[1]
    assert terms("引领区")[2][0] == coarse[2]
    assert terms("龘龘")[1].tolist() == [UNKNOWN]
    assert terms(f"建设{2 * BETWEEN}")[1].tolist() == [fine[0], OUTSIDE, OUTSIDE]


SENTENCES = st.lists(
    st.lists(st.text(alphabet="中山市委、和，。12a 𠮷\0", min_size=1, max_size=4), min_size=1, max_size=10), max_size=4
)


@settings(deadline=None)  # the first sentence loads the lexicon
@given(SENTENCES)
@example([["\0\0", "市"], ["\0"]])
@example([[], ["市"], []])
def test_a_sentence_has_the_features_it_has_alone(sentences: list[list[str]]) -> None:
    together = featurize(sentences)
    assert len(together) == sum(len(word) for words in sentences for word in words)
    assert np.array_equal(together, np.concatenate([featurize([]), *(featurize([words]) for words in sentences)]))


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (["清溪", "镇"], ["清溪", "镇"], 1.0),
        (["增长", "5", "%"], ["增长", "7", "%"], 0.8),  # every digit looks the same, save as a word
        (["清溪", "镇"], ["长安", "县"], 0.3),
    ],
)
def test_what_looks_alike_shares_features(one: list[str], other: list[str], share: float) -> None:
    """Of the first character."""
    a, b = featurize([one])[0], featurize([other])[0]
    same = float(np.mean(a == b))
    assert same == 1.0 if share == 1.0 else same < 1.0
    assert share - 0.2 <= same <= share + 0.2


def test_sentences_cover_the_text(nlp: Language) -> None:
    doc = nlp.make_doc("九江镇党委 召开会议。\n全镇完成投资3亿元；同比增长5%")
    parts = list(sentences(doc))
    assert "".join("".join(words) for words, _ in parts) == doc.text
    for words, offset in parts:
        assert doc.text.startswith("".join(words), offset)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("中山市", "中山"),
        ("内蒙古自治区", "内蒙古"),
        ("大厂回族自治县", "大厂"),
        ("西区街道", "西区"),
        ("乡宁县", "乡宁"),
        ("沙县", "沙县"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


def test_tags_what_anyone_would(nlp: Language) -> None:
    doc = nlp("镇党委贯彻省委要求，融入粤港澳大湾区建设。全年接待浙江、江苏的客商，与深圳市、东莞市签订合作协议。")
    found = {(ent.text, ent.label_) for ent in doc.ents}
    wanted = {("镇党委", "ORG"), ("省委", "ORG"), ("粤港澳大湾区", "LOC"), ("浙江", "GPE"), ("东莞市", "GPE")}
    assert wanted <= found
    assert all(ent._.provenance == "model:entities" for ent in doc.ents)


def test_the_issuers_name_is_found_wherever_it_stands(nlp: Language) -> None:
    text = "古镇镇党委召开会议。古镇镇获称号，全镇上下，古镇镇企业增多。"
    doc = nlp.make_doc(text)
    doc._.meta = {"issuer": "古镇镇"}
    doc = nlp(doc)
    named = [(e.start_char, e.label_) for e in doc.ents if e.text == "古镇镇"]
    assert named == [(text.index("古镇镇获"), "GPE"), (text.index("古镇镇企"), "GPE")]


@pytest.mark.parametrize(
    ("words", "tagged", "wanted"),
    [
        ("双塘 新村 建成 。 走进 双塘 新村", [("双塘新村", "LOC", 0.9)], [(9, "LOC")]),
        ("双塘 新村 建成 。 走进 双塘 新村", [("双塘新村", "LOC", 0.7)], []),
        ("双塘 建成 。 走进 双塘", [("双塘", "LOC", 0.9)], []),
        ("双塘河 整治 。 双塘河 镇 ， 双塘 河口 ， 双塘河", [("双塘河", "LOC", 0.9)], [(16, "LOC")]),
        ("双塘河 整治 。 双塘河镇 干部", [("双塘河", "LOC", 0.9)], []),
        (
            "双塘 新村 和 双塘 新村 小学 ， 双塘 新村 小学",
            [("双塘新村", "LOC", 1.0), ("双塘新村小学", "FAC", 1.0)],
            [(12, "FAC")],
        ),
        ("石桥镇 获奖 。 石桥镇 党委 研究 ， 石桥镇", [("石桥镇", "GPE", 1.0)], [(14, "GPE")]),
        ("双塘河 整治 。 双塘河 街道", [("双塘河", "LOC", 0.9)], []),
        (
            "青石镇双塘河道口 、 双塘河 ， 青石镇双塘河道 口 ， 青石镇 双塘河 道",
            [("青石镇双塘河道口", "FAC", 0.9), ("双塘河", "LOC", 0.9)],
            [(13, "FAC"), (25, "LOC")],
        ),
    ],
)
def test_a_name_the_tagger_is_sure_of_is_found_elsewhere(
    words: str, tagged: list[tuple[str, str, float]], wanted: list[tuple[int, str]]
) -> None:
    doc = Doc(Vocab(), words=words.split(), spaces=[False] * len(words.split()))
    mentions, behind = [], 0
    for name, label, probability in tagged:
        start = doc.text.index(name, behind)
        behind = start + len(name)
        mentions.append(elsewhere.Mention(start, behind, label, probability, "model:entities"))
    extensions.declare()
    found = elsewhere.find(doc, mentions)
    assert [(mention.start, mention.label) for mention in found] == wanted
    assert {mention.provenance for mention in found} <= {"rule:repeated"}


def test_listed_names_change_words_and_tags(tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text("# our project\n云顶计划办\tORG\n", encoding="utf-8")
    words = tmp_path / "words.txt"
    words.write_text("云顶计划办\n", encoding="utf-8")
    nlp = spacy.blank(
        "zh",
        config={"nlp": {"tokenizer": {"@tokenizers": "pipeline.PkusegTokenizer.v1", "dictionary": str(words)}}},
    )
    nlp.add_pipe("entity_tagger", name="entities", config={"names": str(names)})
    doc = nlp("会议听取云顶计划办汇报。")
    assert "云顶计划办" in [token.text for token in doc]
    assert ("云顶计划办", "ORG", "rule:names") in [(e.text, e.label_, e._.provenance) for e in doc.ents]


def test_the_longest_listed_name_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("青石\tLOC\n青石大桥北\tFAC\n", encoding="utf-8")
    nlp = spacy.blank("zh")
    doc = EntityTagger(names=str(path))(nlp("青石镇在青石大桥北建站，青石大桥通车。"))
    listed = [(ent.text, ent.label_) for ent in doc.ents if ent._.provenance == "rule:names"]
    assert listed == [("青石", "LOC"), ("青石大桥北", "FAC"), ("青石", "LOC")]


@pytest.mark.parametrize(
    ("content", "message"), [("云顶计划办 ORG\n", "name<tab>label"), (None, "no such config file")]
)
def test_bad_names_file(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "names.tsv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        EntityTagger(names=str(path))


def test_features_are_those_the_bundled_model_has_learnt() -> None:
    """A feature with another number is lost on it; with another table or template, train it anew."""
    listed = ["建设", "清溪", "科技园", "、", "大朗", "物流园", "，", "推进", "川渝", "合作", "，", "增长", "５", "%"]
    numbers = featurize([listed, ["中山市", "政府", "。"]])
    assert zlib.crc32(numbers.astype("<u8").tobytes()) == 12481567


def _damaged() -> bytes:
    whole = bytearray(model_file(model_path("entities"), "model.npz").read_bytes())
    whole[len(whole) // 2] ^= 255
    return bytes(whole)


def _array() -> bytes:
    file = BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [None, b"", b"not a model", _damaged(), _array()])
def test_broken_model(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    if content is not None:
        (folder / "model.npz").write_bytes(content)
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_tagger", config={"model": str(folder)})
    with pytest.raises(ModelError, match="broken"):
        nlp("中山市")

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from pipeline.errors import ConfigError, ModelError
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.scoring import Phrase, acceptable, fold, rank


@pytest.mark.parametrize(
    ("words", "ok"),
    [
        (["灯饰", "产业"], True),
        (["招商引资"], True),
        (["建设"], False),
        (["的", "产业"], False),
        (["推进", "产业"], False),
        (["产业", "、", "企业"], False),
        (["产业", "2"], False),
        (["中"], False),
        (["“", "三旧", "”", "改造"], False),
    ],
)
def test_acceptable(words: list[str], ok: bool) -> None:
    assert acceptable(words) is ok


def test_headings_and_frequency_raise_the_score() -> None:
    rare = Phrase("a", 2, proposed=1, mentions=[(0, 2)], paragraphs={0})
    often = Phrase("b", 2, proposed=3, mentions=[(3, 5), (6, 8), (9, 11)], paragraphs={0, 1})
    headed = Phrase("c", 2, proposed=1, mentions=[(12, 14)], paragraphs={0}, in_heading=True)
    ranked = rank([rare, often, headed], 3)
    assert ranked[-1] is rare
    assert all(0 < phrase.score < 1 for phrase in ranked)


def test_fold_drops_what_only_stands_inside_a_longer_phrase() -> None:
    long = Phrase("特色小镇建设", 3, mentions=[(0, 6)], score=0.9)
    inner = Phrase("特色小镇", 2, mentions=[(0, 4)], score=0.8)
    free = Phrase("小镇", 1, mentions=[(2, 4), (20, 22)], score=0.1)
    assert fold([long, inner, free]) == [long, free]


def test_phrases_of_a_document(nlp: Language) -> None:
    text = "着力发展灯饰产业，推进招商引资工作。\n灯饰产业转型升级，招商引资成效明显，灯饰产业集群加快形成。"
    doc = nlp(text)
    for phrase in doc._.keyphrases:
        assert 0 < phrase["score"] < 1
        assert phrase["mentions"]
        for start, end in phrase["mentions"]:
            assert text[start:end] == phrase["text"]
    assert {span.text for span in doc.spans["keyphrases"]} >= {phrase["text"] for phrase in doc._.keyphrases}
    for paragraph in doc._.paragraphs:
        assert len(paragraph["keyphrases"]) <= 5
        assert all(phrase in text[paragraph["start"] : paragraph["end"]] for phrase in paragraph["keyphrases"])


@pytest.mark.parametrize(
    ("settings", "message"), [({"name": "magic"}, "Known: bundled"), ({"name": "bundled", "colour": 1}, "colour")]
)
def test_bad_backend(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        backends.create(settings)


def test_broken_model(tmp_path: Path) -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("hanlp_keyphrases", config={"backend": {"name": "bundled", "model": str(tmp_path)}})
    with pytest.raises(ModelError, match=r"config\.json"):
        nlp("发展灯饰产业")


@pytest.mark.slow
@pytest.mark.parametrize(("mended", "learns"), [(True, True), (False, False)])
def test_the_crf_learns_only_with_the_fix(tmp_path: Path, mended: bool, learns: bool) -> None:
    """HanLP hands its CRF the wrong axis; without the fix training runs and learns nothing."""
    from hanlp.components.ner.rnn_ner import RNNNamedEntityRecognizer

    from pipeline.stages.keyphrases.tagger import KeyPhraseTagger

    sentences = [
        "发展/O 灯饰/B-KP 产业/I-KP ，/O 推进/O 招商/B-KP 引资/I-KP",
        "加强/O 黑臭/B-KP 水体/I-KP 整治/I-KP 。/O",
        "深化/O 医疗/B-KP 改革/I-KP ，/O 落实/O 就业/B-KP 政策/I-KP 。/O",
        "招商/B-KP 引资/I-KP 成效/O 明显/O 。/O",
    ]
    file = tmp_path / "data.tsv"
    file.write_text("\n\n".join(s.replace(" ", "\n").replace("/", "\t") for s in sentences) + "\n", encoding="utf-8")
    tagger = (KeyPhraseTagger if mended else RNNNamedEntityRecognizer)()
    tagger.fit(
        str(file),
        str(file),
        str(tmp_path / "model"),
        epochs=40,
        embed=32,
        rnn_hidden=32,
        drop=0.0,
        lr=0.02,
        batch_size=4,
        seed=0,
        devices=-1,
        tagging_scheme="BIO",
        token_delimiter="",
        verbose=False,
        patience=40,
    )
    words = [[pair.split("/")[0] for pair in sentence.split()] for sentence in sentences]
    found = [sorted(text for text, *_ in spans) for spans in tagger.predict(words)]
    wanted = [["招商引资", "灯饰产业"], ["黑臭水体整治"], sorted(["医疗改革", "就业政策"]), ["招商引资"]]
    assert (found == wanted) is learns

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language

from pipeline.errors import ConfigError, ModelError
from pipeline.stages.keyphrases import backends
from pipeline.stages.keyphrases.background import lookup
from pipeline.stages.keyphrases.scoring import Candidate, Phrase, acceptable, choose, fold, rank, score


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


def test_paragraphs_headings_and_confidence_raise_the_score() -> None:
    weak = Phrase("a", mentions=[(0, 2)], scores={0: 0.2}, paragraphs={0})
    sure = Phrase("b", mentions=[(3, 5)], scores={0: 0.6}, paragraphs={0})
    often = Phrase("c", mentions=[(6, 8), (9, 11)], scores={0: 0.6, 1: 0.6}, paragraphs={0, 1})
    headed = Phrase("d", mentions=[(12, 14)], scores={0: 0.6}, paragraphs={0}, in_heading=True)
    assert [phrase.text for phrase in rank([weak, sure, often, headed])] == ["c", "d", "b", "a"]
    assert all(0 < phrase.score < 1 for phrase in (weak, sure, often, headed))


def test_fold_drops_what_a_better_phrase_says() -> None:
    long = Phrase("特色小镇建设", mentions=[(0, 6)])
    inner = Phrase("特色小镇", mentions=[(0, 4)])
    free = Phrase("小镇", mentions=[(2, 4), (20, 22), (30, 32)])
    assert fold([long, inner], 9) == [long]
    assert fold([free, Phrase("产业", mentions=[(40, 42)])], 1) == [free]
    assert fold([inner, long], 9) == [inner]


def candidate(text: str, confidence: float, **facts: Any) -> Candidate:
    found = Candidate(text, words=2, paragraph=0, confidence=confidence, **facts)
    found.score = score(found, 100)
    return found


def test_the_background_tells_phrases_from_chance() -> None:
    assert lookup("招商引资").freedom > 0
    assert lookup("从来没有人这样写过") == (0, 0.0, 0.0)
    # Known, free and tight beats a run that nobody uses elsewhere, at the same confidence.
    assert candidate("招商引资", 0.3).score > candidate("招商灯饰", 0.3).score


def test_a_heading_and_repetition_help() -> None:
    plain = candidate("灯饰产业", 0.3)
    assert candidate("灯饰产业", 0.3, headed=True).score > plain.score
    assert candidate("灯饰产业", 0.3, repeated=3).score > plain.score
    assert candidate("灯饰产业", 0.6).score > plain.score


def test_choice_takes_no_part_of_another() -> None:
    found = [candidate("灯饰产业", 0.6), candidate("灯饰产业集群", 0.2), candidate("招商引资", 0.3)]
    assert [c.text for c in choose(found, 5, 0.0)] == [
        c.text for c in sorted(found, key=lambda c: -c.score) if c.text != "灯饰产业集群"
    ]
    assert len(choose(found, 1, 0.0)) == 1
    assert choose(found, 5, 1.0) == []


@pytest.mark.slow
def test_span_probabilities_are_those_of_the_crf(tmp_path: Path) -> None:
    """Against the sum over every tagging of a short sentence, by brute force."""
    rng = np.random.default_rng(0)
    emissions, start, end, transitions = rng.normal(size=(4, 3)), *rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    weight: dict[tuple[int, int], float] = {}
    total = 0.0
    for tags in itertools.product(range(3), repeat=4):
        s = start[tags[0]] + end[tags[-1]] + sum(emissions[i, t] for i, t in enumerate(tags))
        p = math.exp(s + sum(transitions[a, b] for a, b in itertools.pairwise(tags)))
        total += p
        for i, tag in enumerate(tags):
            if tag == 0:
                j = i + 1
                while j < 4 and tags[j] == 1:
                    j += 1
                weight[i, j] = weight.get((i, j), 0.0) + p
    from pipeline.stages.keyphrases.tagger import _messages, _spans

    # In a batch with a longer sentence, which it is padded to.
    batch = np.stack([np.vstack([emissions, rng.normal(size=(3, 3))]), rng.normal(size=(7, 3))])
    forward, backward = _messages(batch, [4, 7], start, transitions, end)
    spans = _spans(emissions, forward[0, :4], backward[0, :4], transitions, end, 4, 0.0)
    found = {(s.begin, s.end): s.probability for s in spans}
    assert found == pytest.approx({span: p / total for span, p in weight.items()})


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

from __future__ import annotations

import itertools
import math
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.errors import ConfigError, ModelError
from pipeline.stages.keyphrases import KeyPhrases, backends
from pipeline.stages.keyphrases.background import chosen, known, lookup, part
from pipeline.stages.keyphrases.scoring import Candidate, Phrase, acceptable, choose, fold, rank, score
from pipeline.stages.segmenter import PkusegTokenizer


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
        (["特色", "区域"], False),  # 区域 ends no phrase
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


def test_a_phrase_gives_way_to_the_one_it_always_stands_in() -> None:
    inner = Phrase("特色小镇", mentions=[(0, 4), (20, 24)], score=0.6)
    for score_, kept in ((0.4, "特色小镇建设"), (0.1, "特色小镇")):
        outer = Phrase("特色小镇建设", mentions=[(0, 6), (20, 26)], score=score_)
        assert [phrase.text for phrase in fold([inner, outer], 9)] == [kept]


def candidate(text: str, confidence: float, **facts: Any) -> Candidate:
    found = Candidate(text, words=2, paragraph=0, confidence=confidence, **facts)
    found.score = score(found, 100)
    return found


def test_the_background_tells_phrases_from_chance() -> None:
    assert lookup("招商引资").freedom > 0
    assert lookup("从来没有人这样写过") == (0, 0.0, 0.0)
    # Known, free and tight beats a run that nobody uses elsewhere, at the same confidence.
    assert candidate("招商引资", 0.3).score > candidate("招商灯饰", 0.3).score


def test_what_readers_chose_tells_phrases_from_filling() -> None:
    assert chosen("招商引资") > chosen("从来没有人这样写过") > chosen("提质增效")
    assert candidate("招商引资", 0.3).score > candidate("提质增效", 0.3).score
    assert (part("产业"), part("贯彻"), part("从来没有人这样写过")) == (True, False, None)
    assert known("招商引资")
    assert not known("从来没有人这样写过")


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


def test_emissions_are_those_of_hanlp() -> None:
    import torch

    from pipeline.resources import model_path
    from pipeline.stages.keyphrases.tagger import load

    tagger = load(model_path("keyphrases"))
    words = [["推进"], ["发展", "龘龘龘", "灯饰", "产业"], ["新", "路"] * 20]
    with torch.no_grad():
        (batch,) = tagger.build_dataloader(tagger.build_samples(words), 32, False, tagger.device)
        theirs, mask = tagger.feed_batch(batch)
        numbers = tagger._numbers([words[index] for index in batch["_idx_"]])
        ours, lengths = tagger._emissions(numbers)
    assert torch.equal(numbers, batch["token_id"])
    assert lengths == mask.sum(1).tolist()
    assert torch.allclose(ours[mask], theirs[mask], atol=1e-5)


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


REPORT = (
    "着力发展灯饰产业，推进招商引资工作，黑臭水体整治成效明显。\n"
    "云溪镇灯饰产业转型升级，招商引资再上台阶，灯饰产业集群加快形成。\n"
    "加强安全生产监管，推进家庭医生签约服务，完善基层治理体系。"
)


def results(doc: Doc) -> tuple[Any, ...]:
    """Everything the stage leaves on a Doc, as plain values."""
    return doc._.keyphrases, doc._.paragraphs, [(span.start, span.end) for span in doc.spans["keyphrases"]]


@pytest.fixture(scope="module")
def blank() -> Language:
    """The stage alone on spaCy's tokenizer, which makes each character a word."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("hanlp_keyphrases")
    return nlp


def test_several_threads_give_what_one_gives(nlp: Language) -> None:
    stage = KeyPhrases({"name": "bundled"})  # not loaded yet, so that the threads race for that too
    texts = [REPORT, REPORT[:40], REPORT[40:] * 3, "推进招商引资。"] * 8
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: results(stage(nlp.make_doc(text))), texts))
    assert together == [results(stage(nlp.make_doc(text))) for text in texts]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_leaves_no_lock_shut() -> None:
    from pipeline.stages.keyphrases.backends import bundled, threads

    with bundled._loading, threads._lock:
        child = os.fork()
        if not child:
            os._exit(not (bundled._loading.acquire(timeout=1) and threads._lock.acquire(timeout=1)))
    assert os.waitpid(child, 0)[1] == 0


def test_several_processes_give_what_one_gives(blank: Language) -> None:
    texts = [REPORT, REPORT[:40]]
    assert [results(doc) for doc in blank.pipe(texts, n_process=2, batch_size=1)] == [
        results(blank(text)) for text in texts
    ]


@pytest.mark.parametrize("way", ["disk", "bytes"])
def test_a_saved_stage_needs_no_model_elsewhere(
    way: str, blank: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "disk":
        blank.to_disk(tmp_path / "nlp")
    saved = blank.to_bytes()
    monkeypatch.setattr("pipeline.resources.ROOT", tmp_path)  # no bundled models there
    if way == "disk":
        again = spacy.load(tmp_path / "nlp")
        shutil.rmtree(tmp_path / "nlp")
    else:
        again = spacy.blank("zh")
        again.add_pipe("hanlp_keyphrases")
        again.from_bytes(saved)
    assert results(again(REPORT)) == results(blank(REPORT))
    assert again.to_bytes()


def own_words(nlp: Language) -> Language:
    nlp.tokenizer = PkusegTokenizer(nlp.vocab, model="segmenter")
    return nlp


@pytest.mark.parametrize(
    ("make", "finds"),
    [
        (lambda: spacy.blank("zh"), set[str]()),
        (lambda: own_words(spacy.blank("zh")), {"灯饰产业", "招商引资"}),
        (lambda: spacy.blank("xx"), set[str]()),
        (lambda: own_words(spacy.blank("en")), {"灯饰产业", "招商引资"}),
    ],
    ids=["characters", "pkuseg", "spaces", "other language"],
)
def test_works_in_any_pipeline(make: Callable[[], Language], finds: set[str]) -> None:
    nlp = make()
    nlp.add_pipe("hanlp_keyphrases", config={"per_document": 10})
    for text in (REPORT, "", "\n\n", "。", "no Chinese at all"):
        doc = nlp(text)
        assert len(doc._.keyphrases) <= 10
        assert all(text[a:b] == phrase["text"] for phrase in doc._.keyphrases for a, b in phrase["mentions"])
        if text == REPORT:
            assert finds <= {phrase["text"] for phrase in doc._.keyphrases}


@pytest.mark.parametrize("threads", [1, 3])
def test_torch_has_the_threads_it_was_given_and_gets_its_own_back(
    threads: int, nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    seen = []
    stage = KeyPhrases({"name": "bundled", **({} if threads == 1 else {"threads": threads})})
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        stage(nlp.make_doc(REPORT))
        tagger = stage.backend._tagger
        monkeypatch.setattr(
            tagger, "span_probabilities", lambda words, **_: seen.append(torch.get_num_threads()) or [[] for _ in words]
        )
        stage(nlp.make_doc(REPORT))
        assert (seen, torch.get_num_threads()) == ([threads], 2)
    finally:
        torch.set_num_threads(before)


class Told:
    """A backend that proposes what it is told, wherever it stands."""

    def __init__(self, phrases: dict[str, float]) -> None:
        self.phrases = phrases

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> list[backends.Proposal]:
        return sorted(
            backends.Proposal(start, end, confidence)
            for phrase, confidence in self.phrases.items()
            for paragraph in paragraphs
            for start, end in backends.occurrences(doc.text, phrase, paragraph["start"], paragraph["end"])
        )


def told(text: str, words: str, phrases: dict[str, float], entities: tuple[tuple[str, str], ...] = ()) -> Doc:
    """A Doc of given words and names through a stage that is told its proposals."""
    doc = Doc(spacy.blank("zh").vocab, words=words.split("|"), spaces=[False] * len(words.split("|")))
    assert doc.text == text
    doc.ents = [
        doc.char_span(start, end, label=label)
        for name, label in entities
        for start, end in backends.occurrences(text, name, 0, len(text))
    ]
    stage = KeyPhrases({"name": "bundled"})
    stage.backend = Told(phrases)
    return stage(doc)


@pytest.mark.parametrize(
    ("phrase", "confidence", "chosen"),
    [
        ("云溪镇", 0.3, False),  # a name that the paragraph is not about
        ("云溪镇", 0.9, True),
        ("云溪", 0.9, False),  # a part of a name is none
        ("湿地公园", 0.9, False),
        ("湿地公园景观", 0.9, True),  # more than the name
        ("招商引资", 0.3, True),
    ],
)
def test_names_and_their_parts_are_no_phrases_unless_the_paragraph_is_about_them(
    phrase: str, confidence: float, chosen: bool
) -> None:
    text = "云溪镇推进云溪湿地公园景观提升，招商引资成效好。"
    words = "云溪|镇|推进|云溪|湿地|公园|景观|提升|，|招商引资|成效|好|。"
    doc = told(text, words, {phrase: confidence}, (("云溪镇", "GPE"), ("云溪湿地公园", "FAC")))
    assert (phrase in doc._.paragraphs[0]["keyphrases"]) is chosen
    names = {ent.text for ent in doc.ents}
    assert not names & {found["text"] for found in doc._.keyphrases}


@pytest.mark.parametrize(
    ("words", "proposed", "wanted"),
    [
        # Always before the same part of phrases: it grows to the whole.
        ("争取|县域|经济|权限|。|县域|经济|权限|要|用|好|。", "县域经济", {"县域经济权限"}),
        # Once free: it stays.
        ("争取|县域|经济|权限|。|县域|经济|要|活|。", "县域经济", {"县域经济"}),
        # Always before the same verb: no phrase at all.
        ("学习|宣传|贯彻|精神|。|把|学习|宣传|贯彻|好|。", "学习宣传", set()),
        # A verb may stand before it each time.
        ("发展|灯饰|产业|。|发展|灯饰|产业|。", "灯饰产业", {"灯饰产业"}),
        # A word cut in two: nobody knows it, and the same word always goes before it.
        ("灯|饰产业|强|。|灯|饰产业|大|。", "饰产业", set()),
        # Never at an end of its own.
        ("国家级|出口|灯饰|。|国家级|出口|家具|。", "国家级出口", set()),
        # What every report has.
        ("经济社会发展|快|。", "经济社会发展", set()),
        # A person's name.
        ("镇|党委|书记|李|晓明|说|。", "李晓明", set()),
        ("李|晓明|说|。", "李晓明", {"李晓明"}),
    ],
)
def test_phrases_of_a_document_are_whole(words: str, proposed: str, wanted: set[str]) -> None:
    doc = told(words.replace("|", ""), words, {proposed: 0.9})
    assert {phrase["text"] for phrase in doc._.keyphrases} == wanted


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

    from pipeline.stages.keyphrases.backends.threads import torch_threads
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
    with torch_threads(1):
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

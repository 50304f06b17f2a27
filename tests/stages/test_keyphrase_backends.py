"""Backends outside this project: a loopback server for HanLP's REST service, HanLP models trained here."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import spacy
from phrasetree.tree import Tree

from pipeline import extensions
from pipeline.errors import BackendError, ConfigError
from pipeline.stages.keyphrases import KeyPhrases, backends
from pipeline.stages.keyphrases.backends.hanlp_model import _LONGEST_SENTENCE, HanlpModelBackend, _parts
from tests.stages import hanlp_models

TEXT = "着力发展灯饰产业，推进招商引资。\n灯饰产业转型升级。"
GOOD = (200, json.dumps({"灯饰产业": 0.9, "招商引资": 0.2, "不在文中": 0.4}))


class Server(ThreadingHTTPServer):
    """Gives the answers it was told, the last one again and again, and keeps the requests."""

    answers: list[tuple[int, str]]
    requests: list[tuple[str, str | None, dict[str, Any]]]
    delay = 0.0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers["Authorization"], body))
        status, text = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        time.sleep(self.server.delay)
        self.send_response(status)
        self.end_headers()
        with suppress(BrokenPipeError):  # whoever asked has stopped waiting
            self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server(("127.0.0.1", 0), Handler)
    served.answers, served.requests = [GOOD], []
    Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def stage(server: Server, **settings: Any) -> KeyPhrases:
    url = f"http://127.0.0.1:{server.server_port}/api"
    return KeyPhrases({"name": "rest", "url": url, "wait": 0.01, "timeout": 5.0, **settings})


def test_rest_phrases_become_spans(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "secret")
    nlp = spacy.blank("zh")
    doc = stage(server, auth="MY_KEY", per_request=7)(nlp(TEXT))
    assert doc._.paragraphs[0]["keyphrases"] == ["灯饰产业", "招商引资"]
    assert {p["text"]: len(p["mentions"]) for p in doc._.keyphrases} == {"灯饰产业": 2, "招商引资": 1}
    path, auth, body = server.requests[0]
    assert (path, auth, body["topk"], body["language"]) == ("/api/keyphrase_extraction", "Basic secret", 7, "zh")
    assert [request[2]["text"] for request in server.requests] == TEXT.split("\n")


def test_rest_sends_no_key_but_the_one_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANLP_AUTH", "secret")
    stage(server, auth="MY_OTHER_KEY")(spacy.blank("zh")(TEXT))
    assert server.requests[0][1] is None


def test_rest_waits_when_there_are_too_many_requests(server: Server) -> None:
    server.answers = [(429, ""), (429, ""), GOOD]
    assert stage(server)(spacy.blank("zh")("着力发展灯饰产业"))._.keyphrases
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "settings", "message"),
    [
        ((401, "no"), {"auth": "MY_KEY"}, r"401.*MY_KEY"),
        ((429, ""), {"retries": 1}, "after 2 tries"),
        ((500, ""), {}, "status 500"),
        ((200, "<html>"), {}, "not JSON"),
        ((200, "[1]"), {}, "no phrases"),
    ],
)
def test_rest_errors(server: Server, answer: tuple[int, str], settings: dict[str, Any], message: str) -> None:
    server.answers = [answer]
    with pytest.raises(BackendError, match=message):
        stage(server, **settings)(spacy.blank("zh")(TEXT))


def test_rest_times_out(server: Server) -> None:
    server.delay = 0.5
    with pytest.raises(BackendError, match=r"no answer within 0\.1 s"):
        stage(server, timeout=0.1)(spacy.blank("zh")(TEXT))


def test_rest_without_a_server(server: Server) -> None:
    server.server_close()
    with pytest.raises(BackendError, match="ConnectionError"):
        stage(server)(spacy.blank("zh")(TEXT))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("network")

    for name in ("socket", "getaddrinfo", "create_connection"):
        monkeypatch.setattr(f"socket.{name}", refuse)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("NO_SUCH_MODEL", "not on this machine"),
        ("CLOSE_TOK_POS_NER_SRL_DEP_SDP_CON_ELECTRA_SMALL_ZH", "not on this machine"),
        ("https://file.hankcs.com/hanlp/mtl/no_such_model.zip", "not on this machine"),
        ("no/such/folder", r"config\.json"),
    ],
)
def test_a_model_that_is_not_here_is_an_immediate_error(model: str, message: str, no_network: None) -> None:
    doc, stage = spacy.blank("zh")(TEXT), KeyPhrases({"name": "hanlp", "model": model})
    begun = time.perf_counter()
    with pytest.raises((BackendError, ConfigError), match=message):
        stage(doc)
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("encoder", ["hfl/chinese-electra-180g-small-discriminator", "no-such/encoder"])
def test_a_folder_whose_encoder_is_not_here_is_an_immediate_error(
    encoder: str, tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {
        "classpath": "hanlp.components.mtl.multi_task_learning.MultiTaskLearning",
        "a": [{"transformer": encoder}],
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    doc, stage = spacy.blank("zh")(TEXT), KeyPhrases({"name": "hanlp", "model": str(tmp_path)})
    begun = time.perf_counter()
    with pytest.raises(BackendError, match=encoder):
        stage(doc)
    assert time.perf_counter() - begun < 2


def test_a_broken_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"classpath": "hanlp.no.such.Class"}', encoding="utf-8")
    with pytest.raises(BackendError, match="can't be loaded"):
        KeyPhrases({"name": "hanlp", "model": str(tmp_path)})(spacy.blank("zh")(TEXT))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hanlp")
    tasks = {"con": ("tok", "con"), "pos": ("tok", "pos", "ner")}
    return {name: hanlp_models.train(folder / name, names) for name, names in tasks.items()}


SENTENCES = "云溪镇发展灯饰产业。推进招商引资。\n灯饰产业升级。"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        # A tree's noun phrases, the town among them: a model without ner doesn't know that it is a name.
        ("con", {"云溪镇", "灯饰产业", "招商引资"}),
        # Runs of nouns and what ends them; the model's ner takes the town for a name.
        ("pos", {"灯饰产业", "产业", "招商引资", "引资"}),
    ],
)
def test_a_trained_multi_task_model_proposes(
    name: str, proposed: set[str], models: dict[str, Path], no_network: None
) -> None:
    doc = spacy.blank("zh")(SENTENCES)
    stage = KeyPhrases({"name": "hanlp", "model": str(models[name])})
    found = stage.backend.propose(doc, extensions.paragraphs(doc))
    assert {doc.text[p.start : p.end] for p in found} == proposed
    assert sum(doc.text[p.start : p.end] == "灯饰产业" for p in found) == 2
    stage(doc)
    assert [paragraph["keyphrases"] for paragraph in doc._.paragraphs][1] == ["灯饰产业"]
    assert {"招商引资", "灯饰产业"} <= {phrase["text"] for phrase in doc._.keyphrases}


@pytest.mark.slow
def test_a_model_in_a_config_works_in_several_threads(models: dict[str, Path]) -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("hanlp_keyphrases", config={"backend": {"name": "hanlp", "model": str(models["pos"])}})
    texts = [SENTENCES, SENTENCES * 2, "推进招商引资。"] * 4
    alone = [nlp(text)._.keyphrases for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert [doc._.keyphrases for doc in pool.map(nlp, texts)] == alone


CON = "(TOP (IP (VP (VV 发展) (NP (NN 灯饰) (NN 产业))) (PU ，) (VP (VV 推进) (NP (NN 招商) (NN 引资)))))"


@pytest.mark.parametrize(
    ("analysed", "phrases"),
    [
        ({"con": [Tree.fromstring(CON)]}, {"灯饰产业", "招商引资"}),
        (
            {"tok/fine": [["发展", "大", "灯饰", "产业", "，"]], "pos/ctb": [["VV", "JJ", "NN", "NN", "PU"]]},
            {"大灯饰产业", "灯饰产业", "产业"},
        ),
    ],
)
def test_noun_phrases_of_a_model(analysed: dict[str, Any], phrases: set[str]) -> None:
    assert set(HanlpModelBackend("any/")._phrases(analysed, 0)) == phrases


def test_a_model_without_phrases() -> None:
    with pytest.raises(BackendError, match="neither con nor pos"):
        list(HanlpModelBackend("any/")._phrases({"ner": [[]]}, 0))


@pytest.mark.parametrize("sentence", ["", "短句。", "很长的一句，" * 60, "字" * 400])
def test_long_sentences_are_cut_without_loss(sentence: str) -> None:
    parts = list(_parts(sentence))
    assert "".join(text for _, text in parts) == sentence
    assert all(len(text) <= _LONGEST_SENTENCE and sentence[begin:].startswith(text) for begin, text in parts)


@pytest.mark.slow
def test_a_model_of_a_config_reads_the_paragraphs_it_is_given(models: dict[str, Path], no_network: None) -> None:
    backend = backends.create({"name": "hanlp", "model": str(models["con"])})
    doc, begin = spacy.blank("zh")(SENTENCES), SENTENCES.index("\n") + 1
    [found] = backend.propose(doc, [{"start": begin, "end": len(SENTENCES)}])
    assert (found.start, doc.text[found.start : found.end]) == (begin, "灯饰产业")

"""The whole line: as spaCy sees it, without network, saved and loaded, installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from pipeline.resources import ROOT

TEXT = "九江镇完成固定资产投资37.99亿元，同比增长55.74%。加快灯饰产业转型升级，推进黑臭水体整治。"

REFUSE = """
import os, sys

EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostby")
EVENTS += ("urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect")

def refuse(event, arguments):
    # Python tells of every call, from C too; a worker process talks to its parent by a local socket or pipe.
    if event.startswith(EVENTS) and not (event == "socket.connect" and isinstance(arguments[1], (str, bytes))):
        os.write(2, f"network: {event} {arguments}\\n".encode())
        os._exit(99)

sys.addaudithook(refuse)
"""
"""A ``sitecustomize.py``: any Python process that reaches for the network, a worker's too, ends at once."""


def test_stages_declare_what_they_need(nlp: Language) -> None:
    assert not any(nlp.analyze_pipes()["problems"].values())


def test_factories_are_entry_points() -> None:
    names = {entry.name for entry in entry_points(group="spacy_factories") if entry.value.startswith("pipeline.")}
    assert names == {"entity_tagger", "quantities", "places", "indicators", "hanlp_keyphrases", "theme_classifier"}
    nlp = spacy.blank("zh")
    for name in sorted(names):
        nlp.add_pipe(name)
    doc = nlp(TEXT)
    assert {ent.label_ for ent in doc.ents} >= {"MONEY", "PERCENT"}
    assert doc._.paragraphs[0]["themes"]


def test_round_trip(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    first, second = nlp(TEXT), again(TEXT)
    assert [token.text for token in first] == [token.text for token in second]
    assert [(e.text, e.label_, e._.norm) for e in first.ents] == [(e.text, e.label_, e._.norm) for e in second.ents]
    assert first._.paragraphs == second._.paragraphs
    assert first._.keyphrases == second._.keyphrases


def test_pipe_gives_the_same_as_call(nlp: Language) -> None:
    texts = [TEXT, "", "　", TEXT[::-1]]
    piped = [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(texts)]
    assert piped == [[(e.text, e.label_) for e in nlp(text).ents] for text in texts]


def test_several_processes(nlp: Language) -> None:
    texts = [TEXT, TEXT + "完成。"]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=1))
    assert [[(e.text, e._.norm) for e in doc.ents] for doc in docs] == [
        [(e.text, e._.norm) for e in nlp(t).ents] for t in texts
    ]
    assert all(doc._.paragraphs and doc._.keyphrases is not None for doc in docs)


def without_network(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that can't reach the network and has no model of anybody's in its home."""
    (folder / "sitecustomize.py").write_text(REFUSE, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": f"{folder}:{ROOT}"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import requests; requests.get('http://127.0.0.1:9/')",
        "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', 'import socket; "
        'socket.create_connection(("127.0.0.1", 9))\']))',
    ],
)
def test_the_network_is_really_out_of_reach(tmp_path: Path, code: str) -> None:
    assert without_network(tmp_path, code).returncode == 99


@pytest.mark.slow
def test_all_reports_without_network(tmp_path: Path, reports: Path) -> None:
    """Every format annotated, shown, exported and evaluated."""
    out = tmp_path / "out"
    gold = sorted((ROOT / "corpus" / "annotations" / "dev").glob("*.jsonl"))[0]
    for arguments in (
        ("run", str(reports), "--output", str(out), "--csv", "--quiet"),
        ("view", str(out), "--html", str(tmp_path / "site")),
        ("export", str(out), "--to", "csv", "--output", str(tmp_path / "check.csv")),
        ("evaluate", str(gold)),
        ("info",),
    ):
        result = without_network(tmp_path, "from pipeline.cli import main; main()", *arguments)
        assert (result.returncode, result.stderr if arguments[0] == "run" else "") == (0, ""), result.stderr
    assert (out / "annotations.jsonl").read_text(encoding="utf-8").count("\n") >= 12


@pytest.mark.slow
def test_the_wheel_carries_models_and_configs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "models/segmenter/weights.npz",
        "models/entities/model.npz",
        "models/keyphrases/model.pt",
        "models/themes/model.npz",
        "configs/pipeline.cfg",
        "configs/themes.toml",
    ):
        assert f"pipeline/_data/{name}" in names
    assert {"pipeline/data/divisions.tsv.gz", "pipeline/output/annotations.schema.json"} <= names
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import pipeline, pipeline.resources as r; assert '_data' in str(r.ROOT), r.ROOT; "
        "print(len(pipeline.annotate('九江镇增长8%。')['entities']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip().isdigit(), ran.stderr

"""Models are data: whatever stands in a folder somebody sends, loading it runs nothing."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy

from pipeline.errors import ModelError
from pipeline.resources import ROOT


class Evil:
    """Unpickled, it leaves a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = str(trace)

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (self.trace, "w"))


def weights_pickled(folder: Path, trace: Path) -> None:
    (folder / "model.pt").write_bytes(pickle.dumps(Evil(trace)))


def weights_saved_whole(folder: Path, trace: Path) -> None:
    import torch

    torch.save({"weight": Evil(trace)}, folder / "model.pt")


def config_naming_a_class(folder: Path, trace: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["embed"] = {"classpath": "pathlib.Path.touch", "self": str(trace)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def config_naming_an_address(folder: Path, trace: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"embed": "http://127.0.0.1:9/x.zip"}), encoding="utf-8")


def arrays_pickled(folder: Path, trace: Path) -> None:
    array = np.array([Evil(trace)], dtype=object)
    np.savez(folder / "weights.npz", sizes=array, w=array)


def features_pickled(folder: Path, trace: Path) -> None:
    (folder / "features.msgpack").unlink()
    (folder / "features.pkl").write_bytes(pickle.dumps(Evil(trace)))


def crf_pickled(folder: Path, trace: Path) -> None:
    (folder / "model.npz").write_bytes(pickle.dumps(Evil(trace)))


def themes_pickled(folder: Path, trace: Path) -> None:
    (folder / "model.npz").write_bytes(pickle.dumps(Evil(trace)))
    forge(folder)


def theme_arrays_pickled(folder: Path, trace: Path) -> None:
    with np.load(folder / "model.npz") as arrays:
        parts = dict(arrays)
    np.savez(folder / "model.npz", **{**parts, "intercepts": np.array([Evil(trace)], dtype=object)})
    forge(folder)


def forge(folder: Path) -> None:
    """Make the hash fit what the file has become."""
    facts = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    facts["sha256"] = hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest()
    (folder / "labels.json").write_text(json.dumps(facts), encoding="utf-8")


CASES: list[tuple[str, Callable[[Path, Path], None]]] = [
    ("keyphrases", weights_pickled),
    ("keyphrases", weights_saved_whole),
    ("keyphrases", config_naming_a_class),
    ("keyphrases", config_naming_an_address),
    ("segmenter", arrays_pickled),
    ("segmenter", features_pickled),
    ("entities", crf_pickled),
    ("themes", themes_pickled),
    ("themes", theme_arrays_pickled),
]


@pytest.mark.parametrize(("stage", "spoil"), CASES)
def test_a_spoilt_model_is_refused_and_runs_nothing(
    tmp_path: Path, stage: str, spoil: Callable[[Path, Path], None]
) -> None:
    model, trace = tmp_path / stage, tmp_path / "trace"
    shutil.copytree(ROOT / "models" / stage, model)
    spoil(model, trace)
    nlp = spacy.blank("zh")
    if stage == "segmenter":
        from pipeline.stages.segmenter import PkusegTokenizer

        nlp.tokenizer = PkusegTokenizer(nlp.vocab, model=str(model))
    elif stage == "keyphrases":
        nlp.add_pipe("hanlp_keyphrases", config={"backend": {"name": "bundled", "model": str(model)}})
    else:
        nlp.add_pipe({"entities": "entity_tagger", "themes": "theme_classifier"}[stage], config={"model": str(model)})
    with pytest.raises(ModelError) as caught:
        nlp("石桥镇加快发展灯饰产业。")
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not trace.exists()

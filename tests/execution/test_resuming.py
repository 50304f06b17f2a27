"""A run on a folder goes on where the last one ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from spacy.language import Language

import pipeline
from pipeline.errors import UsageError
from pipeline.execution import job
from pipeline.output.writer import SHARDS
from tests.execution.conftest import content, document, failures, names

Make = Callable[..., Path]


def _run(nlp: Language, inputs: Path | list[Path], out: Path, **options: object) -> dict[str, int]:
    summary = job.run(nlp, inputs if isinstance(inputs, list) else [inputs], out, **options)
    return {name: summary.manifest["execution"][name] for name in ("done", "kept", "dropped")}


def test_what_is_finished_is_kept_and_what_changed_is_done(light: Language, folder: Make, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工", c="抛出异常"), tmp_path / "out"
    assert _run(light, inputs, out) == {"done": 3, "kept": 0, "dropped": 0}
    before = content(out)
    assert _run(light, inputs, out) == {"done": 1, "kept": 2, "dropped": 0}  # what failed is tried again
    assert content(out) == before
    folder(b="完工", c="竣工", d="验收")
    assert _run(light, inputs, out) == {"done": 3, "kept": 1, "dropped": 0}
    assert failures(out) == {}
    _run(light, inputs, tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")
    assert _run(light, inputs, out, force=True) == {"done": 4, "kept": 0, "dropped": 0}


def test_vanished_documents_stay_until_they_are_dropped(light: Language, folder: Make, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工", c="竣工"), tmp_path / "out"
    _run(light, inputs, out)
    (inputs / "a.txt").unlink()
    assert _run(light, inputs, out) == {"done": 0, "kept": 2, "dropped": 0}
    assert names(out) == ["b", "c", "a"]
    assert _run(light, inputs, out, drop_vanished=True) == {"done": 0, "kept": 2, "dropped": 1}
    assert names(out) == ["b", "c"]
    _run(light, inputs, tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_what_was_moved_is_kept_under_its_new_path(light: Language, folder: Make, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工"), tmp_path / "out"
    _run(light, inputs, out)
    inputs = inputs.rename(tmp_path / '镇"\\')
    assert _run(light, inputs, out) == {"done": 0, "kept": 2, "dropped": 0}
    _run(light, inputs, tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_another_config_does_all_again(light: Language, config: Path, folder: Make, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工"), tmp_path / "out"
    _run(light, inputs, out)
    config.write_text(config.read_text(encoding="utf-8").replace("bare_yi = true", "bare_yi = false"), encoding="utf-8")
    other = pipeline.load(config)
    assert _run(other, inputs, out) == {"done": 2, "kept": 0, "dropped": 0}
    (inputs / "a.txt").unlink()
    with pytest.raises(UsageError, match=r"1 documents, such as a\.txt.*--drop-vanished"):
        _run(light, inputs, out)
    assert _run(light, inputs, out, drop_vanished=True) == {"done": 1, "kept": 0, "dropped": 1}
    assert len(list((out / SHARDS).glob("*.sqlite"))) == 1  # nothing is kept of what was replaced


def test_a_model_or_word_list_that_changed_does_all_again(
    light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("工业总产值\n", encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace("dictionary = null", f'dictionary = "{words}"')
    config.write_text(text, encoding="utf-8")
    inputs, out = folder(a="完成"), tmp_path / "out"
    _run(pipeline.load(config), inputs, out)
    assert _run(pipeline.load(config), inputs, out)["kept"] == 1
    words.write_text("总产值\n", encoding="utf-8")
    assert _run(pipeline.load(config), inputs, out)["done"] == 1


def test_lines_are_kept_one_by_one(light: Language, tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out"

    def write(**texts: str) -> None:
        lines = [json.dumps({"id": name, "text": document(text)}) for name, text in texts.items()]
        path.write_text("\n".join(lines), encoding="utf-8")

    write(a="完成", b="开工", c="竣工")
    _run(light, [path], out)
    write(c="竣工", b="完工", d="验收")
    assert _run(light, [path], out, drop_vanished=True) == {"done": 2, "kept": 1, "dropped": 1}
    assert names(out) == [f"in.jsonl#{name}" for name in "cbd"]
    assert "完工" in (out / "annotations.jsonl").read_text(encoding="utf-8")


def test_a_second_folder_joins_the_first_but_never_replaces_it(light: Language, tmp_path: Path) -> None:
    for name, text in (("x", "完成"), ("y", "开工"), ("z", "完成")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.txt").write_text(document(text), encoding="utf-8")
    (tmp_path / "y" / "other.txt").write_text(document("竣工"), encoding="utf-8")
    out = tmp_path / "out"
    _run(light, tmp_path / "x", out)
    _run(light, tmp_path / "y", out)
    assert names(out) == ["other", "report"]
    assert "完成" in (out / "annotations.jsonl").read_text(encoding="utf-8")
    assert "another file" in failures(out)["report"]["message"]
    assert _run(light, tmp_path / "z", out)["kept"] == 1  # the same text under another path


def test_a_result_without_shards_is_not_replaced(light: Language, folder: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "annotations.jsonl").write_text("of another program", encoding="utf-8")
    with pytest.raises(UsageError, match="--force"):
        _run(light, folder(a="完成"), out)
    assert [path.name for path in out.iterdir()] == ["annotations.jsonl"]
    assert _run(light, folder(a="完成"), out, force=True)["done"] == 1


def test_a_damaged_shard_costs_its_documents_a_second_time(light: Language, folder: Make, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工"), tmp_path / "out"
    _run(light, inputs, out)
    before = content(out)
    (shard,) = (out / SHARDS).glob("*.sqlite")
    for data in (b"", b"no database", shard.read_bytes()[:5000]):
        for path in (out / SHARDS).glob("*.sqlite"):
            path.write_bytes(data)
        assert _run(light, inputs, out) == {"done": 2, "kept": 0, "dropped": 0}, data[:20]
        assert content(out) == before

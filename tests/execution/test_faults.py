"""Each fault is injected for real; none costs more than its own document."""

from __future__ import annotations

import json
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from spacy.language import Language

from pipeline.errors import UsageError
from pipeline.execution import job
from pipeline.execution.processes import Processes
from pipeline.execution.serial import Serial
from pipeline.execution.tasks import Engine, Limits
from pipeline.output import docbin
from pipeline.output.finished import Finished, dump
from pipeline.output.shards import Shards, ShardWriter
from pipeline.output.writer import SHARDS
from tests.execution.conftest import POISON, children, command, content, failures, names, start, state

Make = Callable[..., Path]

LIMITS = Limits(seconds=3, chars=5000, megabytes=1000)


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The light pipeline has no models that take a minute to load on a busy machine."""
    monkeypatch.setattr("pipeline.execution.processes._WARM_UP", 5)


@pytest.mark.slow
def test_a_poisoned_document_costs_itself(light: Language, config: Path, folder: Make, tmp_path: Path) -> None:
    inputs = folder(**{name: text for name, (text, _, _) in POISON.items()}, a="完成", h="开工", z="竣工")
    out = tmp_path / "out"
    job.run(light, [inputs], out, engine=Processes(config, 2, LIMITS))
    assert names(out) == ["a", "h", "z"]
    found = failures(out)
    assert {name: failure["error"] for name, failure in found.items()} == {
        name: error for name, (_, error, _) in POISON.items()
    }
    for name, (_, _, message) in POISON.items():
        assert message in found[name]["message"]
        assert name in found[name]["path"]
    for name in POISON:
        folder(**{name: "完成"})
    assert job.run(light, [inputs], out).manifest["execution"]["kept"] == 3
    job.run(light, [inputs], tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_a_document_that_hangs_in_this_process(light: Language, folder: Make, tmp_path: Path) -> None:
    inputs = folder(a="完成", b="永远睡眠", c="死循环中", d="抛出异常", e="竣工")
    job.run(light, [inputs], tmp_path / "out", engine=Serial(light, Limits(seconds=3)))
    assert names(tmp_path / "out") == ["a", "e"]
    assert [failure["error"] for failure in failures(tmp_path / "out").values()] == [
        "TimeLimit",
        "TimeLimit",
        "RuntimeError",
    ]


@pytest.mark.slow
def test_a_document_that_kills_a_small_run_is_found_out_by_the_next(config: Path, folder: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = command("run", folder(a="完成", b="杀死进程", c="竣工"), "-o", out, "-c", config, "-q")
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert not (out / "run.json").exists()
    ran = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert (ran.returncode, names(out)) == (1, ["a", "c"])
    assert failures(out)["b"]["error"] == "WorkerKilled"
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["execution"]["kept"] == 1


def _shards(out: Path) -> int:
    """Documents stored so far, as a stranger sees them; one that two runs stored counts once."""
    import sqlite3

    found: set[str] = set()
    for path in (out / SHARDS).glob("*.sqlite"):
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                found.update(name for (name,) in connection.execute("SELECT name FROM documents"))
        except sqlite3.DatabaseError:
            continue
    return len(found)


def _until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_kill_9_costs_the_documents_in_flight(
    engine: str, light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    inputs = folder(**{f"{number:02}": "慢慢处理" for number in range(12)})
    out = tmp_path / "out"
    arguments = ["run", inputs, "-o", out, "-c", config, "--engine", engine, "-q"]
    kept = 0
    for enough in (1, 5):
        process = start(*arguments)
        _until(lambda enough=enough: _shards(out) >= enough, process)
        process.kill()
        process.communicate()
        kept = max(kept, _shards(out))
        assert not (out / "annotations.jsonl").exists()  # nothing half done looks like a result
    summary = job.run(light, [inputs], out)
    assert summary.manifest["execution"]["kept"] >= kept >= 5
    job.run(light, [inputs], tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")
    assert not (out / ".partial").exists()


@pytest.mark.slow
def test_kill_9_at_any_time_leaves_the_old_result_or_the_new(config: Path, folder: Make, tmp_path: Path) -> None:
    """Killed after ever longer, until it gets through: whatever has run.json is whole."""
    out = tmp_path / "out"
    ran = start("run", folder(a="完成"), "-o", out, "-c", config, "-q")
    assert ran.wait() == 0
    old = content(out)
    inputs = folder(b="开工", c="竣工")
    seen = set()
    for wait in range(50):
        shutil.rmtree(out / ".partial", ignore_errors=True)  # of the one before
        process = start("run", inputs, "-o", out, "-c", config, "-q")
        _until((out / ".partial").exists, process)
        time.sleep(wait * 0.05)
        process.kill()
        process.communicate()
        if (out / "run.json").exists():
            found = content(out)
            seen.add("old" if found == old else "new")
            assert found == old or names(out) == ["a", "b", "c"]
        if "new" in seen:
            break
    assert seen == {"old", "new"}


@pytest.mark.slow
def test_the_second_of_two_runs_is_refused_while_the_first_lives(config: Path, folder: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    inputs = folder(a="完成", b="永远睡眠")
    first = start("run", inputs, "-o", out, "-c", config, "-q", "-j", 1)
    _until(lambda: _shards(out) == 1, first)
    second = subprocess.run(
        command("run", inputs, "-o", out, "-c", config), capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert "another run is writing" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert first.poll() is None
    first.kill()
    first.communicate()
    folder(b="竣工")
    third = subprocess.run(command("run", inputs, "-o", out, "-c", config, "-q"), check=False)
    assert third.returncode == 0
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["execution"]["kept"] == 1


def _various(length: int) -> str:
    """Text that can't be compressed much."""
    numbers = random.Random(length)
    return "".join(chr(numbers.randint(0x4E00, 0x9FA5)) for _ in range(length))


def _engine(name: str, light: Language, config: Path) -> Engine:
    return Serial(light) if name == "serial" else Processes(config, 2)


Disk = Callable[[int], Path]


def _may_mount() -> bool:
    status = Path("/proc/self/status")
    effective = re.search(r"^CapEff:\s*(\w+)", status.read_text(), re.MULTILINE) if status.exists() else None
    return effective is not None and bool(int(effective[1], 16) >> 21 & 1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of so many kilobytes, and given more later."""
    if not _may_mount():
        pytest.skip("mounting a disk takes the capability CAP_SYS_ADMIN; a limit on files is tested too")
    path = tmp_path / "disk"
    path.mkdir()

    def resize(kilobytes: int) -> Path:
        how = "remount," if path.is_mount() else ""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{how}size={kilobytes}k", "none", path], check=True)
        return path

    yield resize
    if path.is_mount():
        subprocess.run(["umount", "--lazy", path], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_a_full_disk_costs_only_the_documents_it_has_no_room_for(
    engine: str, light: Language, config: Path, folder: Make, disk: Disk, tmp_path: Path
) -> None:
    inputs, out = folder(a=_various(40_000), b="完成", c=_various(40_001), d="开工"), disk(300) / "out"
    job.run(light, [inputs], out, engine=_engine(engine, light, config))
    assert names(out) == ["b", "d"]
    assert {name: failure["error"] for name, failure in failures(out).items()} == {"a": "DiskFull", "c": "DiskFull"}
    assert "Free space" in failures(out)["c"]["message"]
    disk(50_000)
    assert job.run(light, [inputs], out).manifest["execution"]["kept"] == 2
    job.run(light, [inputs], tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def test_a_disk_that_stays_full_ends_the_run(light: Language, folder: Make, disk: Disk, tmp_path: Path) -> None:
    inputs, out = folder(a="完成", b="开工"), disk(1000) / "out"
    job.run(light, [inputs], out)
    old = content(out)
    folder(**{f"c{number}": "完成" for number in range(9)})
    done = []

    def fill(count: int, *_: object) -> None:
        done.append(count)
        if count == 4:
            _fill(out.parent)

    with pytest.raises(UsageError, match=r"no room for 5 documents in a row.*Free space"):
        job.run(light, [inputs], out, progress=fill)
    assert done[-1] == 8  # two of the first run, two, and four of the five in vain
    assert content(out) == old
    assert _shards(out) == 4
    (out.parent / "fill").unlink()
    assert job.run(light, [inputs], out).manifest["execution"]["kept"] == 4
    job.run(light, [inputs], tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def _fill(disk: Path) -> None:
    with suppress(OSError), (disk / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)


def test_what_a_full_disk_leaves_of_old_documents_is_no_harm(light: Language, disk: Disk) -> None:
    folder = disk(100)
    writer = ShardWriter(folder, 1, "key")
    records = [{"doc_id": name, "source": {"path": name}} for name in "ab"]
    rows = [writer.add("", Finished(it, dump(it), [], []), docbin.pack(light(it["doc_id"]))) for it in records]
    writer.close()
    _fill(folder)
    shards = Shards(folder)
    shards.retain({(writer.name, rows[1])})
    assert shards.read(writer.name, rows[1], "b").record["doc_id"] == "b"
    assert "b" in [entry.name for entry in shards.entries()]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_a_limit_on_the_size_of_files_is_one_on_documents(
    engine: str, light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    inputs, out = folder(a="完成", b=_various(30_000), c="开工"), tmp_path / "out"
    process = start("run", inputs, "-o", out, "-c", config, "--engine", engine, "-q", preexec_fn=_limit_files(60_000))
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "no room for its result" in stderr
    assert names(out) == ["a", "c"]
    assert failures(out)["b"]["error"] == "DiskFull"
    assert job.run(light, [inputs], out).manifest["execution"]["kept"] == 2
    job.run(light, [inputs], tmp_path / "fresh")
    assert content(out) == content(tmp_path / "fresh")


def _limit_files(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_no_room_for_the_result_costs_no_document(
    engine: str, light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    """A limit on the size of files that the result exceeds, and the shards, of which there may be many, don't."""
    out = tmp_path / "out"
    job.run(light, [folder(old="完成")], out)
    old = content(out)
    inputs = folder(**{f"{number}": "开工建设" * 200 for number in range(9)})
    process = start("run", inputs, "-o", out, "-c", config, "--engine", engine, "-q", preexec_fn=_limit_files(40_000))
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "Free space" in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert content(out) == old
    summary = job.run(light, [inputs], out)
    assert summary.manifest["execution"]["kept"] == summary.counts.documents == 10


def test_a_folder_that_vanishes_is_no_full_disk(light: Language, folder: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def remove(count: int, *_: object) -> None:
        if count == 1:
            shutil.rmtree(out)

    with pytest.raises(UsageError, match=r"can't be written \(unable to open"):
        job.run(light, [folder(a="完成", b="开工", c="竣工")], out, progress=remove)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds worker processes in /proc")
def test_workers_end_with_their_supervisor(config: Path, folder: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start("run", folder(a="完成", b="死循环中"), "-o", out, "-c", config, "-q", "-j", 1)
    _until(lambda: _shards(out) == 1, process)
    workers = children(process.pid)
    assert workers
    process.send_signal(signal.SIGKILL)
    process.communicate()
    end = time.monotonic() + 30
    while any(_lives(pid) for pid in workers):
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    return state(Path(f"/proc/{pid}"))[:1] not in ([], ["Z"])

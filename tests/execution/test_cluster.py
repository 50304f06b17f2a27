"""Ray clusters as users start them, and what their faults cost."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import pairwise
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language

from pipeline.errors import UsageError
from pipeline.execution import job, ray_data
from pipeline.execution.tasks import Failure, Limits, Outcome, Target, Task
from tests.execution.conftest import FAULTS, POISON, children, command, content, failures, names

pytestmark = [pytest.mark.slow, pytest.mark.ray]

Make = Callable[..., Path]
Machines = Callable[[int], list[subprocess.Popen[bytes]]]

TOKEN = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    # So soon is a machine missed; a slow one still has Ray's 10 s for its answer.
    "RAY_health_check_period_ms": "500",
}
SLOW = {f"{number:02}": "慢慢处理" for number in range(12)}
QUICK = {f"{number:02}": "完成" for number in range(70)}  # three blocks, so that some are told of before all are done


@contextmanager
def _ray_start(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A machine of a cluster: the process that has all others of it as children."""
    with tempfile.TemporaryFile() as said:
        process = _started(said.fileno(), options)
        try:
            yield process
        finally:
            _kill(process)


def _started(said: int, options: tuple[str, ...], tries: int = 3) -> subprocess.Popen[bytes]:
    """On a busy machine Ray doesn't always start within the 30 s that it gives itself."""
    code = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", *options]
    environment = os.environ | TOKEN | {"PYTHONPATH": str(FAULTS)}
    environment.pop("RAY_TMPDIR", None)  # of one test
    for _ in range(tries):
        os.ftruncate(said, 0)
        process = subprocess.Popen(code, stdout=said, stderr=said, env=environment, start_new_session=True)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if b"will now block" in _read(said):
                return process
            time.sleep(0.05)
        _kill(process)
    raise AssertionError(_read(said).decode())


def _read(file: int) -> bytes:
    return os.pread(file, 1_000_000, 0)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a machine."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until(condition: Callable[[], object], process: subprocess.Popen[bytes], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(scope="module")
def head() -> Iterator[str]:
    """Address of a cluster whose head takes no work."""
    with socket.socket() as free:
        free.bind(("", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    # Not pytest's folder: there its sockets' names would get too long.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        port = address.rpartition(":")[2]
        options = ["--head", f"--port={port}", f"--temp-dir={folder}", "--include-dashboard=false"]
        with _ray_start(*options, "--num-cpus=0"):
            yield address


@pytest.fixture
def cluster(head: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)
    return head


@pytest.fixture(scope="module")
def machines(head: str) -> Iterator[Machines]:
    """As many machines of one CPU as are asked for, which have joined the cluster."""
    started: list[subprocess.Popen[bytes]] = []

    def join(number: int) -> list[subprocess.Popen[bytes]]:
        started[:] = [machine for machine in started if machine.poll() is None]
        while len(started) < number:
            started.append(stack.enter_context(_ray_start(f"--address={head}", "--num-cpus=1")))
        return started

    with ExitStack() as stack:
        yield join


def _actors(machine: subprocess.Popen[bytes]) -> list[int]:
    """Processes of Ray Data's actors on a machine that have a worker process, and so documents to do."""
    return [pid for pid in _offspring(machine.pid) if "MapWorker" in _name(pid) and _offspring(pid)]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _offspring(pid: int) -> list[int]:
    found = []
    for child in children(pid):
        found += [child, *_offspring(child)]
    return found


def test_a_cluster_without_room_is_no_wait_without_end(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_data, "_START", 5)
    tasks = [Task(0, tmp_path / "a.txt", "a", "a.txt")]
    with pytest.raises(UsageError, match="nothing ran within 5 s"):
        list(ray_data.RayData(None, 1, address=cluster).run(tasks, Target(tmp_path, 0, "")))


def test_a_cluster_writes_the_same_and_a_poisoned_document_costs_itself(
    cluster: str,
    machines: Machines,
    light: Language,
    config: Path,
    folder: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machines(1)
    poison = {name: POISON[name] for name in ("exception", "exits", "killed", "toolong")}
    inputs = folder(**{name: text for name, (text, _, _) in poison.items()}, a="完成", h="开工", z="竣工")
    monkeypatch.chdir(tmp_path)  # relative paths mean the same everywhere
    options = ["--engine", "ray", "--ray-address", cluster, "--max-chars", 5000, "-c", config.name, "-o", "out", "-q"]
    ran = subprocess.run(
        command("run", inputs.name, *options), capture_output=True, text=True, timeout=250, check=False
    )
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (1, "", len(poison)), ran.stderr
    out = Path("out")
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["execution"]["engine"] == "raydata"
    assert names(out) == ["a", "h", "z"]
    assert {name: failure["error"] for name, failure in failures(out).items()} == {
        name: error for name, (_, error, _) in poison.items()
    }
    for name in poison:
        (Path(inputs.name) / f"{name}.txt").unlink()
    job.run(light, [Path(inputs.name)], Path("serial"))
    found, expected = content(out), content(Path("serial"))
    assert [name for name in expected if found[name] != expected[name]] == ["failures.jsonl", "run.json"]


def test_an_actor_or_a_machine_that_dies_costs_time(
    cluster: str, machines: Machines, light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    both = machines(2)
    inputs, out = folder(**SLOW), tmp_path / "out"
    options = ["--engine", "ray", "--ray-address", cluster, "-o", out, "-c", config, "-q"]
    with subprocess.Popen(command("run", inputs, *options), stderr=subprocess.PIPE) as run:
        try:
            _until(lambda: _shards(out), run)  # a worker has done its first document
            actors = [pid for machine in both for pid in _actors(machine)]
            assert actors
            for pid in actors:
                os.kill(pid, signal.SIGKILL)
            before = _shards(out)
            _until(lambda: _shards(out) > before, run)  # another has
            machine = next(machine for machine in both if _actors(machine))
            for pid in _offspring(machine.pid):
                os.kill(pid, signal.SIGKILL)
            _kill(machine)
            assert not (out / "run.json").exists()
            _, said = run.communicate(timeout=200)
        finally:
            run.kill()
    assert (run.returncode, said) == (0, b"")
    assert names(out) == sorted(SLOW)
    job.run(light, [inputs], tmp_path / "serial")
    assert content(out) == content(tmp_path / "serial")


def _shards(out: Path) -> set[Path]:
    return set((out / ".shards").glob("*.sqlite"))


@pytest.mark.parametrize(("fault", "local"), [(signal.SIGKILL, True), (signal.SIGSTOP, False)])
def test_the_death_or_standstill_of_rays_process_costs_time(
    fault: signal.Signals,
    local: bool,
    cluster: str,
    machines: Machines,
    light: Language,
    config: Path,
    folder: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_data, "_LAST_WORDS", 1)
    machines(1)
    engine = ray_data.RayData(config, 1, address=None if local else cluster)
    engine.patience = 5
    drivers = []

    def strike(done: int, *_: object) -> None:
        for process in active_children():
            if process.pid not in drivers:
                drivers.append(process.pid)
                if done == 1:
                    os.kill(process.pid, fault)

    inputs, out = folder(**QUICK), tmp_path / "out"
    job.run(light, [inputs], out, engine=engine, progress=strike)
    assert len(drivers) > 1
    assert names(out) == sorted(QUICK)
    job.run(light, [inputs], tmp_path / "serial")
    assert content(out) == content(tmp_path / "serial")


LOST, OTHER = ray_data._Lost("lost"), UsageError("other")


@pytest.mark.parametrize(
    ("happens", "ends"),
    [
        ([[LOST], [LOST], [1, 2, 3]], None),
        ([[LOST], [LOST], [LOST], [1, 2, 3]], "lost"),
        ([[1, LOST], [LOST], [2, LOST], [LOST], [3]], None),
        ([[1, OTHER], [2, 3]], "other"),
        ([[1], [2], [3]], None),
        ([[1], [], [], []], "left 2 documents out"),
    ],
)
def test_ray_is_started_again_with_what_is_left(
    happens: list[list[Any]], ends: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []

    class Driver:
        def __init__(self, *_: object) -> None:
            self.says = happens.pop(0)

        def give(self, tasks: list[Task]) -> None:
            left.append([task.number for task in tasks])

        def outcomes(self, patience: float) -> Iterator[Outcome]:
            for event in self.says:
                if isinstance(event, UsageError):
                    raise event
                yield Outcome(event, Failure("", "", "", ""))

        def close(self) -> None:
            pass

    monkeypatch.setattr(ray_data, "_Driver", Driver)
    tasks = [Task(number, tmp_path, "", "") for number in (1, 2, 3)]
    outcomes = ray_data.RayData().run(tasks, Target(tmp_path, 0, ""))
    if ends:
        with pytest.raises(UsageError, match=ends):
            list(outcomes)
    else:
        assert [outcome.number for outcome in outcomes] == [1, 2, 3]
    assert left[0] == [1, 2, 3]
    assert all(set(later) <= set(earlier) for earlier, later in pairwise(left))


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1:1", "Connection refused"), ("nowhere", "nowhere"), ("no.invalid:6379", "no.invalid:6379")],
)
def test_a_wrong_address(address: str, reason: str, tmp_path: Path) -> None:
    tasks = [Task(0, tmp_path / "a.txt", "a", "a.txt")]
    with pytest.raises(UsageError, match=reason) as caught:
        list(ray_data.RayData(None, 1, address=address).run(tasks, Target(tmp_path, 0, "")))
    assert "\n" not in str(caught.value)


def test_the_death_of_rays_process_is_no_death_of_the_caller(tmp_path: Path) -> None:
    """Ray ends the process it lives in when it finds a fault in itself."""
    with closing(ray_data._Driver(None, 1, None, Limits(), Target(tmp_path, 0, ""))) as driver:
        driver.give([Task(0, tmp_path / "a.txt", "a", "a.txt")])
        os.kill(driver.process.pid or 0, signal.SIGABRT)
        with pytest.raises(UsageError, match="SIGABRT"):
            list(driver.outcomes(None))

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
from pathlib import Path

import pytest
from spacy.language import Language

from pipeline.errors import UsageError
from pipeline.execution import job
from pipeline.execution.tasks import Limits, Target, Task
from tests.conftest import ROOT
from tests.execution.conftest import RAY, children, command, content, names

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not RAY, reason="Ray isn't installed: pip install -e '.[ray]'")]

Make = Callable[..., Path]
Join = Callable[[], subprocess.Popen[bytes]]

TOKEN = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
}
SLOW = {f"{number:02}": "慢慢处理" for number in range(12)}


@contextmanager
def _ray_start(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A machine of a cluster: the process that has all others of it as children."""
    code = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(code, stdout=said, stderr=said, env=os.environ | TOKEN, start_new_session=True)
        try:
            _until(lambda: b"will now block" in _read(said.fileno()) or process.poll() is not None, process)
            assert process.poll() is None, _read(said.fileno()).decode()
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            _kill(process)


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
    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        port = address.rpartition(":")[2]
        options = ["--head", f"--port={port}", f"--temp-dir={folder}", "--include-dashboard=false"]
        with _ray_start(*options, "--num-cpus=0"):
            yield address


@pytest.fixture
def cluster(head: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)
    return head


@pytest.fixture
def join(cluster: str) -> Iterator[Join]:
    """Have one more machine, of one CPU, join the cluster."""
    with ExitStack() as machines:
        yield lambda: machines.enter_context(_ray_start(f"--address={cluster}", "--num-cpus=1"))


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
    from pipeline.execution import ray_data

    monkeypatch.setattr(ray_data, "_START", 15)
    tasks = [Task(0, tmp_path / "a.txt", "a", "a.txt")]
    with pytest.raises(UsageError, match="nothing ran within 15 s"):
        list(ray_data.RayData(None, 1, address=cluster).run(tasks, Target(tmp_path, 0, "")))


def test_a_cluster_writes_the_same(cluster: str, join: Join, nlp: Language, tmp_path: Path) -> None:
    join()
    reports = Path("corpus/reports")
    options = ["--engine", "ray", "--ray-address", cluster, "--output", tmp_path / "out", "--quiet"]
    ran = subprocess.run(command("run", reports, *options), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["execution"]["engine"] == "raydata"
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        job.run(nlp, [reports], tmp_path / "serial")
    finally:
        os.chdir(here)
    assert content(tmp_path / "out") == content(tmp_path / "serial")


def test_an_actor_that_dies_costs_time(
    cluster: str, join: Join, light: Language, config: Path, folder: Make, tmp_path: Path
) -> None:
    machine = join()
    inputs, out = folder(**SLOW), tmp_path / "out"
    options = ["--engine", "ray", "--ray-address", cluster, "-o", out, "-c", config, "-q"]
    with subprocess.Popen(command("run", inputs, *options), stderr=subprocess.PIPE) as run:
        try:
            _until(lambda: any((out / ".shards").glob("*.sqlite")), run)  # a worker has done its first document
            actors = _actors(machine)
            assert actors
            for pid in actors:
                os.kill(pid, signal.SIGKILL)
            assert not (out / "run.json").exists()
            _, said = run.communicate(timeout=300)
        finally:
            run.kill()
    assert (run.returncode, said) == (0, b"")
    assert names(out) == sorted(SLOW)
    job.run(light, [inputs], tmp_path / "serial")
    assert content(out) == content(tmp_path / "serial")


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1:1", "Connection refused"), ("nowhere", "nowhere"), ("no.invalid:6379", "no.invalid:6379")],
)
def test_a_wrong_address(address: str, reason: str, tmp_path: Path) -> None:
    from pipeline.execution.ray_data import RayData

    tasks = [Task(0, tmp_path / "a.txt", "a", "a.txt")]
    with pytest.raises(UsageError, match=reason) as caught:
        list(RayData(None, 1, address=address).run(tasks, Target(tmp_path, 0, "")))
    assert "\n" not in str(caught.value)


def test_the_death_of_ray_costs_the_run_and_not_the_caller(tmp_path: Path) -> None:
    """Ray ends the process it lives in when it finds a fault in itself."""
    from pipeline.execution.ray_data import _Driver

    with closing(_Driver(None, 1, None, Limits(), Target(tmp_path, 0, ""))) as driver:
        driver.give([Task(0, tmp_path / "a.txt", "a", "a.txt")])
        os.kill(driver.process.pid or 0, signal.SIGABRT)
        with pytest.raises(UsageError, match="SIGABRT"):
            list(driver.outcomes(None))

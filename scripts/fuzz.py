"""Hunts for inputs that break what reads foreign input, led by the branches they reach.

    python scripts/fuzz.py [TARGET...] [--seconds 60] [--runs N] [--folder .fuzz]
    python scripts/fuzz.py TARGET --file .fuzz/TARGET/crashes/crash-…

Targets are those of ``tests/fuzzing.py``; all of them, one after the other, if none is named. libFuzzer drives them
through atheris, which is made for Linux on x86-64. Inputs that reach something new stay in the folder, where the next
hunt goes on from them; an input that breaks something is kept under ``crashes``, and ``--file`` tries it again.
Exit status 1 if anything broke.
"""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
INSTRUMENTED = ["pipeline", "cn2an", "docx", "openpyxl", "pdfminer", "proces", "trafilatura"]
"""Packages whose branches count."""
HANGS = 60
"""Seconds after which an input has hung."""
LONGEST_DRAWN = 4_096
"""Bytes that decide what is drawn, at most."""
WARM_UP = bytes(1000)


@contextmanager
def instrumenting() -> Iterator[None]:
    """Count the branches of what is imported meanwhile."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED), redirect_stderr(io.StringIO()):  # it tells of each module
        yield


def load() -> Any:
    """The module of the targets."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    with instrumenting():
        return importlib.import_module("tests.fuzzing")


def hunt(name: str, seconds: int, runs: int, folder: Path, scratch: Path, file: Path | None) -> None:
    """Hunt with one target; libFuzzer ends the process."""
    import atheris

    found = load()
    logging.disable()  # of the libraries: they tell of every odd file
    with instrumenting():  # much is imported when it is first needed
        target = found.TARGETS[name](scratch)
        once = driver(target)
        for data in target.seeds or [WARM_UP]:
            once(data)
    inputs, crashes = folder / name / "inputs", folder / name / "crashes"
    for place in (inputs, crashes):
        place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (inputs / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-timeout={HANGS}", f"-artifact_prefix={crashes}/"]
    options += [f"-runs={runs}", "-seed=1"] if runs else []
    if target.seeds:
        words = scratch / "words"
        words.write_text("\n".join(dictionary(found.TOKENS)), encoding="ascii")
        options += [f"-dict={words}", f"-max_len={2 * max(map(len, target.seeds))}"]
    else:  # what is drawn needs its bytes from the start
        options += ["-len_control=0", f"-max_len={LONGEST_DRAWN}"]
    atheris.Setup([sys.argv[0], *options, str(file or inputs)], once)
    atheris.Fuzz()


def driver(target: Any) -> Callable[[bytes], None]:
    """What libFuzzer calls: its bytes are a file as they are, or decide what is drawn."""
    run: Callable[[bytes], Any] = target.check if target.seeds else target.test().hypothesis.fuzz_one_input

    def once(data: bytes) -> None:
        run(data)

    return once


def dictionary(tokens: list[bytes]) -> Iterator[str]:
    """Tokens as libFuzzer reads them."""
    for token in tokens:
        if len(token) < 64:
            yield '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"'


def main(arguments: list[str] | None = None) -> int:
    """Hunt in a process of its own for each target."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="all if left out")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--runs", type=int, default=0, help="inputs for each target at most, the same ones each time")
    parser.add_argument("--folder", type=Path, default=ROOT / ".fuzz", help="of inputs and crashes")
    parser.add_argument("--file", type=Path, help="try this one input")
    args = parser.parse_args(arguments)
    if args.file and len(args.targets) != 1:
        parser.error("--file needs exactly one TARGET")
    if find_spec("atheris") is None:
        parser.exit(2, "atheris is not installed; it is made for Linux on x86-64\n")
    known = list(load().TARGETS)
    if strange := [name for name in args.targets if name not in known]:
        parser.error(f"{', '.join(strange)}: no such target; there are {', '.join(known)}")
    broken = []
    for name in args.targets or known:
        print(f"=== {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            # libFuzzer keeps what broke a target when the process ends as processes do: multiprocessing's don't.
            if (process := os.fork()) == 0:
                hunt(name, args.seconds, args.runs, args.folder, Path(scratch), args.file)
                os._exit(0)  # should libFuzzer not have ended it
            _, status = os.waitpid(process, 0)
        if status:
            broken.append(name)
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

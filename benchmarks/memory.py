"""Memory over many documents: the peak of every thousand, of the supervisor and of a worker.

    python benchmarks/memory.py [--documents 5000] [--recycle 0]

Documents are made up, all different, so that whatever is kept of each shows. ``--recycle 0`` never replaces the
worker: what then stays level is level because nothing is kept. Last, the peak while the result is written.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import pipeline
from pipeline.execution import job
from pipeline.execution.processes import Processes

SYLLABLES = "河山江海东西南北中安平和兴隆庆丰泰华阳林石泉溪桥湾岭沙白云龙凤金玉清远新宁康永"
TRADES = ["装备制造", "生物医药", "电子信息", "现代物流", "文化旅游", "特色农业", "新材料", "纺织服装", "食品加工"]
THOUSAND = 1000


def report(number: int, sentences: int) -> str:
    """A report of a town that doesn't exist, with figures and names of its own."""
    pick = random.Random(number)

    def name() -> str:
        return "".join(pick.choices(SYLLABLES, k=pick.randint(2, 3)))

    town = name()
    lines = [f"{town}镇政府工作报告"]
    for _ in range(sentences):
        lines.append(
            f"{pick.choice(TRADES)}产业加快发展，{name()}{pick.choice(TRADES)}有限公司落户{name()}工业园，"
            f"完成投资{pick.uniform(1, 90):.2f}亿元，同比增长{pick.uniform(1, 30):.2f}%，{town}镇党委予以表彰。"
        )
    return "\n".join(lines)


def resident(pid: int | str) -> int:
    """Megabytes of memory a process has."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) // 1024
    except (OSError, IndexError):
        return 0


def main() -> int:
    """Run, sample, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=5 * THOUSAND)
    parser.add_argument("--sentences", type=int, default=3, help="of a document, some 60 characters each")
    parser.add_argument("--recycle", type=int, default=0, help="replace the worker after so many documents; 0: never")
    options = parser.parse_args()
    peaks: dict[str, dict[int | str, int]] = {"supervisor": defaultdict(int), "worker": defaultdict(int)}
    at: list[int | str] = [0]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.05):
            for child in multiprocessing.active_children():
                peaks["worker"][at[0]] = max(peaks["worker"][at[0]], resident(child.pid or 0))
            peaks["supervisor"][at[0]] = max(peaks["supervisor"][at[0]], resident("self"))

    def progress(done: int, total: int, chars: int) -> None:
        at[0] = done // THOUSAND if done < total else "writing"

    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "reports.jsonl")
        with lines.open("w", encoding="utf-8") as file:
            for number in range(options.documents):
                text = report(number, options.sentences)
                file.write(json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n")
        engine = Processes(None, 1, recycle=options.recycle or sys.maxsize)
        sampler = threading.Thread(target=sample)
        started = time.perf_counter()

        def advance(done: int, total: int, chars: int) -> None:
            progress(done, options.documents, chars)

        sampler.start()
        summary = job.run(pipeline.load(), [lines], Path(folder, "out"), engine=engine, progress=advance)
        over.set()
        sampler.join()
    seconds = time.perf_counter() - started
    print(f"{summary.counts.documents} documents, {summary.counts.chars} characters, {seconds:.0f} s")
    for who, found in peaks.items():
        parts = [f"{at + 1 if isinstance(at, int) else at}: {peak} MB" for at, peak in found.items()]
        print(f"{who}, peak of each thousand: {', '.join(parts)}")
    worker = [peak for at, peak in peaks["worker"].items() if isinstance(at, int)]
    print(f"worker, last thousand to second: {worker[-1] / worker[1]:.3f}")
    return 0 if worker[-1] <= 1.1 * worker[1] else 1


if __name__ == "__main__":
    sys.exit(main())

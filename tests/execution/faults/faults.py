"""A stage that does to its process what documents ask for, as no stage of ours shall."""

from __future__ import annotations

import os
import signal
import time

from spacy.language import Language
from spacy.tokens import Doc


@Language.factory("faults")
def create(nlp: Language, name: str) -> object:
    return _do


def _do(doc: Doc) -> Doc:
    text = doc.text
    if "抛出异常" in text:
        raise RuntimeError("boom")
    if "杀死进程" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "退出进程" in text:
        os._exit(3)
    if "永远睡眠" in text:
        time.sleep(10_000)
    if "死循环中" in text:
        while True:
            pass
    if "吃光内存" in text:
        hoard = []
        while True:
            hoard.append(bytearray(50_000_000))
    if "慢慢处理" in text:
        time.sleep(0.4)
    return doc

"""Torch's number of threads, held down while a stage runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_running = 0
_before = 1


def _forget() -> None:
    """In a forked process nobody is at work, and nobody would ever open a lock that was shut at the fork."""
    global _lock, _running
    _lock, _running = Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Give torch ``count`` threads; the last of several stages that run at once restores what was set before.

    Parameters
    ----------
    count : int
    """
    import torch

    global _running, _before
    with _lock:
        if not _running:
            _before = torch.get_num_threads()
        _running += 1
        torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running:
                torch.set_num_threads(_before)

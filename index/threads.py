"""How many threads there are to compute with, and what must not be broken off in the main one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType


@cache
def available_threads() -> int:
    """How many threads torch was given: the cores, or OMP_NUM_THREADS.

    Asked first before FAISS is told to use one, which torch then takes for its own number.
    """
    import torch

    return torch.get_num_threads()


@contextmanager
def threads_at_most(count: int) -> Iterator[None]:
    """Let torch compute with so many threads for each that calls it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(min(count, available_threads()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C wait until this is done: C++ code that calls Python, as torch's does, aborts at an interrupt."""
    if threading.current_thread() is not threading.main_thread():  # No interrupt reaches another one.
        yield
        return
    waiting = False

    def wait(_number: int, _frame: FrameType | None) -> None:
        nonlocal waiting
        waiting = True

    before = signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        signal.raise_signal(signal.SIGINT)

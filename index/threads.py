"""How many threads there are to compute with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


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

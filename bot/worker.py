"""The one thread in which the index works: the event loop, and with it the heartbeat, never waits for a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from index.answer import Answer, IndexStatus, Quote, Source

QUEUE_LIMIT = 500
"""Questions that may wait; at 12 ms each the last one waits six seconds."""

Result = TypeVar("Result")


class Index(Protocol):
    """What the bot asks of `index.live.LiveIndex`; blocking, and called from one thread only."""

    def ask(self, question: str, *, previous: Sequence[str] = (), question_id: str = "") -> Answer:
        """The answer to a question that follows the `previous` ones, oldest first."""

    def more(self, question: str, *, previous: Sequence[str] = (), skip: int, limit: int) -> tuple[Quote, ...]:
        """The passages that come after the first `skip`, the best first."""

    def passage(self, document: str, paragraph: int) -> Quote | None:
        """A passage by its number in the document, from 1."""

    def sources(self) -> tuple[Source, ...]:
        """The documents."""

    def status(self) -> IndexStatus:
        """The current generation; waits for nothing, and may be called from any thread."""

    def close(self) -> None:
        """Let go of its files."""


class QueueFullError(Exception):
    """As much work is waiting as the queue holds."""


class Worker:
    """Runs work on the index, one piece at a time and in order, in a thread of its own."""

    def __init__(self, limit: int = QUEUE_LIMIT) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._limit = limit
        self._index: Index | None = None
        self.waiting = 0
        """Pieces of work that are queued or running."""

    @property
    def is_open(self) -> bool:
        """Whether there is an index to work on."""
        return self._index is not None

    def status(self) -> IndexStatus:
        """What is told of the index, at once, whatever it is busy with."""
        assert self._index is not None, "work comes after opening"
        return self._index.status()

    async def open(self, open_index: Callable[[], Index]) -> None:
        """Open the index, which takes seconds, in the worker's thread too; raises what `open_index` raises."""
        self._index = await asyncio.get_running_loop().run_in_executor(self._thread, open_index)

    async def run(self, work: Callable[[Index], Result]) -> Result:
        """What `work` returns or raises; `QueueFullError` at once when too much is waiting."""
        assert self._index is not None, "work comes after opening"
        if self.waiting >= self._limit:
            raise QueueFullError
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._index)
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Wait for the work that runs, and close the index."""
        if self._index is not None:
            self._thread.submit(self._index.close)
        self._thread.shutdown(wait=True)

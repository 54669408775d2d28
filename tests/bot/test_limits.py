"""Nobody asks too often, and the work waits in a line that has an end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.cooldown import Cooldown
from bot.worker import QueueFullError, Worker
from tests.bot.samples import answer


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_then_one_waits_for_the_moment_that_was_told():
    clock = Clock()
    cooldown = Cooldown(burst=3, seconds=4.0, clock=clock)
    assert [cooldown.take(1) for _ in range(3)] == [0, 0, 0]
    moment = cooldown.take(1)
    assert moment == 1004.0
    assert cooldown.take(2) == 0
    clock.now = moment - 0.1
    assert cooldown.take(1) == moment
    clock.now = moment
    assert cooldown.take(1) == 0
    assert cooldown.take(1) == moment + 4.0


def test_who_has_waited_long_enough_has_a_whole_burst_again_and_no_more():
    clock = Clock()
    cooldown = Cooldown(burst=3, seconds=4.0, clock=clock)
    for _ in range(3):
        cooldown.take(1)
    clock.now += 3600
    assert [bool(cooldown.take(1)) for _ in range(4)] == [False, False, False, True]


def test_people_who_wait_no_longer_are_forgotten():
    clock = Clock()
    cooldown = Cooldown(clock=clock)
    for user in range(10_001):
        cooldown.take(user)
    clock.now += 3600
    cooldown.take(0)
    assert len(cooldown._full_at) == 1


class StandingIndex:
    """An index that answers when it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.threads: set[str] = set()
        self.closed = False

    def ask(self, question: str, **_: object):
        self.threads.add(threading.current_thread().name)
        return answer(question=question)

    def stand(self) -> str:
        self.threads.add(threading.current_thread().name)
        self.go.wait(10)
        return "done"

    def close(self) -> None:
        self.closed = True


def test_work_runs_in_one_thread_off_the_loop_and_the_line_has_an_end():
    async def scene():
        index = StandingIndex()
        worker = Worker(limit=3)
        await worker.open(lambda: index)
        waiting = [asyncio.create_task(worker.run(lambda index: index.stand())) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert worker.waiting == 3
        with pytest.raises(QueueFullError):
            await worker.run(lambda index: index.stand())
        index.go.set()
        assert await asyncio.gather(*waiting) == ["done"] * 3
        assert worker.waiting == 0
        worker.close()
        return index

    index = asyncio.run(scene())
    assert len(index.threads) == 1
    assert threading.main_thread().name not in index.threads
    assert index.closed


def test_what_opening_raises_is_raised_where_it_was_asked_for():
    def broken():
        raise ValueError("no index")

    async def scene():
        worker = Worker()
        try:
            with pytest.raises(ValueError, match="no index"):
                await worker.open(broken)
        finally:
            worker.close()

    asyncio.run(scene())

"""The bot with an index that is slow or breaks when a question says so.

`[2.5 s]` in a question makes it take that long, `[broken]` raises an error that nobody foresaw, and the queue is short.
All else is the real program.
"""

from __future__ import annotations

import functools
import re
import sys
import time
from typing import Any

import bot.__main__
import bot.discord_run
import index.live
from index.answer import Answer

QUEUE_LIMIT = 20

_DELAY = re.compile(r"\[([\d.]+) s\]")


class SlowIndex(index.live.LiveIndex):
    """The real index, with pauses."""

    def ask(self, question: str, **options: Any) -> Answer:
        if "[broken]" in question:
            raise ZeroDivisionError("the index broke")
        if delay := _DELAY.search(question):
            time.sleep(float(delay[1]))
        return super().ask(_DELAY.sub("", question), **options)


if __name__ == "__main__":
    index.live.LiveIndex = SlowIndex  # type: ignore[misc]
    bot.discord_run.Worker = functools.partial(bot.discord_run.Worker, limit=QUEUE_LIMIT)  # type: ignore[misc, assignment]
    sys.exit(bot.__main__.main())

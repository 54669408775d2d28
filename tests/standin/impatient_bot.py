"""The bot with a watchdog that waits for three seconds instead of three minutes. All else is the real program."""

from __future__ import annotations

import functools
import sys

import bot.__main__
import bot.discord_run

LIMIT_SECONDS = 3.0

if __name__ == "__main__":
    bot.discord_run.Watchdog = functools.partial(bot.discord_run.Watchdog, limit=LIMIT_SECONDS)  # type: ignore[misc, assignment]
    sys.exit(bot.__main__.main())

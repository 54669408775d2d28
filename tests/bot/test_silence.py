"""A gateway that falls silent: the bot ends with an exit code, and whatever started it starts it again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bot.health import EXIT_SILENT
from tests.bot.conftest import Start
from tests.standin import Discord
from tests.standin.impatient_bot import LIMIT_SECONDS


@pytest.fixture(scope="module")
def discord() -> Iterator[Discord]:
    """One whose heartbeats come often."""
    discord = Discord(heartbeat_ms=500)
    yield discord
    discord.close()


@pytest.mark.slow
def test_a_gateway_that_falls_silent_ends_the_bot_with_its_exit_code(start: Start, discord: Discord):
    program = start(module="tests.standin.impatient_bot")
    time.sleep(2 * LIMIT_SECONDS)
    assert "watchdog" not in program.output  # Heartbeats that are acknowledged keep it alive.
    discord.cut(600)
    assert program.end(60) == EXIT_SILENT
    assert "watchdog: nothing heard from Discord" in program.output

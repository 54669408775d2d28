"""The watchdog and the health pages."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time

import aiohttp
import pytest

from bot.health import EXIT_SILENT, Gateway, HealthError, Watchdog, health_pages
from bot.metrics import Metrics


def test_silence_is_measured():
    now = [100.0]
    gateway = Gateway(lambda: now[0])
    now[0] = 130.0
    assert gateway.silence == 30
    gateway.heard()
    assert gateway.silence == 0


def test_the_watchdog_ends_a_process_that_hears_nothing(caplog):
    now = [0.0]
    ended = threading.Event()
    codes = []

    def end(code):
        codes.append(code)
        ended.set()

    gateway = Gateway(lambda: now[0])
    watchdog = Watchdog(gateway, limit=1, end=end)
    with caplog.at_level(logging.CRITICAL):
        watchdog.start()
        time.sleep(0.2)
        assert not codes
        now[0] = 1.5
        assert ended.wait(30)
    watchdog.close()
    assert codes == [EXIT_SILENT]
    assert "nothing heard from Discord" in caplog.text


def test_the_watchdog_lets_a_lively_bot_live():
    codes = []
    gateway = Gateway()
    watchdog = Watchdog(gateway, limit=2, end=codes.append)
    watchdog.start()
    for _ in range(20):
        gateway.heard()
        time.sleep(0.05)
    watchdog.close()
    assert not codes


BLOCKED = """
import asyncio, time
from bot.health import Gateway, Watchdog

async def main():
    Watchdog(Gateway(), limit=0.5).start()
    time.sleep(120)  # Nothing on the event loop can run any more.

asyncio.run(main())
"""


def test_a_blocked_event_loop_is_ended_with_the_exit_code(environment):
    run = subprocess.run([sys.executable, "-c", BLOCKED], env=environment, timeout=60)
    assert run.returncode == EXIT_SILENT


async def nothing() -> None:
    pass


async def get(port, path):
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text(), response.headers["Content-Type"]


def test_the_pages_say_how_it_is():
    reasons = {"unhealthy": "", "unready": "the index is being loaded"}
    updated = []

    async def note() -> None:
        updated.append(True)

    async def ask():
        async with health_pages(
            0,
            Metrics(),
            unhealthy=lambda: reasons["unhealthy"],
            unready=lambda: reasons["unready"],
            before_metrics=note,
        ) as port:
            assert await get(port, "/healthz") == (200, "ok\n", "text/plain; charset=utf-8")
            assert (await get(port, "/readyz"))[:2] == (503, "the index is being loaded\n")
            reasons.update(unhealthy="nothing was heard for 200 s", unready="")
            assert (await get(port, "/healthz"))[:2] == (503, "nothing was heard for 200 s\n")
            assert (await get(port, "/readyz"))[:2] == (200, "ok\n")
            status, text, content_type = await get(port, "/metrics")
            assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
            assert "verbatim_reloads_total" in text
            assert updated
            assert (await get(port, "/"))[0] == 404
            return port

    port = asyncio.run(ask())

    async def ask_again():
        with pytest.raises(aiohttp.ClientError):
            await get(port, "/healthz")

    asyncio.run(ask_again())


def test_only_this_machine_can_ask():
    async def address():
        from aiohttp import web

        seen = []
        ordinary = web.TCPSite

        class Watched(ordinary):
            def __init__(self, runner, host, port):
                seen.append(host)
                super().__init__(runner, host, port)

        web.TCPSite = Watched
        try:
            async with health_pages(0, Metrics(), unhealthy=str, unready=str, before_metrics=nothing):
                return seen
        finally:
            web.TCPSite = ordinary

    assert asyncio.run(address()) == ["127.0.0.1"]


def test_a_taken_port_is_one_line():
    async def twice():
        async with (
            health_pages(0, Metrics(), unhealthy=str, unready=str, before_metrics=nothing) as port,
            health_pages(port, Metrics(), unhealthy=str, unready=str, before_metrics=nothing),
        ):
            pass

    with pytest.raises(HealthError, match="METRICS_PORT"):
        asyncio.run(twice())

"""Is the bot alive? A watchdog that ends a process which Discord no longer talks to, and pages that others can ask."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.metrics import CONTENT_TYPE, Metrics
from index.errors import VerbatimError

EXIT_SILENT = 4
"""The exit code of a bot that Discord was silent to: whatever started it should start it again."""

SILENT_SECONDS = 180.0
"""Discord acknowledges a heartbeat every 41 seconds; discord.py reconnects by itself long before this."""

_SAYING_SECONDS = 5.0

_log = logging.getLogger(__name__)


class HealthError(VerbatimError):
    """The health pages cannot be served."""


class Gateway:
    """When Discord was last heard of. `heard` is for the event loop, the rest for any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def heard(self) -> None:
        """Something came from Discord: an event, or the acknowledgement of a heartbeat."""
        self._last = self._clock()

    @property
    def silence(self) -> float:
        """Seconds since then, or since the beginning."""
        return self._clock() - self._last


class Watchdog:
    """A thread that ends the process when the gateway is silent for too long.

    A thread, since a blocked event loop is one of the ways to become silent; and a hard end, since what is blocked
    would not end by itself. Answers that were given are on the disk already.
    """

    def __init__(
        self, gateway: Gateway, *, limit: float = SILENT_SECONDS, end: Callable[[int], object] = os._exit
    ) -> None:
        self._gateway = gateway
        self._limit = limit
        self._end = end
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(self._limit / 20):
            silence = self._gateway.silence
            if silence > self._limit:
                # Said by a thread of its own: a log that nobody reads can be what everything is blocked by.
                saying = threading.Thread(target=_say, args=(silence,), daemon=True)
                saying.start()
                saying.join(_SAYING_SECONDS)
                self._end(EXIT_SILENT)
                return


def _say(silence: float) -> None:
    _log.critical("watchdog: nothing heard from Discord for %.0f s, ending with exit code %d", silence, EXIT_SILENT)
    logging.shutdown()


@asynccontextmanager
async def health_pages(
    port: int,
    metrics: Metrics,
    *,
    unhealthy: Callable[[], str],
    unready: Callable[[], str],
    before_metrics: Callable[[], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve `/metrics`, `/healthz` and `/readyz` on 127.0.0.1 while the context lasts; gives the port (for port 0).

    `unhealthy` and `unready` give a reason, or nothing when all is well; `before_metrics` brings gauges up to date.
    Raises `HealthError` when the port is taken.
    """

    async def health_page(_: web.Request) -> web.Response:
        return _page(unhealthy())

    async def ready_page(_: web.Request) -> web.Response:
        return _page(unready())

    async def metrics_page(_: web.Request) -> web.Response:
        await before_metrics()
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/healthz", health_page)
    app.router.add_get("/readyz", ready_page)
    app.router.add_get("/metrics", metrics_page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            raise HealthError(
                f"METRICS_PORT {port} cannot be used: {error.strerror or error}.",
                "Set another port, or leave it empty.",
            ) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _page(reason: str) -> web.Response:
    return web.Response(text=f"{reason or 'ok'}\n", status=503 if reason else 200)

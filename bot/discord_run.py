"""Running on Discord from start to end: open the index, log in, answer until told to stop, and name what went wrong."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import discord

from bot.answering import Answering
from bot.client import VerbatimClient, point_at
from bot.feedback import FeedbackKeeper
from bot.health import SILENT_SECONDS, Watchdog, health_pages
from bot.logs import set_up_logging
from bot.metrics import Metrics
from bot.settings import BotSettings
from bot.worker import Index, Worker
from index.errors import VerbatimError

PORTAL = "https://discord.com/developers/applications"

_TOKEN = re.compile(r"[\w-]{18,}={0,2}\.[\w-]{4,}\.[\w-]{20,}", re.ASCII)
_AUTHENTICATION_FAILED = 4004

_log = logging.getLogger(__name__)


class DiscordError(VerbatimError):
    """Discord cannot be used: a wrong token, a missing permission, no network."""


def permissions() -> discord.Permissions:
    """What the bot needs in a channel, and no more."""
    return discord.Permissions(
        view_channel=True, send_messages=True, send_messages_in_threads=True, read_message_history=True
    )


def invite_url(token: str) -> str:
    """The address that adds the bot to a server. The application's id is the first part of its token (base64)."""
    application = _application(check_token(token))
    return discord.utils.oauth_url(application, permissions=permissions(), scopes=("bot", "applications.commands"))


def run(settings: BotSettings, open_index: Callable[[], Index], metrics: Metrics) -> None:
    """Answer on Discord until SIGTERM or Ctrl-C. Raises a `VerbatimError` for what the operator can mend."""
    set_up_logging(settings.log_level, settings.token)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    feedback = FeedbackKeeper(settings.index.data_dir, enabled=settings.keep_feedback)
    worker = Worker()
    with contextlib.closing(feedback), contextlib.closing(worker), asyncio.Runner() as runner:
        answering = Answering(worker, feedback, metrics=metrics, log_questions=settings.log_questions)
        runner.run(_serve(settings, answering, open_index))


def send_commands(settings: BotSettings) -> None:
    """Send the commands, even if they did not change. Raises a `VerbatimError` where Discord does not take them."""
    check_token(settings.token)
    set_up_logging(settings.log_level, settings.token)
    feedback = FeedbackKeeper(settings.index.data_dir, enabled=False)
    worker = Worker()
    with contextlib.closing(feedback), contextlib.closing(worker):
        asyncio.run(_send_commands(settings, Answering(worker, feedback)))


async def _send_commands(settings: BotSettings, answering: Answering) -> None:
    point_at(settings)
    async with VerbatimClient(settings, answering, force_sync=True) as client:
        with _named_errors(settings):
            await client.login(settings.token)
        if not client.commands_sent:
            raise DiscordError("The commands were not sent.", "Try again in a few minutes.")


async def _serve(settings: BotSettings, answering: Answering, open_index: Callable[[], Index]) -> None:
    point_at(settings)
    client = VerbatimClient(settings, answering)
    watchdog = Watchdog(client.gateway)

    async def live() -> None:
        # A wrong token is told before seconds go into loading the model, and nobody is answered before it is loaded.
        with _named_errors(settings):
            await client.login(settings.token)
        _check_intents(client, settings)
        await answering.worker.open(open_index)
        client.gateway.heard()
        watchdog.start()
        with _named_errors(settings):
            await client.connect()

    told_to_stop = _stop_signal()
    async with client, _health_pages(client, settings.metrics_port):
        running = asyncio.create_task(live())
        stopping = asyncio.create_task(told_to_stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            _log.info("stopping")
            await client.stop()
            # A login that waits for the network does not notice that the client was closed.
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    watchdog.close()
    _log.info("stopped")


@contextlib.asynccontextmanager
async def _health_pages(client: VerbatimClient, port: int | None) -> AsyncIterator[None]:
    """Serve metrics and health, where a port is set."""
    if port is None:
        yield
        return
    answering, gateway = client.answering, client.gateway

    def unhealthy() -> str:
        # While the index is loaded nothing is expected of Discord.
        late = answering.worker.is_open and gateway.silence > SILENT_SECONDS
        return f"nothing was heard from Discord for {gateway.silence:.0f} s" if late else ""

    def unready() -> str:
        if not answering.worker.is_open:
            return "the index is being loaded"
        connected = client.is_ready() and not client.lost_shards
        return "" if connected else "there is no connection to Discord"

    async def bring_up_to_date() -> None:
        answering.metrics.gateway_is(
            heartbeat_seconds=max((latency for _, latency in client.latencies), default=0.0),
            silence_seconds=gateway.silence,
            waiting=answering.worker.waiting,
        )
        if answering.worker.is_open:
            answering.metrics.index_is(answering.worker.status())

    async with health_pages(
        port, answering.metrics, unhealthy=unhealthy, unready=unready, before_metrics=bring_up_to_date
    ):
        yield


def _stop_signal() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set; a second signal ends the process at once."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        event.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, on_signal, number)
        except NotImplementedError:  # Windows has no such handlers on its event loop.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    return event


@contextlib.contextmanager
def _named_errors(settings: BotSettings) -> Iterator[None]:
    """Turn what login and connecting raise into one line that says what to do."""
    try:
        yield
    except discord.LoginFailure:
        raise _wrong_token() from None
    except discord.PrivilegedIntentsRequired:
        raise _no_content_intent() from None
    except discord.ConnectionClosed as error:
        if error.code == _AUTHENTICATION_FAILED:
            raise _wrong_token() from None
        raise DiscordError(f"Discord closed the connection (code {error.code}).", "Start the bot again.") from None
    except discord.HTTPException as error:
        raise DiscordError(f"Discord refused the login ({error.status}).", "Try again in a few minutes.") from None
    except (aiohttp.ClientError, OSError, TimeoutError, discord.GatewayNotFound) as error:
        address = settings.api_url or "discord.com"
        raise DiscordError(f"Cannot reach Discord at {address}: {error}.", "Check the network.") from None


def _check_intents(client: VerbatimClient, settings: BotSettings) -> None:
    """Raise a `DiscordError` where the settings need the message content intent and it is switched off."""
    # The gateway would say so too, but only to one of the 1000 IDENTIFY a day, which a supervisor soon uses up.
    flags = client.application_flags
    if settings.answer_channels and not (flags.gateway_message_content or flags.gateway_message_content_limited):
        raise _no_content_intent()


def _no_content_intent() -> DiscordError:
    return DiscordError(
        "ANSWER_CHANNELS needs the message content intent, which is switched off.",
        f"Switch on Bot > Message Content Intent at {PORTAL}, or leave ANSWER_CHANNELS empty.",
    )


def _wrong_token() -> DiscordError:
    return DiscordError(
        "Discord does not accept the token in DISCORD_TOKEN.", f"Copy a new one: Bot > Reset Token at {PORTAL}."
    )


def check_token(token: str) -> str:
    """The token, if it has the form of one; else a `DiscordError`."""
    if not token:
        raise DiscordError("DISCORD_TOKEN is not set.", f"Copy the bot's token from {PORTAL} into .env.")
    if not _TOKEN.fullmatch(token):
        raise DiscordError(
            "DISCORD_TOKEN does not look like a bot's token (three parts with dots between).",
            f"Copy it again: Bot > Reset Token at {PORTAL}.",
        )
    return token


def _application(token: str) -> int:
    first = token.partition(".")[0]
    try:
        return int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, binascii.Error):
        raise _wrong_token() from None

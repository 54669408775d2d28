"""The connection to Discord: which events are asked for, where they go, and what is in flight."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.answering import Answering
from bot.commands import COMMANDS, buttons
from bot.commands.messages import on_message
from bot.commands.reason import on_form
from bot.health import Gateway
from bot.replies import attending
from bot.settings import BotSettings
from bot.sync import sync_commands
from bot.views import Press

DRAIN_SECONDS = 8.0
"""How long answers in flight are waited for on stopping; `docker stop` kills after ten seconds."""

_log = logging.getLogger(__name__)


class VerbatimTree(app_commands.CommandTree["VerbatimClient"]):
    """The slash commands and the message command."""

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """An error before a command's own code ran (an unknown command, a wrong type): told like any other."""
        async with attending(interaction):
            raise error


class VerbatimClient(discord.AutoShardedClient):
    """The bot on Discord. No privileged intent, unless there are channels in which every question is answered."""

    def __init__(self, settings: BotSettings, answering: Answering, *, force_sync: bool = False) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = bool(settings.answer_channels)
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            activity=discord.Activity(type=discord.ActivityType.listening, name="/ask"),
            # Nothing is asked of these caches, and they grow with every server.
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            # For `on_socket_raw_receive`: the only public word of heartbeats that are acknowledged.
            enable_debug_events=True,
        )
        self.gateway = Gateway()
        self.settings = settings
        self.answering = answering
        self.stopping = False
        self.tree = VerbatimTree(
            self,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        for command in COMMANDS:
            self.tree.add_command(command)
        buttons.register()
        self.commands_sent = False
        """Whether they were sent after login."""
        self.lost_shards: set[int] = set()
        """Those whose connection was lost, until they are back: discord.py counts them as ready all the while."""
        self._force_sync = force_sync
        self._flights = 0
        self._landed = asyncio.Event()
        self._landed.set()

    @contextlib.contextmanager
    def flight(self) -> Iterator[None]:
        """Count what is being answered, so that stopping can wait for it."""
        self._flights += 1
        self._landed.clear()
        try:
            yield
        finally:
            self._flights -= 1
            if not self._flights:
                self._landed.set()

    async def setup_hook(self) -> None:
        """Once after login: make old buttons work, and send the commands if they changed."""
        self.add_dynamic_items(Press)
        data_dir = self.settings.index.data_dir
        self.commands_sent = await sync_commands(self.tree, data_dir, force=self._force_sync)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard, through the gateway of the settings if there is one."""
        await super().launch_shard(yarl.URL(self.settings.gateway_url or gateway), shard_id, initial=initial)

    async def on_ready(self) -> None:
        """Every shard is connected; comes again after a session was lost."""
        _log.info("ready as %s in %d servers, %d shards", self.user, len(self.guilds), self.shard_count or 1)
        for channel in sorted(self.settings.answer_channels):
            if not isinstance(self.get_channel(channel), discord.abc.Messageable | discord.ForumChannel):
                _log.warning("ANSWER_CHANNELS names %d, which is no channel that the bot sees.", channel)

    async def on_socket_raw_receive(self, _message: str) -> None:
        """Anything from Discord, the acknowledgement of a heartbeat included."""
        self.gateway.heard()

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A connection was lost, or is being closed."""
        self.lost_shards.add(shard_id)
        _log.info("shard %d disconnected", shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A lost connection was taken up where it broke off: no event was missed."""
        self.lost_shards.discard(shard_id)
        _log.info("shard %d resumed", shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        """A shard is connected, for the first time or with a new session."""
        self.lost_shards.discard(shard_id)

    async def on_message(self, message: discord.Message) -> None:
        """A message that the bot may see."""
        await on_message(self, message)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Every interaction; discord.py itself sends commands and buttons their way."""
        await on_form(interaction)

    async def stop(self) -> None:
        """Take no more questions, let those in flight be answered, then say goodbye to Discord."""
        self.stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._landed.wait()
        await self.close()


def point_at(settings: BotSettings) -> None:
    """Let discord.py talk to the addresses of the settings instead of its own; before login."""
    if settings.api_url:
        Route.BASE = settings.api_url.rstrip("/")
    if settings.gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway_url)

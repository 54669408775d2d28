"""`/help`: the ways to ask, on one card."""

from __future__ import annotations

from discord import app_commands

from bot.render import notice
from bot.replies import attending, respond
from bot.views import Interaction, card_view


@app_commands.command(name="help", description="How to ask")
async def help_command(interaction: Interaction) -> None:
    """Tell how to ask."""
    async with attending(interaction) as texts:
        await respond(interaction, card_view(notice(texts.help), texts), private=True)

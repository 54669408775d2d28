"""`/about`: what the bot is, and how its index stands."""

from __future__ import annotations

from discord import app_commands

from bot.render import about_card
from bot.replies import attending, respond
from bot.views import Interaction, card_view


@app_commands.command(name="about", description="What this bot is and what it knows")
async def about(interaction: Interaction) -> None:
    """Tell what the bot is."""
    async with attending(interaction) as texts:
        answering = interaction.client.answering
        card = about_card(
            answering.worker.status(),
            texts,
            median_ms=answering.median_ms,
            keeps_feedback=answering.feedback.enabled,
            logs_questions=answering.log_questions,
        )
        await respond(interaction, card_view(card, texts), private=True)

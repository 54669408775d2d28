"""`/forget-me`: delete what a person asked and judged."""

from __future__ import annotations

from discord import app_commands

from bot.replies import attending, patiently, say
from bot.views import Interaction


@app_commands.command(name="forget-me", description="Delete everything the bot keeps about you")
async def forget_me(interaction: Interaction) -> None:
    """Delete what is kept of the person who asks for it."""
    async with attending(interaction) as texts:
        forgetting = interaction.client.answering.feedback.forget(interaction.user.id)
        answers, verdicts = await patiently(interaction, forgetting)
        kept = answers or verdicts
        await say(
            interaction, texts.forgotten.format(answers=answers, verdicts=verdicts) if kept else texts.nothing_to_forget
        )

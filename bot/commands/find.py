"""Apps > "Find the answer" on a message: what somebody asked is looked up, for the one who clicks, who may share it."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.answering import Asked, RefusalError
from bot.questions import question_in
from bot.replies import answer_interaction, attending
from bot.views import Interaction


@app_commands.context_menu(name="Find the answer")
async def find(interaction: Interaction, message: discord.Message) -> None:
    """Answer what a message asks."""
    async with attending(interaction) as texts:
        question = question_in(message, interaction.client)
        if not question:
            raise RefusalError("no_text")
        person = not (message.author.bot or message.webhook_id)
        author = message.author.id if person else None
        asked = Asked(question, "menu", interaction.user.id, place=0, author=author)
        await answer_interaction(interaction, asked, texts, private=True)

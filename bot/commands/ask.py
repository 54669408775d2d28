"""`/ask`: a question, answered in the channel or for the asker alone."""

from __future__ import annotations

from discord import app_commands

from bot.answering import Asked
from bot.feedback import CONVERSATION_TYPES
from bot.questions import names_in, question_of
from bot.replies import answer_interaction, attending
from bot.views import Interaction


@app_commands.command(name="ask", description="Ask a question: the documents answer, word for word")
@app_commands.describe(question="What you would like to know", private="Only you see the answer")
async def ask(interaction: Interaction, question: app_commands.Range[str, 1, 2000], private: bool = False) -> None:
    """Answer a question."""
    async with attending(interaction) as texts:
        place = interaction.channel_id or 0
        talk = interaction.channel is not None and interaction.channel.type in CONVERSATION_TYPES
        previous = await interaction.client.answering.feedback.before(replied_to=None, place=place if talk else None)
        words = question_of(question, names_in(interaction.client, interaction.guild, [interaction.user]))
        asked = Asked(words, "/ask", interaction.user.id, 0 if private else place, previous)
        await answer_interaction(interaction, asked, texts, private=private)

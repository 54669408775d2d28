"""Why an answer did not help: a form with one field, which may stay empty.

The form's custom id names the answer, and it is read from the event itself: a form that was open during a restart
counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord

from bot.answering import RefusalError
from bot.replies import attending, say
from bot.texts import Texts
from bot.views import VERSION, Interaction

_FORM = f"{VERSION}:reason:"
_LONGEST_REASON = 1000


async def ask_reason(interaction: Interaction, answer_id: str, texts: Texts) -> None:
    """Open the form."""
    form = discord.ui.Modal(title=texts.reason_title, custom_id=_FORM + answer_id)
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        placeholder=texts.reason_placeholder,
        required=False,
        max_length=_LONGEST_REASON,
        custom_id="reason",
    )
    form.add_item(discord.ui.Label(text=texts.reason_label, component=field))
    form.stop()
    await interaction.response.send_modal(form)


async def on_form(interaction: Interaction) -> None:
    """Note the reason that a form brings; other interactions are passed over."""
    data: Any = interaction.data or {}
    form = str(data.get("custom_id", ""))
    if interaction.type is not discord.InteractionType.modal_submit or not form.startswith(_FORM):
        return
    async with attending(interaction) as texts:
        reason = next(_typed(data.get("components", [])), "").strip()
        if reason:
            answer_id = form.removeprefix(_FORM)
            feedback = interaction.client.answering.feedback
            if not await feedback.explain(answer_id, user=interaction.user.id, reason=reason):
                raise RefusalError("gone")
        await say(interaction, texts.thanks_reason if reason else texts.thanks)


def _typed(components: list[dict[str, Any]]) -> Iterator[str]:
    """What was typed into the fields of a form, whichever way they are nested."""
    for component in components:
        if "value" in component:
            yield str(component["value"])
        yield from _typed(component.get("components", []))
        if "component" in component:
            yield from _typed([component["component"]])

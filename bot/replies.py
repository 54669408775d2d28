"""How the bot speaks: to an interaction within three seconds, to a message once, about errors in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

import aiohttp
import discord

from bot.answering import Asked, RefusalError
from bot.render import answer_card
from bot.texts import Texts, texts_for
from bot.views import Interaction, answer_buttons, card_view, text_view
from bot.worker import QueueFullError
from index.answer import Answer

PATIENCE_SECONDS = 1.0
"""An answer that comes within it needs no "thinking…"; Discord drops an interaction after 3 s without a response."""

_DEFERRED = (
    discord.InteractionResponseType.deferred_channel_message,
    discord.InteractionResponseType.deferred_message_update,
)
_PAST = {
    10003: "A channel was deleted before its question was answered.",
    10008: "A message was deleted before its question was answered.",
    10062: "An interaction was lost: Discord waits 3 seconds for the first response, and they had passed.",
    40060: "An interaction was answered twice: Discord had taken the first response and reported it as failed.",
}
_NO_HISTORY = 160002
_SEND_TRIES = 3

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


@contextlib.asynccontextmanager
async def attending(interaction: Interaction) -> AsyncIterator[Texts]:
    """Everything around answering an interaction: the person's language, counting it as in flight, and its errors."""
    texts = texts_for(str(interaction.locale))
    with interaction.client.flight():
        try:
            yield texts
        except RefusalError as refusal:
            with unsent():
                await say(interaction, refusal.line(texts))
        except QueueFullError:
            with unsent():
                await say(interaction, texts.queue_full)
        except Exception as error:  # noqa: BLE001 - `noted_error` logs it
            if isinstance(error, discord.HTTPException) and error.code in _PAST:
                _log.warning(_PAST[error.code])
                return
            line = texts.failed.format(id=noted_error("an interaction"))
            with unsent():
                await say(interaction, line)


def noted_error(where: str) -> str:
    """Log the exception at hand under a fresh id, and return the id: the person is told it."""
    error_id = f"E-{secrets.token_hex(3)}"
    _log.exception("error id=%s in %s", error_id, where)
    return error_id


async def say(interaction: Interaction, text: str) -> None:
    """Tell the one person who asked, and nobody else; a public response that was announced becomes this."""
    if interaction.response.type is discord.InteractionResponseType.deferred_message_update:
        await interaction.followup.send(view=text_view(text), ephemeral=True)
    else:
        await respond(interaction, text_view(text), private=True)


async def respond(
    interaction: Interaction, view: discord.ui.LayoutView, *, private: bool, turns: bool = False
) -> int | None:
    """Respond with a view, or complete a deferred response; returns the id of the message, where Discord tells it.

    `turns` puts the view in the place of the message whose button was pressed.
    """
    if not interaction.response.is_done():
        if turns:
            await interaction.response.edit_message(view=view)
            return None
        response = await interaction.response.send_message(view=view, ephemeral=private)
        return response.message_id
    if interaction.response.type in _DEFERRED:
        message = await interaction.edit_original_response(view=view)
        return message.id
    followup = await interaction.followup.send(view=view, ephemeral=private, wait=True)
    return followup.id


async def patiently(
    interaction: Interaction, work: Coroutine[Any, Any, Result], *, private: bool = True, turns: bool = False
) -> Result:
    """What `work` returns; the response is deferred when that takes longer than a moment, or surely will."""
    task = asyncio.create_task(work)
    busy = interaction.client.answering.backlog_seconds > PATIENCE_SECONDS
    done, _ = await asyncio.wait({task}, timeout=0 if busy else PATIENCE_SECONDS)
    if not done:
        try:
            await interaction.response.defer(ephemeral=private, thinking=not turns)
        except BaseException:
            task.cancel()
            raise
    return await task


async def answer_interaction(interaction: Interaction, asked: Asked, texts: Texts, *, private: bool) -> None:
    """Ask, and show the answer."""
    if interaction.client.stopping:
        raise RefusalError("closing")
    answering = interaction.client.answering
    answer = await patiently(interaction, answering.ask(asked), private=private)
    view = answer_view(answer, texts, private=private, judged=answering.feedback.enabled, with_question=True)
    message_id = await respond(interaction, view, private=private)
    if message_id is not None:
        await answering.feedback.show(answer.id, message_id)


def answer_view(
    answer: Answer, texts: Texts, *, private: bool, judged: bool, with_question: bool, footer: str = ""
) -> discord.ui.LayoutView:
    """An answer as a message, with its buttons."""
    card = answer_card(answer, texts, with_question=with_question, footer=footer)
    return card_view(card, texts, answer_buttons(answer, texts, private=private, judged=judged))


async def reply(message: discord.Message, view: discord.ui.LayoutView) -> discord.Message:
    """Reply to a message, once: the nonce makes Discord drop a copy that a lost connection makes us send."""
    for attempt in range(_SEND_TRIES - 1):
        with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
            return await _send(message, view)
        await asyncio.sleep(0.5 * 2**attempt)
    return await _send(message, view)


async def _send(message: discord.Message, view: discord.ui.LayoutView) -> discord.Message:
    nonce = str(message.id)
    try:
        reference = message.to_reference(fail_if_not_exists=False)
        return await message.channel.send(view=view, reference=reference, mention_author=False, nonce=nonce)
    except discord.HTTPException as error:
        if error.code != _NO_HISTORY:
            raise
        return await message.channel.send(view=view, nonce=nonce)


@contextlib.contextmanager
def unsent() -> Iterator[None]:
    """Speaking about an error may fail as the answer did: then the log alone has it."""
    try:
        yield
    except Exception:  # noqa: BLE001 - logged, and there is nobody left to tell
        _log.exception("A person could not be told.")

"""Questions in ordinary messages: a mention, a reply to the bot, a direct message, a channel of `ANSWER_CHANNELS`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.answering import Asked, RefusalError, Way
from bot.feedback import CONVERSATION_TYPES
from bot.questions import looks_like_question, question_in
from bot.replies import answer_view, noted_error, reply, unsent
from bot.texts import Texts, texts_for
from bot.views import text_view
from bot.worker import QueueFullError
from index.language import detect_question

if TYPE_CHECKING:
    from bot.client import VerbatimClient

_TYPING_SECONDS = 8.0
"""Discord shows "typing" for ten seconds."""

_log = logging.getLogger(__name__)


async def on_message(client: VerbatimClient, message: discord.Message) -> None:
    """Answer a message that asks the bot something; leave every other one alone."""
    way = way_asked(client, message)
    if way is None:
        return
    with client.flight(), _reachable(message):
        try:
            await _answer(client, message, way)
        except RefusalError as refusal:
            if refusal.is_news:
                await _say(message, way, refusal.line(_texts(client, message)))
        except QueueFullError:
            await _say(message, way, _texts(client, message).queue_full)
        except (discord.Forbidden, discord.NotFound):
            raise
        except Exception:  # noqa: BLE001 - `noted_error` logs it
            error_id = noted_error(f"a message (way={way})")
            await _say(message, way, _texts(client, message).failed.format(id=error_id))


def way_asked(client: VerbatimClient, message: discord.Message) -> Way | None:
    """How a message asks the bot, or None when it does not. Other bots, webhooks and notices of Discord never do."""
    kinds = (discord.MessageType.default, discord.MessageType.reply)
    if message.author.bot or message.webhook_id or message.type not in kinds or client.user is None:
        return None
    if message.guild is None:
        return "direct"
    replied_to = message.reference.resolved if message.reference else None
    to_bot = isinstance(replied_to, discord.Message) and replied_to.author.id == client.user.id
    if to_bot:
        return "reply"
    # Of a message that mentions only its role, Discord may withhold the text.
    if client.user in message.mentions or (message.content and message.guild.self_role in message.role_mentions):
        return "mention"
    channels = {message.channel.id, getattr(message.channel, "parent_id", None)}
    to_somebody = bool(message.reference or message.mentions)
    if channels & client.settings.answer_channels and not to_somebody and looks_like_question(message.content):
        return "channel"
    return None


async def _answer(client: VerbatimClient, message: discord.Message, way: Way) -> None:
    question = question_in(message, client)
    if not question:
        if message.attachments or message.stickers:
            client.answering.refuse(message.author.id, "no_text")
        # Discord withholds the text of a reply that does not mention the bot, unless the bot has the content intent.
        unread = way == "reply" and client.user not in message.mentions
        client.answering.refuse(message.author.id, "unreadable_reply" if unread else "nothing_asked")
    if client.stopping:
        raise RefusalError("closing")
    talk = message.channel.type in CONVERSATION_TYPES
    previous = await client.answering.feedback.before(
        replied_to=message.reference.message_id if message.reference else None,
        place=message.channel.id if talk else None,
    )
    asked = Asked(question, way, message.author.id, message.channel.id, previous)
    if way == "channel":
        answer = await client.answering.ask(asked)
        if answer.kind == "small talk":
            return
    else:
        async with _typing(message.channel):
            answer = await client.answering.ask(asked)
    texts = texts_for(answer.language)
    view = answer_view(answer, texts, private=False, judged=client.answering.feedback.enabled, with_question=False)
    sent = await reply(message, view)
    await client.answering.feedback.show(answer.id, sent.id)


@contextlib.asynccontextmanager
async def _typing(channel: discord.abc.Messageable) -> AsyncIterator[None]:
    """Show "typing" while the body runs, without making it wait for Discord to confirm that."""

    async def keep_typing() -> None:
        with contextlib.suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            while True:
                await channel.typing()
                await asyncio.sleep(_TYPING_SECONDS)

    task = asyncio.create_task(keep_typing())
    try:
        yield
    finally:
        task.cancel()


async def _say(message: discord.Message, way: Way, text: str) -> None:
    """Say something instead of an answer; where nobody addressed the bot, it does not talk about itself."""
    if way == "channel":
        return
    with unsent(), _reachable(message):
        await reply(message, text_view(text))


@contextlib.contextmanager
def _reachable(message: discord.Message) -> Iterator[None]:
    """Where Discord lets nobody write, or not the bot, that is one line of the log."""
    try:
        yield
    except discord.Forbidden:
        _log.warning(
            "No permission to answer in channel %d of server %s: grant View Channel, Send Messages, "
            "Send Messages in Threads and Read Message History there.",
            message.channel.id,
            message.guild.id if message.guild else "-",
        )
    except discord.NotFound:
        _log.warning("Channel %d was deleted before its question was answered.", message.channel.id)


def _texts(client: VerbatimClient, message: discord.Message) -> Texts:
    """The language for what is said without an answer: that of the words, or where there are none the server's."""
    words = question_in(message, client)
    if message.guild and not any(map(str.isalpha, words)):
        return texts_for(str(message.guild.preferred_locale))
    return texts_for(detect_question(words))

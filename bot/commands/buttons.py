"""What each button does. What it shows is for the one who pressed it; the answer itself stays as everybody saw it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import discord

from bot.answering import RefusalError
from bot.commands.reason import ask_reason
from bot.commands.sources import sources_view
from bot.markup import draw_inline
from bot.render import context_card, passages_card, shown_quotes, unlit
from bot.replies import answer_view, attending, patiently, respond, say
from bot.views import Interaction, Press, card_view, context_button, document_key, text_key
from bot.worker import Index
from index.answer import Quote
from index.feedback import KeptAnswer

PASSAGES_A_PAGE = 3
MOST_RANKED = 30
"""So many passages are ranked for every page alike: with more of them their order would be another one."""

Result = TypeVar("Result")


async def show_context(interaction: Interaction, press: Press) -> None:
    """A paragraph between the one before and the one after, and buttons that go further."""
    key, paragraph, check = press.values[0], int(press.values[1]), press.values[2]
    near = range(max(1, paragraph - 2), paragraph + 3)
    async with attending(interaction) as texts:
        around = await _from_index(interaction, press, lambda index: _passages(index, key, near))
        middle = around.get(paragraph)
        if middle is None or text_key(middle.text) != check:
            raise RefusalError("changed")
        shown = [around[number] for number in (paragraph - 1, paragraph, paragraph + 1) if number in around]
        buttons = []
        if earlier := around.get(paragraph - 2):
            buttons.append(context_button(earlier, texts.earlier, turns=True))
        if later := around.get(paragraph + 2):
            buttons.append(context_button(later, texts.later, turns=True))
        await _open(interaction, press, card_view(context_card(shown, texts), texts, buttons, page=True))


async def read_on(interaction: Interaction, press: Press) -> None:
    """The rest of a passage that was cut."""
    key, paragraph, check, offset = press.values[0], int(press.values[1]), press.values[2], int(press.values[3])
    async with attending(interaction) as texts:
        found = await _from_index(interaction, press, lambda index: _passages(index, key, [paragraph]))
        quote = found.get(paragraph)
        if quote is None or text_key(quote.text) != check:
            raise RefusalError("changed")
        await _open(interaction, press, card_view(passages_card([quote], texts, offset=offset), texts, page=True))


async def show_next(interaction: Interaction, press: Press) -> None:
    """The passages that the answer did not show, from the best on, a page at a time."""
    answer_id, skip = press.values[0], int(press.values[1])
    async with attending(interaction) as texts:
        kept = await _kept(interaction, answer_id)
        # The quotes of an answer need not be the first by rank, and a new generation may number them anew.
        shown = {(quote.document, quote.text) for quote in shown_quotes(kept.answer)}
        ranked = await _from_index(
            interaction,
            press,
            lambda index: index.more(kept.answer.question, previous=kept.previous, skip=0, limit=MOST_RANKED),
        )
        fresh = [quote for quote in ranked if (quote.document, quote.text) not in shown][skip:]
        if not fresh:
            raise RefusalError("no_more_passages")
        card = passages_card([unlit(quote) for quote in fresh[:PASSAGES_A_PAGE]], texts, heading=texts.next_passages)
        buttons = []
        if skip:
            buttons.append(Press("next", answer_id, skip - PASSAGES_A_PAGE, label=texts.previous, turns=True))
        if len(fresh) > PASSAGES_A_PAGE:
            buttons.append(Press("next", answer_id, skip + PASSAGES_A_PAGE, label=texts.next, turns=True))
        await _open(interaction, press, card_view(card, texts, buttons))


async def say_helpful(interaction: Interaction, press: Press) -> None:
    """Note that an answer helped."""
    async with attending(interaction) as texts:
        await _judge(interaction, press.values[0], helpful=True)
        await say(interaction, texts.thanks)


async def say_unhelpful(interaction: Interaction, press: Press) -> None:
    """Note that an answer did not help, and ask why: the verdict counts without a reason too."""
    async with attending(interaction) as texts:
        await _judge(interaction, press.values[0], helpful=False)
        await ask_reason(interaction, press.values[0], texts)


async def share(interaction: Interaction, press: Press) -> None:
    """Show a private answer to the channel, as it was seen, and take the button away."""
    async with attending(interaction) as texts:
        kept = await _kept(interaction, press.values[0])
        judged = interaction.client.answering.feedback.enabled
        alone = answer_view(kept.answer, texts, private=False, judged=judged, with_question=True)
        await interaction.response.edit_message(view=alone)
        shared_by = texts.shared_by.format(user=draw_inline(interaction.user.display_name, 80))
        public = answer_view(kept.answer, texts, private=False, judged=judged, with_question=True, footer=shared_by)
        message = await interaction.followup.send(view=public, ephemeral=False, wait=True)
        await interaction.client.answering.feedback.show(kept.answer.id, message.id)


async def list_sources(interaction: Interaction, press: Press) -> None:
    """Another page of the documents."""
    async with attending(interaction) as texts:
        view = await patiently(interaction, sources_view(interaction, int(press.values[0]), texts), turns=press.turns)
        await _open(interaction, press, view)


def register() -> None:
    """Let the buttons know what they do."""
    Press.actions.update(
        context=show_context,
        read=read_on,
        next=show_next,
        helpful=say_helpful,
        unhelpful=say_unhelpful,
        share=share,
        list=list_sources,
    )


async def _from_index(interaction: Interaction, press: Press, work: Callable[[Index], Result]) -> Result:
    return await patiently(interaction, interaction.client.answering.worker.run(work), turns=press.turns)


async def _open(interaction: Interaction, press: Press, view: discord.ui.LayoutView) -> None:
    """Turn the page that the button stands on, or open a first one, for the one who pressed it."""
    await respond(interaction, view, private=True, turns=press.turns)


async def _judge(interaction: Interaction, answer_id: str, *, helpful: bool) -> None:
    if not await interaction.client.answering.feedback.judge(answer_id, user=interaction.user.id, helpful=helpful):
        raise RefusalError("gone")
    interaction.client.answering.metrics.opinion(helpful=helpful)


async def _kept(interaction: Interaction, answer_id: str) -> KeptAnswer:
    kept = await interaction.client.answering.feedback.answer(answer_id)
    if kept is None:
        raise RefusalError("gone")
    return kept


def _passages(index: Index, key: str, numbers: Iterable[int]) -> dict[int, Quote]:
    """The passages of a document, given by its key, that have one of the numbers; runs in the index's thread."""
    document = next((source.document for source in index.sources() if document_key(source.document) == key), None)
    if document is None:
        return {}
    return {number: quote for number in numbers if (quote := index.passage(document, number))}

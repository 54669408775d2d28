"""`/sources`: the documents, a page at a time, or one of them."""

from __future__ import annotations

import unicodedata

import discord
from discord import app_commands

from bot.answering import RefusalError
from bot.render import passages_card, source_lines, source_pages, sources_card
from bot.replies import attending, patiently, respond
from bot.texts import Texts
from bot.views import Interaction, Press, card_view, document_key
from bot.worker import Index, QueueFullError
from index.answer import Quote, Source

_MOST_CHOICES = 25
_CHOICE_LENGTH = 100


@app_commands.command(name="sources", description="List the documents, or show one")
@app_commands.describe(document="The document to show")
async def sources(interaction: Interaction, document: str | None = None) -> None:
    """List the documents, or show one."""
    async with attending(interaction) as texts:
        if document is None:
            view = await patiently(interaction, sources_view(interaction, 0, texts))
            await respond(interaction, view, private=True)
        else:
            await _show(interaction, document, texts)


async def sources_view(interaction: Interaction, page: int, texts: Texts) -> discord.ui.LayoutView:
    """A page of the list, with buttons to the pages beside it."""
    listed = await interaction.client.answering.worker.run(lambda index: index.sources())
    buttons = []
    if page > 0:
        buttons.append(Press("list", page - 1, label=texts.previous_page, turns=True))
    if page < source_pages(listed) - 1:
        buttons.append(Press("list", page + 1, label=texts.next_page, turns=True))
    return card_view(sources_card(listed, page, texts), texts, buttons)


async def _show(interaction: Interaction, wanted: str, texts: Texts) -> None:
    """A document's entry and its first passage, from which one can read on. Takes a key or a name typed by hand."""
    worker = interaction.client.answering.worker
    found, first = await patiently(interaction, worker.run(lambda index: _find(index, wanted)))
    if found is None:
        raise RefusalError("source_unknown")
    card = passages_card([first] if first else [], texts, heading=source_lines(found, texts))
    await respond(interaction, card_view(card, texts), private=True)


def _find(index: Index, wanted: str) -> tuple[Source | None, Quote | None]:
    """A document by its key, name or title, and its first passage; runs in the index's thread."""
    listed = index.sources()
    found = next((source for source in listed if wanted in (document_key(source.document), source.document)), None)
    if found is None:
        found = next((source for source in listed if _folded(wanted) == _folded(source.title)), None)
    return found, index.passage(found.document, 1) if found else None


@sources.autocomplete("document")
async def _suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Documents whose title or name holds what was typed so far."""
    try:
        listed = await interaction.client.answering.worker.run(lambda index: index.sources())
    except QueueFullError:
        return []
    wanted = _folded(typed)
    matching = [source for source in listed if wanted in _folded(f"{source.title} {source.document}")]
    return [
        app_commands.Choice(name=_label(source), value=document_key(source.document))
        for source in matching[:_MOST_CHOICES]
    ]


def _label(source: Source) -> str:
    name = " ".join((source.title or source.document).split()) or source.document
    return name if len(name) <= _CHOICE_LENGTH else name[: _CHOICE_LENGTH - 1] + "…"


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))

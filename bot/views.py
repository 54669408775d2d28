"""Cards as Discord messages (Components V2), and the buttons under them, which work for as long as the message stands.

A button's custom id says all that pressing it needs: `v1:ACTION:VALUES`, 100 characters at most, and `v1t:…` on a page
that turns in place. Nothing is remembered for a view, so every view is stopped as soon as it is made: discord.py would
otherwise hold each private one for 15 minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import discord

from bot.render import Card, Passage, Tone, shown_quotes
from bot.texts import Texts
from index.answer import Answer, Quote

if TYPE_CHECKING:
    from bot.client import VerbatimClient

Interaction: TypeAlias = "discord.Interaction[VerbatimClient]"
Action: TypeAlias = "Callable[[Interaction, Press], Awaitable[None]]"

VERSION = "v1"
_COLOURS: dict[Tone, int] = {"answer": 0x2E9E6B, "abstention": 0x8A8F98, "notice": 0x5865F2}


class Press(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"{VERSION}(?P<turns>t?):(?P<action>[a-z]+):(?P<values>.*)",
):
    """Any button of this bot; `turns` says that it replaces the page it stands on. `actions` is filled at start-up."""

    actions: ClassVar[dict[str, Action]] = {}

    def __init__(self, action: str, *values: object, label: str, emoji: str | None = None, turns: bool = False) -> None:
        self.action = action
        self.values = [str(value) for value in values]
        self.turns = turns
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.secondary,
                label=label,
                emoji=emoji,
                custom_id=":".join([f"{VERSION}t" if turns else VERSION, action, *self.values]),
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: Any, /
    ) -> Press:
        """The button as it was pressed, in whichever process."""
        return cls(match["action"], *match["values"].split(":"), label="…", turns=bool(match["turns"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says. An action that a later version dropped does nothing."""
        if action := self.actions.get(self.action):
            await action(interaction, self)


def text_view(text: str) -> discord.ui.LayoutView:
    """A message of one line or two."""
    return _view(discord.ui.TextDisplay(text))


def card_view(card: Card, texts: Texts, buttons: Sequence[Press] = (), *, page: bool = False) -> discord.ui.LayoutView:
    """A card with a row of buttons (five at most) under it, and one beside the captions that have more to show.

    `page` says that the card is turned in place, one of several; its passages then need no context of their own.
    """
    box: discord.ui.Container[Any] = discord.ui.Container(accent_colour=_COLOURS[card.tone])
    if card.heading:
        box.add_item(discord.ui.TextDisplay(card.heading))
    for position, passage in enumerate(card.passages):
        if position:
            box.add_item(discord.ui.Separator())
        box.add_item(discord.ui.TextDisplay(passage.excerpt.markup))
        caption: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay(passage.caption)
        button = _passage_button(passage, texts, page=page)
        box.add_item(discord.ui.Section(caption, accessory=button) if button else caption)
    if card.footer:
        box.add_item(discord.ui.TextDisplay(card.footer))
    if buttons:
        box.add_item(discord.ui.ActionRow(*buttons))
    return _view(box)


def answer_buttons(answer: Answer, texts: Texts, *, private: bool, judged: bool) -> list[Press]:
    """The buttons of an answer: `private` adds sharing, `judged` says whether opinions are kept."""
    buttons = []
    if shown_quotes(answer):
        buttons.append(Press("next", answer.id, 0, label=texts.next))
    if judged and answer.kind != "small talk":
        buttons.append(Press("helpful", answer.id, label=texts.helpful, emoji="👍"))
        buttons.append(Press("unhelpful", answer.id, label=texts.not_helpful, emoji="👎"))
    if private and answer.kind != "small talk":
        buttons.append(Press("share", answer.id, label=texts.share))
    return buttons


def document_key(document: str) -> str:
    """A document's name in a custom id: 12 hexadecimal digits, for names of any length."""
    return hashlib.sha256(document.encode(errors="surrogatepass")).hexdigest()[:12]


def text_key(text: str) -> str:
    """A check on a passage's text, so that a button of an old answer never shows another paragraph for it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:6]


def context_button(quote: Quote, label: str, *, turns: bool = False) -> Press:
    """A button that shows a passage between its neighbours."""
    return Press(
        "context", document_key(quote.document), quote.paragraph, text_key(quote.text), label=label, turns=turns
    )


def _passage_button(passage: Passage, texts: Texts, *, page: bool) -> Press | None:
    """Read on where the passage was cut off, else more context."""
    quote, part = passage.quote, passage.excerpt
    if part.after:
        values = (document_key(quote.document), quote.paragraph, text_key(quote.text), part.end - quote.start)
        return Press("read", *values, label=texts.read_on, turns=page)
    return None if page else context_button(quote, texts.more_context)


def _view(item: discord.ui.Item[Any]) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(item)
    view.stop()
    return view

"""From an answer to what a message says, as plain data: pure functions that know Discord's limits but not its library.

A card is drawn by `bot.views`. Its texts together stay under `MOST_TEXT`, and `plain(passage.excerpt.markup)` is the
document's slice, letter for letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.excerpt import Excerpt, excerpt
from bot.links import link_to_words, web_address, without_marks
from bot.markup import draw_inline, units
from bot.texts import Texts
from index.answer import Answer, IndexStatus, Quote, Source

MOST_TEXT = 4000
"""Units of all text in one message of Components V2 (Discord's limit, counted after escaping)."""

SOURCES_A_PAGE = 8
_LEAST_ROOM = 200
_LONGEST_SOURCE_LINK = 250
_MOST_NEAREST = 2

Tone = Literal["answer", "abstention", "notice"]


@dataclass(frozen=True, slots=True)
class Passage:
    """One quote on a card: what is shown of it, and the line below it that says where it stands."""

    quote: Quote
    excerpt: Excerpt
    caption: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a message says, from top to bottom; the heading and the closing line are markup and may be empty."""

    tone: Tone
    heading: str
    passages: tuple[Passage, ...] = ()
    footer: str = ""

    @property
    def length(self) -> int:
        """Units of all its text."""
        parts = [self.heading, self.footer]
        for passage in self.passages:
            parts += [passage.excerpt.markup, passage.caption]
        return sum(map(units, parts))


def notice(text: str) -> Card:
    """A card of one text of the interface."""
    return Card(tone="notice", heading=text)


def answer_card(answer: Answer, texts: Texts, *, with_question: bool = False, footer: str = "") -> Card:
    """The answer as it is shown; `with_question` puts the question on top, where nothing else shows it."""
    headings = [texts.asked.format(question=draw_inline(answer.question, 300))] if with_question else []
    if answer.kind == "small talk":
        return notice(texts.small_talk)
    if answer.kind == "abstention":
        headings.append(texts.abstention)
        if answer.nearest:
            headings.append(texts.nearest)
    return passages_card(shown_quotes(answer), texts, tone=answer.kind, heading="\n".join(headings), footer=footer)


def shown_quotes(answer: Answer) -> tuple[Quote, ...]:
    """The passages that an answer shows: its quotes, or the nearest ones of an abstention, with nothing lit up."""
    return answer.quotes or tuple(map(unlit, answer.nearest[:_MOST_NEAREST]))


def unlit(quote: Quote) -> Quote:
    """A passage without its highlights: bold is for sentences that answer."""
    return replace(quote, highlights=())


def passages_card(
    quotes: Sequence[Quote],
    texts: Texts,
    *,
    tone: Tone = "notice",
    heading: str = "",
    footer: str = "",
    offset: int = 0,
    titled: bool = True,
) -> Card:
    """Passages in the room that a message has, shared out fairly; the ones for which none is left are not shown.

    `offset` is the character of the first quote to begin at; `titled` False is for passages of one document, which the
    heading names. What a short passage does not need, the later ones may use.
    """
    room = MOST_TEXT - units(heading) - units(footer)
    shown: list[Passage] = []
    # Discord refuses two buttons with the same custom id, so the same passage twice.
    quotes = list({(quote.document, quote.paragraph): quote for quote in quotes}.values())
    for position, quote in enumerate(quotes):
        # The caption is a little longer for an excerpt than for the whole: measure the longest.
        reserved = units(caption(quote, texts, whole=False, titled=titled))
        share = room // (len(quotes) - position) - reserved
        if share < _LEAST_ROOM:
            continue
        part = excerpt(quote, share, offset=0 if position else offset)
        passage = Passage(quote, part, caption(quote, texts, whole=part.whole, titled=titled))
        shown.append(passage)
        room -= units(part.markup) + units(passage.caption)
    return Card(tone, heading, tuple(shown), footer)


def context_card(quotes: Sequence[Quote], texts: Texts) -> Card:
    """Neighbouring paragraphs of one document under its title."""
    heading = f"**{draw_inline(quotes[0].title or quotes[0].document, 150)}**" if quotes else ""
    return passages_card(quotes, texts, heading=heading, titled=False)


def caption(quote: Quote, texts: Texts, *, whole: bool = True, titled: bool = True) -> str:
    """Where a quote stands: title, section, paragraph number, date, and a link that opens the source at these words."""
    parts = []
    if titled:
        parts.append(f"**{draw_inline(quote.title or quote.document, 150)}**")
        if quote.heading:
            parts.append(draw_inline(quote.heading, 120))
    parts.append(texts.paragraph.format(number=quote.paragraph))
    if not whole:
        parts.append(texts.excerpt)
    if quote.date and titled:
        parts.append(draw_inline(quote.date, 40))
    words = quote.highlights[0].text if quote.highlights else quote.text
    if quote.document.lower().endswith(".md"):
        words = without_marks(words)
    if link := link_to_words(quote.source, words):
        parts.append(f"[{texts.open_source}]({link})")
    return "-# " + " · ".join(parts)


def sources_card(sources: Sequence[Source], page: int, texts: Texts) -> Card:
    """One page of the list of documents; `page` counts from 0 and is brought into range."""
    if not sources:
        return notice(texts.no_sources)
    pages = source_pages(sources)
    page = min(max(page, 0), pages - 1)
    lines = [texts.sources.format(count=len(sources))]
    lines += [source_lines(source, texts) for source in sources[page * SOURCES_A_PAGE : (page + 1) * SOURCES_A_PAGE]]
    footer = texts.sources_page.format(page=page + 1, pages=pages) if pages > 1 else ""
    return Card("notice", "\n".join(lines), footer=footer)


def source_pages(sources: Sequence[Source]) -> int:
    """How many pages the list of documents has."""
    return max(1, -(-len(sources) // SOURCES_A_PAGE))


def source_lines(source: Source, texts: Texts) -> str:
    """A document in the list: its title, and below it the passages, the date, the file and the link."""
    title = draw_inline(source.title or source.document, 120)
    address = web_address(source.source)
    if address and len(address) <= _LONGEST_SOURCE_LINK:
        title = f"[{title}]({address})"
    parts = [texts.source_passages.format(count=source.passages)]
    if source.date:
        parts.append(draw_inline(source.date, 40))
    parts.append(draw_inline(source.document, 80))
    return f"**{title}**\n-# " + " · ".join(parts)


def about_card(
    status: IndexStatus, texts: Texts, *, median_ms: float | None, keeps_feedback: bool, logs_questions: bool
) -> Card:
    """What `/about` says."""
    privacy = texts.privacy_on if keeps_feedback else texts.privacy_off
    if logs_questions:
        privacy += f" {texts.privacy_log}"
    median = texts.median.format(milliseconds=f"{median_ms:.0f}") if median_ms is not None else texts.no_median
    return notice(
        texts.about.format(
            documents=status.documents,
            passages=status.passages,
            # Within backticks nothing but a backtick is active.
            generation=status.generation.replace("`", "'"),
            age=relative_time(status.created),
            model=status.model.replace("`", "'")[:120],
            median=median,
            privacy=privacy,
        )
    )


def relative_time(epoch: float) -> str:
    """A moment as Discord shows it in the reader's own language and time: "in 5 seconds", "2 hours ago"."""
    return f"<t:{int(epoch)}:R>"

"""An answer as a message: within every limit, each quote a slice of the document, cut only where a reader would cut."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.excerpt import excerpt
from bot.markup import plain, units
from bot.render import MOST_TEXT, about_card, answer_card, context_card, passages_card, source_pages, sources_card
from bot.texts import ENGLISH, FRENCH
from bot.views import Press, answer_buttons, card_view
from index.answer import IndexStatus, Source
from tests.bot.discord_markdown import see
from tests.bot.samples import answer, quote, quotes, texts
from tests.standin import contract

SENTENCES = "The first sentence is here. The second one follows! Does a third one ask? « Oui. » And so it ends."
LANGUAGES = st.sampled_from([ENGLISH, FRENCH])


def message_of(card, buttons=()):
    """What is sent for a card, as discord.py writes it."""

    async def drawn():
        return card_view(card, ENGLISH, buttons).to_components()

    return {"components": asyncio.run(drawn()), "allowed_mentions": {"parse": []}}


@settings(max_examples=60, deadline=None)
@given(st.lists(quotes(), max_size=4), st.sampled_from(["answer", "abstention", "small talk"]), texts, LANGUAGES)
def test_any_answer_fits_a_message_and_its_quotes_are_slices(shown, kind, question, language):
    given_answer = answer(*shown, kind=kind, question=question)
    card = answer_card(given_answer, language, with_question=True, footer="-# Shared by somebody")
    assert card.length <= MOST_TEXT
    for passage in card.passages:
        part, whole = passage.excerpt, passage.quote
        assert plain(part.markup) == whole.text[part.start - whole.start : part.end - whole.start]
        assert see(part.markup).alive == []
        assert "\n" not in passage.caption
    buttons = answer_buttons(given_answer, language, private=True, judged=True)
    assert contract.problems("POST", "/channels/1/messages", message_of(card, buttons)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(quotes(), min_size=1, max_size=3))
def test_neighbouring_paragraphs_fit_a_message(shown):
    card = context_card(shown, FRENCH)
    assert card.length <= MOST_TEXT
    assert contract.problems("POST", "/channels/1/messages", message_of(card)) == []


def test_a_short_quote_is_shown_whole_with_its_answer_in_bold():
    card = answer_card(answer(quote("Before. The answer. After.", (8, 19))), ENGLISH)
    assert [passage.excerpt.markup for passage in card.passages] == ["> Before. **The answer.** After."]
    assert card.passages[0].caption == "-# **A title** · paragraph 3"


def test_a_caption_tells_section_date_and_a_link_to_the_words():
    shown = quote(
        "Before. The answer.", (8, 19), source="https://example.org/a", date="2026-02-24", heading="A *section*"
    )
    caption = answer_card(answer(shown), FRENCH).passages[0].caption
    link = "https://example.org/a#:~:text=The%20answer."
    assert caption == rf"-# **A title** · A \*section\* · paragraphe 3 · 2026-02-24 · [ouvrir à ce passage]({link})"


def test_an_abstention_says_so_and_labels_what_is_near():
    near = [quote("One sentence. Another one.", (0, 13), paragraph=number) for number in (1, 2, 3)]
    card = answer_card(answer(*near, kind="abstention"), ENGLISH)
    assert card.heading.split("\n") == [
        "**The documents do not answer this question.**",
        "-# The nearest passages, which may not answer it:",
    ]
    # Bold is for sentences that answer, and none of these does.
    assert [passage.excerpt.markup for passage in card.passages] == ["> One sentence. Another one."] * 2


def test_an_abstention_without_passages_promises_none():
    assert answer_card(answer(kind="abstention"), ENGLISH).heading == ENGLISH.abstention


def test_a_cut_falls_on_the_end_of_a_sentence():
    ends = {excerpt(quote(SENTENCES), room).end - 40 for room in range(30, 100)}
    shown = {SENTENCES[:end] for end in ends}
    assert shown == {
        "The first sentence is here.",
        "The first sentence is here. The second one follows!",
        "The first sentence is here. The second one follows! Does a third one ask?",
        "The first sentence is here. The second one follows! Does a third one ask? « Oui. »",
    } | ({SENTENCES} if units("> " + SENTENCES) < 100 else set())


def test_a_cut_keeps_the_sentence_that_answers():
    text = "A long beginning. " * 50 + "Here is the answer. " + "A long end. " * 50
    start = text.index("Here")
    part = excerpt(quote(text, (start, start + 19)), 300)
    assert part.markup.startswith("> **Here is the answer.** A long end.")
    assert (part.before, part.after, part.whole) == (True, True, False)


def test_a_list_that_is_cut_ends_with_an_item_and_goes_on_with_the_next():
    text = "\n".join(f"- item number {number} of many" for number in range(240))
    first = passages_card([quote(text)], ENGLISH).passages[0].excerpt
    assert first.after
    assert first.markup.endswith("of many")
    following = passages_card([quote(text)], ENGLISH, offset=first.end - 40).passages[0].excerpt
    assert plain(following.markup).startswith("- item number")
    assert text.startswith(plain(first.markup) + "\n" + plain(following.markup))


def test_reading_on_shows_the_rest_and_nothing_twice():
    text = " ".join(f"Sentence number {number} stands here." for number in range(400))
    shown, offset, pages = "", 0, 0
    while offset < len(text):
        passage = passages_card([quote(text)], ENGLISH, offset=offset).passages[0]
        shown += plain(passage.excerpt.markup)
        offset = passage.excerpt.end - 40
        pages += 1
        assert passage.excerpt.after == (offset < len(text))
    assert (shown, pages) == (text, 4)


@given(texts, st.integers(20, 200))
def test_reading_on_never_stands_still(text, room):
    whole = quote(text or "x")
    offset, turns = 0, 0
    while True:
        part = excerpt(whole, room, offset=offset)
        assert part.end - whole.start > offset
        if not part.after:
            break
        offset, turns = part.end - whole.start, turns + 1
        assert turns <= len(whole.text)


def test_a_word_that_is_too_long_is_cut_between_characters():
    whole = quote("x" * 500 + "e\u0301" * 50)
    assert [excerpt(whole, room).end - 40 for room in (502, 503, 504)] == [500, 500, 502]


def test_room_that_a_short_quote_leaves_goes_to_a_long_one():
    long = "A sentence of some length stands here. " * 85
    card = answer_card(answer(quote("Short.", paragraph=1), quote(long)), ENGLISH)
    assert card.passages[1].excerpt.whole


@given(st.lists(st.tuples(texts, texts, texts), max_size=30), st.integers(-1, 9))
def test_the_list_of_documents_fits_a_message(documents, page):
    listed = [Source(name or "x", title, source, "", "en", 3) for name, title, source in documents]
    card = sources_card(listed, page, ENGLISH)
    assert card.length <= MOST_TEXT
    assert contract.problems("POST", "/channels/1/messages", message_of(card)) == []


def test_the_list_of_documents_is_paged():
    listed = [Source(f"{number}.md", f"Title {number}", "", "", "en", 3) for number in range(20)]
    assert source_pages(listed) == 3
    assert "Title 8" in sources_card(listed, 1, ENGLISH).heading
    assert "Title 7" not in sources_card(listed, 1, ENGLISH).heading
    assert sources_card(listed, 2, ENGLISH).footer == "-# Page 3 of 3"


def test_about_tells_age_in_the_readers_own_words():
    status = IndexStatus("000007-abcdef", 1_700_000_000.9, 3, 40, 90, "all-MiniLM", 1)
    card = about_card(status, ENGLISH, median_ms=11.6, keeps_feedback=True, logs_questions=False)
    assert "built <t:1700000000:R>" in card.heading
    assert "**12 ms** (median)" in card.heading


@pytest.mark.parametrize(
    ("keeps", "logs", "said"),
    [
        (True, False, ENGLISH.privacy_on),
        (False, False, ENGLISH.privacy_off),
        (True, True, f"{ENGLISH.privacy_on} {ENGLISH.privacy_log}"),
        (False, True, f"{ENGLISH.privacy_off} {ENGLISH.privacy_log}"),
    ],
)
def test_about_tells_where_questions_are_written(keeps, logs, said):
    status = IndexStatus("000007-abcdef", 1_700_000_000.9, 3, 40, 90, "all-MiniLM", 1)
    card = about_card(status, ENGLISH, median_ms=None, keeps_feedback=keeps, logs_questions=logs)
    assert card.heading.splitlines()[-1] == f"-# {said}"


def test_every_custom_id_has_room():
    async def longest():
        buttons = answer_buttons(answer(quote(), id="x" * 20), ENGLISH, private=True, judged=True)
        view = card_view(answer_card(answer(quote("x" * 9000, paragraph=10**9)), ENGLISH), ENGLISH, buttons)
        return [item.custom_id for item in view.walk_children() if isinstance(item, Press)]

    custom_ids = asyncio.run(longest())
    assert len(custom_ids) == 5
    assert max(map(len, custom_ids)) <= 100

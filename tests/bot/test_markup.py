"""A quote on Discord shows the document's text and nothing else, whatever that text is."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.markup import block_quote, draw, draw_inline, plain, units
from tests.bot.discord_markdown import see
from tests.bot.samples import HOSTILE, texts, texts_with_spans

CODE = re.compile(r"⟦U\+([0-9A-F]+)⟧")


def without_codes(text: str) -> str:
    """Displayed text with the visible codes read as what they stand for."""
    return CODE.sub(lambda code: chr(int(code[1], 16)), text)


@given(texts_with_spans())
@example(("**", [(0, 2)]))
@example(("a*", [(0, 2)]))
@example((" a \n b ", [(0, 7)]))
@example(("ab", [(0, 1), (1, 2)]))
@example(("a b", [(0, 1), (2, 3)]))
def test_taking_the_markup_off_gives_the_text_back(case):
    text, spans = case
    assert plain(block_quote(text, spans)) == text


@given(texts_with_spans())
def test_a_reader_sees_the_text_and_nothing_comes_to_life(case):
    text, spans = case
    seen = see(block_quote(text, spans))
    assert seen.alive == []
    assert without_codes(seen.text) == text


@given(texts_with_spans())
@example(("abc", [(0, 1), (2, 3)]))
@example(("a\nb", [(0, 1), (2, 3)]))
def test_bold_covers_the_highlights_and_only_them(case):
    text, spans = case
    seen = see(block_quote(text, spans))
    # Walk over the displayed characters with the document's offset beside them; a code stands for one character.
    offset, position = 0, 0
    while position < len(seen.text):
        code = CODE.match(seen.text, position)
        wanted = any(a <= offset < b for a, b in spans)
        if not text[offset].isspace():
            assert seen.bold[position] == wanted, (text, spans, offset)
        position = code.end() if code else position + 1
        offset += 1
    assert offset == len(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_each_trick_is_shown_as_it_is_written(text):
    for tried in (text, f"a {text} b", f"{text}{text}", f"a{text}"):
        seen = see(block_quote(tried))
        assert seen.alive == []
        assert without_codes(seen.text) == tried


def test_the_second_reading_sees_what_is_alive():
    """The reading that the tests above trust does notice what they look for."""
    alive = {
        "<@123>": "mention",
        "@everyone": "mention",
        "<t:1:R>": "timestamp",
        ":smile:": "emoji",
        "[a](https://b.c)": "link",
        "https://b.c": "link",
        "# big": "heading",
        "- item": "list",
        "1. item": "list",
        "||x||": "spoiler",
        "*x*": "italics",
    }
    for markup, name in alive.items():
        assert name in see(f"> {markup}").alive
    assert "outside of the quote" in see("> a\nb").alive
    assert see("> **x** y").bold == [True, False, False]


@given(texts)
def test_what_cannot_be_seen_or_turns_the_text_around_is_never_sent_raw(text):
    # Discord takes the line break of Windows as one break.
    drawn = draw(text).replace("\r\n", "\n")
    for (
        unseen
    ) in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\x00\r\x1b\u2028":
        assert unseen not in drawn
    drawn.encode()  # A lone surrogate could not be sent.


@pytest.mark.parametrize(
    "text",
    ["👩\u200d💻", "🏳\ufe0f\u200d🌈", "❤\ufe0f", "1\ufe0f\u20e3", "Wort\u00adtrennung", "می\u200cخواهم", "क्\u200dष"],
)
def test_joiners_that_writing_needs_stay(text):
    assert draw(text) == text


def test_a_stack_of_marks_is_cut_off_visibly():
    assert draw("e" + "\u0301" * 30).count("\u0301") == 6


def test_a_line_break_of_windows_is_not_shown_as_a_code():
    assert block_quote("One.\r\n\r\nTwo\r.\r\n", [(0, 4)]) == "> **One.**\r\n> \r\n> Two⟦U+000D⟧.\r\n> "
    assert draw("a\r\nb\r") == "a\r\nb⟦U+000D⟧"


@given(texts, st.integers(1, 80))
def test_a_title_stays_on_one_line_and_within_its_limit(text, limit):
    drawn = draw_inline(text, limit)
    assert "\n" not in drawn
    assert units(drawn.strip("\u2068\u2069")) <= max(limit, 1)
    assert see("> " + drawn).alive == []


@pytest.mark.parametrize("title", ["word " * 200_000, "x" * 1_000_000, "\x00" * 1_000_000])
def test_of_a_title_of_a_megabyte_only_the_beginning_is_drawn(title, monkeypatch):
    lengths = []
    monkeypatch.setattr("bot.markup.draw", lambda text: lengths.append(len(text)) or draw(text))
    drawn = draw_inline(title, 200)
    assert max(lengths) <= 201
    assert units(drawn) > 180
    assert drawn.endswith("…")


def test_units_count_as_utf_16():
    assert units("a👩") == 3

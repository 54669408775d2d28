"""A link opens the source at the quoted words, and a document cannot make it anything else."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import LONGEST_LINK, link_to_words, web_address, without_marks
from tests.bot.samples import texts


def test_the_characters_that_the_fragment_syntax_reserves_are_encoded():
    assert link_to_words("https://a.example/p", "anti-missile, R&D") == (
        "https://a.example/p#:~:text=anti%2Dmissile%2C%20R%26D"
    )


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("The **fee** is *three* euros.", "The fee is three euros."),
        ("Run `make test` before you push.", "Run make test before you push."),
        ("- See [the guide](https://x.org/g_1) for more_or_less.", "See the guide for more_or_less."),
        ("2 * 3 = 6, and [1] is a note (see below).", "2 * 3 = 6, and [1] is a note (see below)."),
    ],
)
def test_the_words_of_a_markdown_file_are_looked_for_as_its_page_shows_them(markdown: str, shown: str):
    assert without_marks(markdown) == shown


def test_a_fragment_that_the_page_has_is_kept():
    assert link_to_words("https://a.example/p#top", "words") == "https://a.example/p#top:~:text=words"


def test_a_long_text_is_named_by_whole_words_at_both_ends():
    words = "Le Pentagone pourrait ainsi invoquer le Defense Production Act, datant de 1950, dont le Titre 1 donne tout"
    start, _, end = link_to_words("https://a.example", words).partition("text=")[2].partition(",")
    assert unquote(start) == "Le Pentagone pourrait ainsi invoquer le"
    assert unquote(end) == "de 1950, dont le Titre 1 donne tout"
    assert words.startswith(unquote(start) + " ")
    assert words.endswith(" " + unquote(end))


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "file:///etc/passwd", "//a.example", "a.example", "http://", ""]
)
def test_only_web_addresses_become_links(source):
    assert link_to_words(source, "words") == ""


@given(texts, texts)
def test_no_source_and_no_words_can_end_the_link_early(source, words):
    link = link_to_words("https://a.example/" + source, words)
    assert not set(link) & set('()<>[]\\"` \n\t|*')
    assert len(link) <= LONGEST_LINK


@given(st.text(alphabet="日本語のテキスト", min_size=200))
def test_scripts_without_spaces_are_named_by_shorter_ends(words):
    directive = link_to_words("https://a.example", words).partition("text=")[2]
    assert 0 < len(directive) <= LONGEST_LINK
    start, _, end = directive.partition(",")
    assert words.startswith(unquote(start))
    assert words.endswith(unquote(end))


def test_a_page_that_is_too_long_itself_is_no_link():
    assert link_to_words("https://a.example/" + "x" * LONGEST_LINK, "words") == ""
    assert web_address("https://é.example/à b") == "https://%C3%A9.example/%C3%A0%20b"

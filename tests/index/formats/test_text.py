"""What a person finds quoted of a text file: its words, to the letter, in its encoding."""

from __future__ import annotations

import pytest

from index.formats.extract import UnreadableError
from index.formats.text import read_markdown, read_plain

FRENCH = "Le ministre a répondu : « Où étiez-vous ? » Ça a coûté 5 €, dit-on à l’Élysée."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_its_encoding(encoding):
    assert read_plain(FRENCH.encode(encoding)).text == FRENCH


@pytest.mark.parametrize("text", ["café", "Été à la plage.", "Das Mädchen heißt Zoë.", "«Où ça ?»"])
def test_a_few_accents_are_enough_to_know_western_text(text):
    assert read_plain(text.encode("latin-1")).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Привет, это простой русский текст о погоде и о том, как мы живём."),
        ("shift_jis", "これは日本語の文章です。とても長いわけではありません。"),
        ("cp1250", "Zażółć gęślą jaźń, powiedział stary nauczyciel i poszedł do domu, bo było późno."),
    ],
)
def test_other_scripts_are_told_from_the_text(encoding, text):
    assert read_plain(text.encode(encoding)).text == text


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_text_is_kept_to_the_letter_whatever_ends_its_lines(line_end):
    text = line_end.join(["One.  Two.", "", "\tThree", "", ""])
    assert read_plain(text.encode()).text == text
    assert read_markdown(text.encode()).text == text


def test_what_is_no_text_is_refused():
    for data in (b"\0\1\2\3", b"a\0b", bytes(range(256)) * 4):
        with pytest.raises(UnreadableError, match="not text"):
            read_plain(data)


def test_front_matter_tells_title_source_date_and_language():
    text = '---\ntitle: "One: two"\nurl: https://example.org/a\ndate: 2026-02-24\nlanguage: fr-CA\n---\n\nThe text.\n'
    for reader in (read_plain, read_markdown):
        extract = reader(text.encode())
        assert (extract.title, extract.source) == ("One: two", "https://example.org/a")
        assert (extract.date, extract.language, extract.text) == ("2026-02-24", "fr", "The text.\n")


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_front_matter_may_have_any_line_ends(line_end):
    extract = read_markdown(line_end.join(["---", "title: A", "---", "Text."]).encode())
    assert (extract.title, extract.text) == ("A", "Text.")


def test_front_matter_values_are_read_as_they_are_written():
    extract = read_plain(b"---\ntitle: 1984\nlanguage: no\ndate: 2026-02-30\nsource: [a, b]\n---\nText.")
    assert (extract.title, extract.language, extract.date, extract.source) == ("1984", "no", "2026-02-30", "")


def test_a_language_that_is_no_code_is_left_to_be_detected():
    assert read_plain(b"---\nlanguage: German\n---\nText.").language == ""


def test_broken_front_matter_is_refused_with_the_line():
    with pytest.raises(
        UnreadableError, match=r"front matter is not YAML \(line 3\); put values with a colon in quotes"
    ):
        read_markdown(b"---\nlanguage: fr\ntitle: One: two\n---\nText.")


@pytest.mark.parametrize(
    ("front", "text"),
    [("---\n---\n", "# Title\n\nText: and more.\n\n---\n\nEnd."), ("---\n---", ""), ("---\r\n---\r\n", "a: b")],
)
def test_front_matter_may_be_empty(front, text):
    assert read_plain((front + text).encode()).text == text


@pytest.mark.parametrize(
    "text",
    [
        "---\nA rule above, no front matter.\n---\nText.",
        "---\nNo end.",
        "---\n\n# Title\n\nText: and more.\n\n---\n\nEnd.",
        "--- \n \nnote: this\n---\n",
        "---\n# no field\n---\nText.",
    ],
)
def test_rules_are_no_front_matter(text):
    assert read_plain(text.encode()).text == text


def test_the_title_is_the_first_heading_or_a_first_line_that_stands_alone():
    assert read_markdown(b"Some text.\n\n# The title\n\nMore.").title == "The title"
    assert read_markdown(b"## The *title* ##\n\nText.").title == "The *title*"
    assert read_plain(b"\n\nThe title  \n\nText.").title == "The title"
    assert read_plain(b"A line of text.\n\nMore.").title == ""
    assert read_plain(b"Two lines\nof text\n\nMore.").title == ""
    assert read_plain(b"---\ntitle: Declared\n---\nThe title\n\nText.").title == "Declared"


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [
        ("<!-- ask the lawyers -->", "ask the lawyers"),
        ("<!--\nover\n\nlines\n-->", "lines"),
        ("- an item\n\n  <!-- of a list -->", "of a list"),
        ("<div>\n<!-- in a block --></div>", "in a block"),
        ("<div>\n<!-- over\n\na blank line -->\n</div>", "a blank line"),
        ("Call us <!-- on 555 --> today.", "555"),
        ("## Rebates <!-- of last year -->", "last year"),
    ],
)
def test_a_comment_in_markdown_is_not_read_and_moves_nothing(comment, hidden):
    text = f"# Fees\n\nThe fee is 5 euros.\n\n{comment}"
    found = read_markdown(text.encode()).text
    assert hidden not in found
    assert len(found) == len(text)
    assert found.index("The fee") == text.index("The fee")


def test_a_comment_above_the_title_is_not_the_title():
    assert read_markdown(b"<!-- Draft -->\n\nFees of the club\n\nThe fee is 5 euros.").title == "Fees of the club"


def test_a_comment_in_a_heading_is_not_in_the_title():
    assert read_markdown(b"# Fees <!-- ask Bob -->\n\nThe fee is 5 euros.").title == "Fees"


@pytest.mark.parametrize(
    "text",
    [
        "To hide a line:\n\n```\n<!-- shown -->\n```\n",
        "To hide a line, put it into `<!-- -->`.",
        "To hide a line, put it into ``<!-- `x` -->``.",
        "A comment begins with <!-- and ends where somebody closes it.",
        "```\n<!--\n```\n\nText that an arrow --> follows.",
    ],
)
def test_what_only_looks_like_a_comment_is_read(text):
    assert read_markdown(text.encode()).text == text

"""What a person finds quoted of a page: its words, once and apart, without its menus and marks."""

from __future__ import annotations

import pytest

from index.formats.extract import UnreadableError
from index.formats.html import read_html


def test_html_gives_the_content_without_menus_and_scripts():
    page = """<!doctype html><html lang="fr"><head><title>Le titre</title>
      <meta property="article:published_time" content="2026-02-24"><link rel="canonical" href="https://example.org/a">
      <script>var secret = "script";</script><style>p { color: red }</style></head><body>
      <nav><ul><li><a href="/">Accueil</a></li><li><a href="/b">Le menu</a></li></ul></nav>
      <article><h1>Le titre</h1>
      <p>Le premier paragraphe de l'article, qui est assez long pour être le contenu principal de cette page.</p>
      <h2>Une section</h2>
      <p>Le second paragraphe parle &eacute;galement d'autre chose, &amp; il est assez long lui aussi pour compter.</p>
      <ul><li>un point de la liste</li><li>un autre point de la liste</li></ul></article>
      <footer>Tous droits réservés, mentions légales</footer></body></html>"""
    extract = read_html(page.encode())
    assert "Le second paragraphe parle également d'autre chose, & il est" in extract.text
    assert "un autre point de la liste" in extract.text
    for unwanted in ("secret", "color", "Le menu", "mentions légales", "<p>"):
        assert unwanted not in extract.text
    headings = [extract.text[start:end] for start, end, _ in extract.headings or ()]
    assert "Une section" in headings
    assert (extract.title, extract.date) == ("Le titre", "2026-02-24")
    assert extract.source == "https://example.org/a"


@pytest.mark.parametrize(
    ("part", "paragraphs"),
    [
        ("<p>Line one<br>line two<br/>line three</p>", ["Line one line two line three"]),
        ("<p>Run <code>make test</code> before <em>you</em> push.</p>", ["Run make test before you push."]),
        ("<pre><code>line one\nline two</code></pre>", ["line one line two"]),
        (
            "<ul><li><p>First part.</p><p>Second part.</p></li><li>Plain</li></ul>",
            ["- First part.", "Second part.", "- Plain"],
        ),
        ("<ul><li>Shoes<ul><li>Boots</li></ul>after</li></ul>", ["- Shoes\n- Boots", "after"]),
        ("<ol><li>Do this.<pre>cmd --x</pre>Then that.</li></ol>", ["1. Do this.", "cmd --x", "Then that."]),
        ("<p>Bring:</p><ol><li>a lamp</li><li>boots</li></ol>", ["Bring:", "1. a lamp\n2. boots"]),
        # Numbers that the page counts in another way are left out.
        ('<p>Then:</p><ol start="7"><li>a lamp</li><li>boots</li></ol>', ["Then:", "- a lamp\n- boots"]),
        ("<p>Bring:</p><ol><li>a lamp</li><ul><li>red</li></ul></ol>", ["Bring:", "- a lamp\n- red"]),
        ("<dl><dt>Term</dt><dd>Its meaning</dd><dt>Why?</dt><dd>So.</dd></dl>", ["Term: Its meaning", "Why? So."]),
        ("<dl><dt>One</dt><dt>Two</dt><dd>Both</dd><dd>More</dd></dl>", ["One: Two: Both", "More"]),
        ("<dl><dt>Bag</dt><dd><ul><li>red</li></ul></dd><dt>Hat</dt></dl>", ["Bag: - red", "Hat"]),
        (
            "<table><tr><td>A</td><td></td></tr></table><table><tr><td>B</td><td>2</td></tr></table>",
            ["| A |  |", "| B | 2 |"],
        ),
        ("<blockquote><p>One.</p><p>Two.</p></blockquote>", ["One.", "Two."]),
        ("<div>Bare text.<p>A paragraph.</p>More.</div>", ["Bare text.", "A paragraph.", "More."]),
        (
            "<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9<br>to 5</td></tr></table>",
            ["| Day | Hours |\n| Monday | 9 to 5 |"],
        ),
    ],
)
def test_every_text_of_a_page_is_read_once_and_words_stay_apart(part, paragraphs):
    first = "The club has many rules, and everybody who joins has to know them by heart before the first evening."
    last = "Whoever breaks one of them pays for the drinks of all others on the evening that comes after that."
    page = f"<html><body><article><h1>Rules</h1><p>{first}</p>{part}<p>{last}</p></article></body></html>"
    extract = read_html(page.encode())
    assert extract.text.split("\n\n") == ["Rules", first, *paragraphs, last]
    assert [extract.text[start:end] for start, end, _ in extract.headings or ()] == ["Rules"]


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\xff\xfe\x00", b"<" * 5000, b"<div>" * 20_000 + b"text"])
def test_odd_html_is_refused_or_read_but_crashes_nothing(data):
    try:
        assert isinstance(read_html(data).text, str)
    except UnreadableError as error:
        assert "HTML" in str(error) or "holds" in str(error)


def test_a_page_that_does_not_say_what_its_content_is_keeps_its_headings_lists_and_tables():
    long = "It is long enough to be the content of the page, as it says what there is to know of this. " * 3
    page = f"""<html><body><div><a href="/">Home</a> <a href="/news">News</a></div><h1>Guide</h1><p>{long}</p>
      <h2>Fees</h2><table><tr><th>Room</th><th></th><th>Fee</th></tr><tr><td>Attic</td><td></td><td>3</td></tr></table>
      <ul><li>Bring a lamp.</li><li>Bring boots.</li></ul></body></html>"""
    extract = read_html(page.encode())
    assert extract.text.split("\n\n") == [
        "Guide",
        long.strip(),
        "Fees",
        "| Room |  | Fee |\n| Attic |  | 3 |",
        "- Bring a lamp.\n- Bring boots.",
    ]
    assert [extract.text[start:end] for start, end, _ in extract.headings or ()] == ["Guide", "Fees"]


def test_headings_of_a_page_have_levels():
    long = "It is long enough to be the content of the page, as it says what there is to know of this."
    page = f"<html><body><article><h1>Guide</h1><p>{long}</p><h3>Sick leave</h3><p>{long}.</p></article></body></html>"
    extract = read_html(page.encode())
    assert [heading.level for heading in extract.headings or ()] == [1, 3]

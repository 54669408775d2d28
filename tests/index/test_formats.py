"""What a person finds quoted of a file: its words, in its encoding, without its menus and marks."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from index.formats import READERS
from index.formats.extract import UnreadableError
from index.formats.html import read_html
from index.formats.pdf import read_pdf
from index.formats.text import read_markdown, read_plain
from index.formats.word import read_docx


def pdf(*pages, title=""):
    """A small PDF with these lines on its pages, written by hand."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        stream = f"BT /F1 11 Tf 50 780 Td {shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    out = "%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return (
        f"{out}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
        f"startxref\n{len(out)}\n%%EOF\n"
    ).encode("latin-1")


def word(document):
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


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
    assert read_plain(b"\n\nThe title  \n\nText.").title == "The title"
    assert read_plain(b"A line of text.\n\nMore.").title == ""
    assert read_plain(b"Two lines\nof text\n\nMore.").title == ""
    assert read_plain(b"---\ntitle: Declared\n---\nThe title\n\nText.").title == "Declared"


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
        ("<dl><dt>Term</dt><dd>Its meaning</dd></dl>", ["Term", "Its meaning"]),
        ("<blockquote><p>One.</p><p>Two.</p></blockquote>", ["One.", "Two."]),
        ("<div>Bare text.<p>A paragraph.</p>More.</div>", ["Bare text.", "A paragraph.", "More."]),
        (
            "<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9<br>to 5</td></tr></table>",
            ["Day | Hours", "Monday | 9 to 5"],
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


def test_a_pdf_gives_paragraphs_of_its_lines():
    data = pdf(
        ["The first paragraph of this small document is", "wrapped over two lines.", "The second one is short."],
        ["On another page."],
        title="A small PDF",
    )
    extract = read_pdf(data)
    assert extract.title == "A small PDF"
    assert extract.text.split("\n\n") == [
        "The first paragraph of this small document is wrapped over two lines.",
        "The second one is short.",
        "On another page.",
    ]


FULL = "A line of this text is about as long as the page that it stands on is wide"


def test_headings_and_rows_of_a_pdf_are_lines_of_their_own():
    data = pdf(
        ["The guide", "Section one", FULL, f"{FULL},", "and ends here.", "Monday 9 to 5", "Sunday closed", "Part two"]
    )
    text = read_pdf(data).text
    assert text == f"The guide\nSection one\n{FULL} {FULL}, and ends here.\n\nMonday 9 to 5\nSunday closed\nPart two"


@pytest.mark.parametrize("numbered", ["{}", "Page {} of 9", "- {} -", "{} | Annual report", "29/11/26 report {}/9"])
def test_running_heads_and_page_numbers_of_a_pdf_do_not_come_between(numbered):
    words = ("first", "second", "third", "fourth")
    pages = [
        ["The guide, 2026", f"The {word} page begins. {FULL}", f"{FULL}, says the {word} one", numbered.format(page)]
        for page, word in enumerate(words, start=3)
    ]
    pages[2][1] = f"that goes on from the page before. {FULL}"
    first, second, last = read_pdf(pdf(*pages)).text.split("\n\n")
    assert first == f"The guide, 2026\nThe first page begins. {FULL} {FULL}, says the first one"
    assert second == (
        f"The second page begins. {FULL} {FULL}, says the second one that goes on from the page before. {FULL} "
        f"{FULL}, says the third one"
    )
    assert last == f"The fourth page begins. {FULL} {FULL}, says the fourth one"


def test_what_stands_on_few_pages_of_a_pdf_or_has_a_number_of_its_own_is_text():
    heads = ("Chapter 1", "Chapter 1", "Article 7", "Article 8", "Article 12", "Article 14")
    pages = [[head, f"{FULL}, number {number * number}."] for number, head in enumerate(heads)]
    assert [part.split("\n")[0] for part in read_pdf(pdf(*pages)).text.split("\n\n")] == list(heads)


def test_a_pdf_without_text_says_so():
    with pytest.raises(UnreadableError, match="holds no text"):
        read_pdf(pdf([]))


def test_a_locked_pdf_says_so():
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["Locked."]))))
    writer.encrypt("secret", algorithm="RC4-128")
    data = io.BytesIO()
    writer.write(data)
    with pytest.raises(UnreadableError, match="password"):
        read_pdf(data.getvalue())


def broken_pdfs():
    whole = pdf(["Some text on a page that will be broken."], title="T")
    yield from (whole[: len(whole) * part // 8] for part in range(8))
    yield whole.replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]")
    yield whole.replace(b"/Kids [5 0 R]", b"/Kids 7")
    yield whole.replace(b"/Count 1", b"/Count (x)")
    yield whole.replace(b"startxref", b"startxxxx")
    yield whole.replace(b"Tj", b"Tj [ << (", 1)
    yield whole.replace(b"/Length", b"/Filter /FlateDecode /Length")
    yield whole.replace(b"<< /Size", b"<< /Encrypt 1 0 R /Size")
    yield b"%PDF-1.7\n" + bytes(range(256)) * 20


@pytest.mark.parametrize("data", list(broken_pdfs()))
def test_a_broken_pdf_is_read_or_refused_in_one_line(data, caplog):
    try:
        assert "Some text" in read_pdf(data).text
    except UnreadableError as error:
        assert "PDF" in str(error) or "no text" in str(error)
        assert "\n" not in str(error)
    assert not caplog.records


def test_a_word_document_gives_paragraphs_headings_and_tables_in_order():
    document = docx.Document()
    document.core_properties.title = "The title"
    document.core_properties.language = "en-GB"
    document.add_heading("Section", 1)
    document.add_paragraph("A paragraph.")
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "as wide as two"
    table.cell(1, 0).text, table.cell(1, 1).text = "left\nand below", "right"
    document.add_paragraph("The last one.")
    extract = read_docx(word(document))
    assert extract.text == "Section\n\nA paragraph.\n\nas wide as two\n\nleft and below | right\n\nThe last one."
    assert [extract.text[start:end] for start, end, _ in extract.headings or ()] == ["Section"]
    assert (extract.title, extract.language) == ("The title", "en")


def test_headings_of_pages_and_word_documents_have_levels():
    document = docx.Document()
    document.add_heading("The guide", 0)
    document.add_heading("Leave", 1)
    document.add_heading("Sick leave", 2)
    extract = read_docx(word(document))
    assert [(extract.text[start:end], level) for start, end, level in extract.headings or ()] == [
        ("The guide", 1),
        ("Leave", 2),
        ("Sick leave", 3),
    ]
    long = "It is long enough to be the content of the page, as it says what there is to know of this."
    page = f"<html><body><article><h1>Guide</h1><p>{long}</p><h3>Sick leave</h3><p>{long}.</p></article></body></html>"
    extract = read_html(page.encode())
    assert [heading.level for heading in extract.headings or ()] == [1, 3]


def test_lists_of_a_word_document_are_lists():
    document = docx.Document()
    document.add_paragraph("Bring:")
    document.add_paragraph("a lamp", "List Bullet")
    document.add_paragraph("boots", "List Number")
    document.add_paragraph("", "List Bullet")
    document.add_paragraph("That is all.")
    assert read_docx(word(document)).text == "Bring:\n\n- a lamp\n- boots\n\nThat is all."


def test_a_table_in_a_cell_of_a_word_document_is_read():
    document = docx.Document()
    cell = document.add_table(1, 2).cell(0, 0)
    cell.text = "outer"
    cell.add_table(1, 2).cell(0, 1).text = "inner\tmost"
    assert read_docx(word(document)).text == "outer inner most"


def test_word_documents_keep_what_was_inserted_or_filled_in():
    document = docx.Document()
    space = nsdecls("w")
    control = (
        f"<w:sdt {space}><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    tracked = f"""<w:p {space}><w:r><w:t xml:space="preserve">The fee is </w:t></w:r>
      <w:del><w:r><w:delText>ten</w:delText></w:r></w:del>
      <w:ins><w:r><w:t>twelve</w:t></w:r>
        <w:sdt><w:sdtContent><w:r><w:t xml:space="preserve"> euros</w:t></w:r></w:sdtContent></w:sdt></w:ins>
      <w:moveFrom><w:r><w:t>moved away</w:t></w:r></w:moveFrom>
      <w:fldSimple w:instr="DOCPROPERTY x"><w:r><w:t xml:space="preserve"> a day</w:t></w:r></w:fldSimple>
      <w:hyperlink><w:smartTag><w:r><w:t>, says Ann.</w:t></w:r></w:smartTag></w:hyperlink></w:p>"""
    for place, part in enumerate((control, tracked)):
        document.element.body.insert(place, parse_xml(part))
    assert read_docx(word(document)).text == "In a control.\n\nThe fee is twelve euros a day, says Ann."


def broken_documents():
    document = docx.Document()
    document.add_paragraph("Some text.")
    whole = word(document)
    yield b""
    yield b"PK\3\4 no archive"
    yield from (whole[: len(whole) * part // 4] for part in (1, 2, 3))
    yield whole[:2000] + b"\0" * 200 + whole[2200:]
    import zipfile

    for name, body in (("word/document.xml", "<broken"), ("other", "x")):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(name, body)
        yield data.getvalue()


@pytest.mark.parametrize("data", list(broken_documents()))
def test_a_broken_word_document_is_refused_in_one_line(data):
    with pytest.raises(UnreadableError, match="not a Word document that can be read") as refused:
        read_docx(data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_noise_is_refused_or_read_but_crashes_nothing(reader):
    import random

    random.seed(7)
    for size in (0, 1, 10, 1000, 20_000):
        try:
            reader(random.randbytes(size))
        except UnreadableError as error:
            assert str(error)

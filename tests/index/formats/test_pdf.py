"""What a person finds quoted of a PDF: paragraphs, without what stands around them on every page."""

from __future__ import annotations

import io

import pytest

from index.formats.extract import UnreadableError
from index.formats.pdf import read_pdf


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

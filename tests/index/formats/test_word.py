"""What a person finds quoted of a Word document: all its words, in order."""

from __future__ import annotations

import io

import docx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from index.documents import Document
from index.formats.extract import UnreadableError
from index.formats.word import read_docx
from index.paragraphs import paragraphs


def word(document):
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


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
    assert extract.text == "Section\n\nA paragraph.\n\nas wide as two\n\n| left and below | right |\n\nThe last one."
    assert [extract.text[start:end] for start, end, _ in extract.headings or ()] == ["Section"]
    assert (extract.title, extract.language) == ("The title", "en")


def test_headings_of_a_word_document_have_levels():
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


def test_a_short_bold_paragraph_of_a_word_document_is_a_heading_and_no_other_short_one():
    document = docx.Document()
    document.add_heading("Staff", 1)
    document.add_paragraph().add_run("Sick leave").bold = True
    document.add_paragraph("Call 555 01 02")
    document.add_paragraph("Decision: the hall is closed").runs[0].bold = True
    document.add_paragraph("Be honest.").runs[0].bold = True
    document.add_paragraph("In all: 30 francs").runs[0].bold = True
    extract = read_docx(word(document))
    found = paragraphs(Document("a.docx", "", "", "", "en", extract.text, extract.headings))
    assert [(extract.text[slice(*span)], heading) for span, heading in found] == [
        ("Call 555 01 02", "Staff › Sick leave"),
        ("Decision: the hall is closed", "Staff › Sick leave"),
        ("Be honest.", "Staff › Sick leave"),
        ("In all: 30 francs", "Staff › Sick leave"),
    ]


def test_tables_of_a_word_document_stay_apart():
    document = docx.Document()
    document.add_table(1, 2).cell(0, 0).text = "Adults"
    document.add_paragraph("")
    document.add_table(1, 2).cell(0, 1).text = "9 to 20"
    assert read_docx(word(document)).text == "| Adults |  |\n\n|  | 9 to 20 |"


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
    assert read_docx(word(document)).text == "| outer inner most |  |"


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


def with_notes(document, kind, notes):
    space = nsdecls("w")
    mark = f"<w:r><w:{kind}Ref/></w:r>"
    texts = "".join(
        f'<w:{kind} w:id="{number}"><w:p>{mark}<w:r><w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:{kind}>'
        for number, text in enumerate(notes, start=1)
    )
    separator = f'<w:{kind} w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:{kind}>'
    part = Part(
        PackURI(f"/word/{kind}s.xml"),
        f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml",
        f"<w:{kind}s {space}>{separator}{texts}</w:{kind}s>".encode(),
        document.part.package,
    )
    document.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}s")


def call(paragraph, kind, number):
    paragraph.add_run()._r.append(parse_xml(f'<w:{kind}Reference {nsdecls("w")} w:id="{number}"/>'))


def test_notes_of_a_word_document_follow_what_calls_them():
    document = docx.Document()
    document.add_heading("Wages", 1)
    first = document.add_paragraph("The rate rose")
    call(first, "footnote", 2)
    first.add_run(" in May.")
    call(first, "endnote", 1)
    cell = document.add_table(1, 1).cell(0, 0).paragraphs[0]
    cell.add_run("12 euros")
    call(cell, "footnote", 1)
    document.add_heading("Leave", 1)
    with_notes(document, "footnote", ["Before tax.", "By 2 %.", "Called by nothing."])
    with_notes(document, "endnote", ["See the agreement."])
    extract = read_docx(word(document))
    assert extract.text.split("\n\n") == [
        "Wages",
        *("The rate rose in May.", "By 2 %.", "See the agreement."),
        *("12 euros", "Before tax."),
        "Leave",
    ]
    assert [extract.text[start:end] for start, end, _ in extract.headings or ()] == ["Wages", "Leave"]


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

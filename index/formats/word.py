"""The paragraphs, tables and notes of a Word document, as python-docx reads them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from index.formats.extract import Extract, UnreadableError, joined, language_code, parsing, row_of
from index.formats.lines import looks_like_heading

MAX_UNPACKED_BYTES = 256 * 1024 * 1024

_WORD_LISTS = ("List Bullet", "List Number")
_BOLD_LEVEL = 11  # Below "Heading 9".
_STATEMENT = re.compile(r"[^:\d]{1,40}:\s+[a-zß-öø-ÿ]")  # "Decision: the hall is closed".
_WORD_HEADING = re.compile(r"Title|Heading ([1-9])")
_NOTES = ("footnote", "endnote")
_WORD_WRAPPERS = ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:smartTag", "w:customXml", "w:fldSimple")


def read_docx(data: bytes) -> Extract:
    """The paragraphs and tables of a Word document, in order; notes follow the paragraph or table that calls them."""
    import docx
    from docx.table import Table

    with parsing("a Word document"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise UnreadableError(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
        document = docx.Document(io.BytesIO(data))
        _unwrap(document.element.body)
        notes = _notes(document)
        blocks: list[tuple[str, int]] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                # A cell as wide as two is there twice.
                rows = ([_cell_words(cell) for cell, _ in groupby(row.cells)] for row in block.rows)
                blocks += [*((row_of(cells), 0) for cells in rows), ("", 0)]
            else:
                style = (block.style.name or "") if block.style is not None else ""
                heading = _WORD_HEADING.fullmatch(style)
                properties = block._p.pPr
                is_item = style.startswith(_WORD_LISTS) or (properties is not None and properties.numPr is not None)
                text = block.text.strip()
                level = int(heading[1] or 0) + 1 if heading else 0
                if not (heading or is_item or _STATEMENT.match(text)) and looks_like_heading(text) and _is_bold(block):
                    level = _BOLD_LEVEL
                blocks.append(("- " + text if is_item and text and not heading else text, level))
            blocks += [(note, 0) for note in _called(block._element, notes)]
        properties = document.core_properties
        title = properties.title or next((text for text, level in blocks if 0 < level < _BOLD_LEVEL and text), "")
        language = language_code(properties.language or "")
    return replace(joined(_bold_over_text(blocks)), title=title, language=language)


def _bold_over_text(blocks: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The blocks, of which one in bold is a heading only where text that is not stands below it."""
    found = []
    is_over_text = False
    for text, level in reversed(blocks):
        found.append((text, 0 if level == _BOLD_LEVEL and not is_over_text else level))
        if text:
            is_over_text = level == 0
    return found[::-1]


def _is_bold(paragraph: Any) -> bool:
    """Whether all words of a paragraph are bold, those of its links too."""
    parts = paragraph.iter_inner_content()
    runs = [run for part in parts for run in getattr(part, "runs", [part]) if run.text.strip()]
    return bool(runs) and all(run.bold for run in runs)


def _cell_words(cell: Any) -> str:
    """All words of a table's cell, those of the tables in it too."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    paragraphs = (Paragraph(element, cell).text for element in cell._tc.iter(qn("w:p")))
    return " ".join(" ".join(paragraphs).split())


def _notes(document: Any) -> dict[tuple[str, str], list[str]]:
    """The paragraphs of each footnote and endnote, by its kind and id; python-docx reads neither."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    notes = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2].removesuffix("s")
        if kind in _NOTES and not relation.is_external:
            part = parse_xml(relation.target_part.blob)
            _unwrap(part)
            for note in part.iter(qn(f"w:{kind}")):
                texts = (Paragraph(element, document).text.strip() for element in note.iter(qn("w:p")))
                notes[kind, note.get(qn("w:id"))] = [text for text in texts if text]
    return notes


def _called(block: Any, notes: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    """The paragraphs of the notes that a block calls, in order."""
    from docx.oxml.ns import qn

    kinds = {qn(f"w:{kind}Reference"): kind for kind in _NOTES}
    for call in block.iter(*kinds):
        yield from notes.pop((kinds[call.tag], call.get(qn("w:id"))), ())


def _unwrap(body: Any) -> None:
    """Put what stands in content controls and tracked insertions in their place: python-docx looks into neither."""
    from docx.oxml.ns import qn

    for wrapper in list(body.iter(*map(qn, _WORD_WRAPPERS))):
        parent = wrapper.getparent()
        place = parent.index(wrapper)
        parent[place : place + 1] = list(wrapper)

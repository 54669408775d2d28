"""Turns the bytes of a file into text and what the format says about it. What a document is, `documents.py` says.

Each reader takes bytes and returns an `Extract`, or raises `UnreadableError` with a reason in words. Plain text and
Markdown are kept to the letter, so that an offset can be checked in the file itself (after the front matter); of the
others the extracted text is what is stored and quoted.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any, NamedTuple

MAX_TEXT_CHARACTERS = 20_000_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_PDF_PAGES = 5_000

# Of the elements that trafilatura makes of a page, those that are not in the midst of a line, and what holds them.
_PAGE_PARTS = ("body", "quote", "list", "table")
_PAGE_BLOCKS = ("head", "p", "item", "row", *_PAGE_PARTS)
_CELL = "\x1f"  # No page can hold one.

_WORD_LISTS = ("List Bullet", "List Number")
_WORD_HEADING = re.compile(r"Title|Heading ([1-9])")
_WORD_WRAPPERS = ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:smartTag", "w:customXml", "w:fldSimple")

LINE_END = re.compile(r"\r\n|\r|\n")
WORD = re.compile(r"[^\W_]")
LIST_ITEM = re.compile(r"\s*(?:[-*+•–—·▪]|\d{1,3}[.)]|[a-z][.)])\s")
_HEADING_WIDTH = 120
_SHORT_ITEM = 200
_NO_HEADING = ("`", "~~~", ">", "|")
_SENTENCE_END = re.compile(r"""[.!?…:;,。！？؟।][\s"'»”’)\]]*\Z""")
# Windows-1252 in the languages of Western Europe: ASCII, and only such other characters as these languages write.
_WESTERN = re.compile(
    "[\\t\\n\\f\\r -~àâäáãçéèêëíîïñóôöõúùûüÿæœßÀÂÄÁÃÇÉÈÊËÍÎÏÑÓÔÖÕÚÙÛÜÆŒ«»‘’“”…–—•°§€£©®¿¡ª\xa0]*".encode("cp1252")
)
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_]\w+)*")
_REASON_CHARACTERS = 160
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_PAGE = "\0"
_RUNNING_PAGES = 3
_USUAL = 0.95  # Of the lines so many are as long as a full one at most, but for what runs over the margin.
# A blank line follows a rule, never the first line of front matter.
_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\r|\n)(?![ \t]*[\r\n])((?:.*?[\r\n])??)---[ \t]*(?:(?:\r\n|\r|\n)[\r\n]*|\Z)", re.DOTALL
)


class Heading(NamedTuple):
    """A heading's place in the text, end excluded; it stands under the one before it of a lower `level`, from 1."""

    start: int
    end: int
    level: int


class UnreadableError(Exception):
    """A file that cannot be read; the message is the reason, told to the operator."""


class TimeLimitError(UnreadableError):
    """A file that took too long, which it may not the next time."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What a reader found; fields of `Document`, empty where the file says nothing."""

    text: str
    title: str = ""
    source: str = ""
    date: str = ""
    language: str = ""
    headings: tuple[Heading, ...] | None = field(default=None)


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a stop, a colon or a comma, perhaps behind closing quotes and brackets."""
    return _SENTENCE_END.search(line[-12:]) is not None


def looks_like_heading(line: str) -> bool:
    """Whether a line of plain text may be a heading: short, with words, no stop at its end (a ? is none).

    One line without white space at its ends is expected; several lines are no heading, nor is a list item, code, a
    quotation or a row of a table.
    """
    return (
        len(line) <= _HEADING_WIDTH
        and (line.endswith("?") or not ends_sentence(line))
        and WORD.search(line) is not None
        and LIST_ITEM.match(line) is None
        and not line.startswith(_NO_HEADING)
        and LINE_END.search(line) is None
    )


def read_plain(data: bytes) -> Extract:
    """Plain text, with or without front matter, in whatever encoding it is in.

    A first line that stands alone and looks like a heading is the title, where the front matter gives none.
    """
    return _with_first_line(_front_matter(_decode(data)))


def read_markdown(data: bytes) -> Extract:
    """Markdown, kept to the letter; its headings are found by a CommonMark parser.

    Lines without a `#` may be headings too (see `passages.py`): many files are plain text with another ending.
    """
    from markdown_it import MarkdownIt

    declared = _front_matter(_decode(data))
    extract = _with_first_line(declared)
    starts = [0, *(match.end() for match in LINE_END.finditer(extract.text)), len(extract.text)]
    headings = []
    title = ""
    with _parsing("Markdown"):
        tokens = MarkdownIt().parse(extract.text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map is not None:
            if token.markup in ("=", "-") and not looks_like_heading(inline.content):
                continue  # A paragraph with a rule right below it, which CommonMark takes for a heading.
            start, end = (starts[min(line, len(starts) - 1)] for line in token.map)
            headings.append(Heading(start, end, int(token.tag[1:])))
            if token.tag == "h1" and not title:
                title = inline.content
    return replace(extract, title=declared.title or title or extract.title, headings=tuple(headings) or None)


def read_html(data: bytes) -> Extract:
    """The main content of a page, without its menus and scripts."""
    import trafilatura

    with _parsing("HTML"):
        page = trafilatura.bare_extraction(
            data,
            with_metadata=True,
            include_comments=False,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
        if page is None or isinstance(page, dict) or page.body is None:
            return Extract(text=trafilatura.html2txt(data))
        blocks = list(_page_blocks(page.body))
    return replace(
        _joined(blocks),
        title=page.title or "",
        source=page.url or "",
        date=page.date or "",
    )


def _page_blocks(body: Any) -> Iterator[tuple[str, int]]:
    """The paragraphs of the main content, an lxml element, with the level of a heading. Every text is in one of them.

    A heading is one, and so is a row of a table, whatever they hold.
    """
    from lxml import etree

    text: list[str] = []
    whole = None
    mark = ""
    for event, element in etree.iterwalk(body, events=("start", "end")):
        # Code stands alone only where nothing is written beside it.
        is_block = element.tag in _PAGE_BLOCKS or (element.tag == "code" and element.getparent().tag in _PAGE_PARTS)
        parts = is_block and whole in (None, element)
        if parts:
            if words := _page_words(text):
                yield mark + words, _page_level(element) if event == "end" and element.tag == "head" else 0
                mark = ""
            if element.tag == "item":
                mark = _item_mark(element) if event == "start" else ""
            text = []
            whole = element if event == "start" and element.tag in ("head", "row") else None
        elif is_block or element.tag == "lb":
            text.append(" ")
        if event == "start" and element.tag == "cell":
            text.append(_CELL)
        text.append((element.text if event == "start" else element.tail) or "")
    yield _page_words(text), 0


def _page_level(head: Any) -> int:
    """The level of a heading, of which the element says `h2`."""
    level = head.get("rend", "")[1:]
    return int(level) if level.isdecimal() else 1


def _item_mark(item: Any) -> str:
    """What stands before an item of a list of points or numbers; a list of terms has no marks."""
    kind = item.getparent().get("rend")
    if kind == "ol":
        return f"{item.getparent().index(item) + 1}. "
    return "- " if kind == "ul" else ""


def _page_words(text: Iterable[str]) -> str:
    cells = (" ".join(cell.split()) for cell in "".join(text).split(_CELL))
    return " | ".join(filter(None, cells))


def read_pdf(data: bytes) -> Extract:
    """The text layer of a PDF, its lines joined into paragraphs."""
    from pypdf import PdfReader

    with _parsing("a PDF"):
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError("it is protected by a password")
        if len(reader.pages) > MAX_PDF_PAGES:
            raise UnreadableError(f"it has {len(reader.pages):,} pages; the limit is {MAX_PDF_PAGES:,}")
        pages: list[list[str]] = []
        size = 0
        for page in reader.pages:
            text = page.extract_text()
            size += len(text)
            if size > MAX_TEXT_CHARACTERS:
                raise UnreadableError(f"it holds more than {MAX_TEXT_CHARACTERS:,} characters")
            pages.append([" ".join(line.split()) for line in LINE_END.split(text)])
        paragraphs = [(paragraph, 0) for paragraph in _reflow(_body_lines(pages))]
        metadata = reader.metadata
        title = str(metadata.title or "") if metadata else ""
    if not paragraphs:
        raise UnreadableError("it holds no text (a scan? run text recognition on it first)")
    return replace(_joined(paragraphs), title=title, headings=None)


def read_docx(data: bytes) -> Extract:
    """The paragraphs and tables of a Word document, in order."""
    import docx
    from docx.table import Table

    with _parsing("a Word document"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise UnreadableError(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
        document = docx.Document(io.BytesIO(data))
        _unwrap(document.element.body)
        blocks: list[tuple[str, int]] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                # A cell as wide as two is there twice.
                rows = ([_cell_words(cell) for cell, _ in groupby(row.cells)] for row in block.rows)
                blocks += [(" | ".join(filter(None, cells)), 0) for cells in rows]
            else:
                style = (block.style.name or "") if block.style is not None else ""
                heading = _WORD_HEADING.fullmatch(style)
                properties = block._p.pPr
                is_item = style.startswith(_WORD_LISTS) or (properties is not None and properties.numPr is not None)
                mark = "- " if is_item and not heading and block.text.strip() else ""
                blocks.append((mark + block.text.strip(), int(heading[1] or 0) + 1 if heading else 0))
        properties = document.core_properties
        title = properties.title or next((text for text, level in blocks if level and text.strip()), "")
        language = _language(properties.language or "")
    return replace(_joined(blocks), title=title, language=language)


def _cell_words(cell: Any) -> str:
    """All words of a table's cell, those of the tables in it too."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    paragraphs = (Paragraph(element, cell).text for element in cell._tc.iter(qn("w:p")))
    return " ".join(" ".join(paragraphs).split())


def _unwrap(body: Any) -> None:
    """Put what stands in content controls and tracked insertions in their place: python-docx looks into neither."""
    from docx.oxml.ns import qn

    for wrapper in list(body.iter(*map(qn, _WORD_WRAPPERS))):
        parent = wrapper.getparent()
        place = parent.index(wrapper)
        parent[place : place + 1] = list(wrapper)


READERS: dict[str, Callable[[bytes], Extract]] = {
    ".md": read_markdown,
    ".txt": read_plain,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


@contextmanager
def _parsing(kind: str) -> Iterator[None]:
    """Whatever a parser raises on a broken file becomes an `UnreadableError`; what it logs is its own affair."""
    for name in ("pypdf", "trafilatura", "htmldate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:
        # The errors of parsers are many, and none of them should cost the corpus its other files.
        reason = " ".join(str(error).split())[:_REASON_CHARACTERS] or type(error).__name__
        raise UnreadableError(f"it is not {kind} that can be read ({reason})") from error


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        text = data.decode("utf-32", "replace")
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _decode_by_guess(data)
    if "\0" in text:
        raise UnreadableError("it is not text (it holds NUL characters)")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UnreadableError(f"it holds more than {MAX_TEXT_CHARACTERS:,} characters")
    return text


def _decode_by_guess(data: bytes) -> str:
    # A few accents are too little for charset-normalizer, which reads the "café" of Western Europe as Chinese.
    if _WESTERN.fullmatch(data):
        return data.decode("cp1252")
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise UnreadableError("it is not text in any encoding known here")
    return str(best)


def _front_matter(text: str) -> Extract:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return Extract(text=text)
    import yaml

    try:
        # The base loader leaves every value a string: `no` is a language, and 2026-02-30 no reason to refuse a file.
        values = yaml.load(match.group(1), Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings, lists and dicts
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark is not None else ""
        raise UnreadableError(f"its front matter is not YAML{where}; put values with a colon in quotes") from error
    if not match.group(1):
        values = {}
    if not isinstance(values, dict):
        return Extract(text=text)

    def value(name: str) -> str:
        found = values.get(name)
        return found.strip() if isinstance(found, str) and found not in ("null", "~") else ""

    return Extract(
        text=text[match.end() :],
        title=value("title"),
        source=value("source") or value("url"),
        date=value("date"),
        language=_language(value("language")),
    )


def _language(declared: str) -> str:
    """The two letters of a declared language ("fr", "fr-CA"); empty where it is declared in another way."""
    match = _LANGUAGE.fullmatch(declared.strip())
    return match.group(1).lower() if match else ""


def _with_first_line(extract: Extract) -> Extract:
    lines = LINE_END.split(extract.text.lstrip(), maxsplit=2)
    if extract.title or len(lines) < 3 or lines[1].strip() or not looks_like_heading(lines[0].rstrip()):
        return extract
    return replace(extract, title=lines[0].rstrip())


def _joined(blocks: Iterable[tuple[str, int]]) -> Extract:
    """Blocks of text as paragraphs set apart by a blank line; the number is the level of a heading, else 0.

    The short items of a list are lines of one paragraph.
    """
    headings = []
    parts: list[str] = []
    position = 0
    after_item = False
    for block, level in blocks:
        block = block.strip()
        if not block:
            continue
        is_item = not level and len(block) <= _SHORT_ITEM and LIST_ITEM.match(block) is not None
        if parts:
            parts.append("\n" if is_item and after_item else "\n\n")
            position += len(parts[-1])
        if level:
            headings.append(Heading(position, position + len(block), level))
        parts.append(block)
        position += len(block)
        after_item = is_item
    text = "".join(parts)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UnreadableError(f"it holds more than {MAX_TEXT_CHARACTERS:,} characters")
    return Extract(text=text, headings=tuple(headings))


def _body_lines(pages: list[list[str]]) -> list[str]:
    """The lines of all pages, without what stands at the top or bottom of most of them: its number, a running head.

    The first of a running head stays. Between pages is a blank line, but where a sentence goes on.
    """
    filled = [[line for line in page if line] for page in pages]
    edges = [{line for line in some[:2] + some[-2:] if len(line) <= _HEADING_WIDTH} for some in filled]
    found = Counter(mark for number, edge in enumerate(edges) for line in edge for mark in _marks(line, number))
    running = {mark for mark, count in found.items() if count >= _RUNNING_PAGES and 2 * count > len(pages)}
    passed = {mark for mark in running if _PAGE in mark}
    body: list[str] = []
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        lines: list[str] = []
        for line in page:
            marks = running & _marks(line, number) if line in edge else set()
            if not marks & passed and (line or lines):
                lines.append(line)
            passed |= marks
        while body and not body[-1]:
            body.pop()
        if not (body and lines and lines[0][0].islower() and not ends_sentence(body[-1])):
            body.append("")
        body += lines
    return body


def _marks(line: str, page: int) -> set[str]:
    """The line, and it with each of its numbers counted from the page's: "Page 3 of 9" is then alike on every page."""
    numbers = _NUMBER.finditer(line)
    return {line, *(f"{line[: one.start()]}{_PAGE}{int(one[0]) - page}{line[one.end() :]}" for one in numbers)}


def _reflow(lines: list[str]) -> list[str]:
    """Paragraphs of lines: one ends at a blank line, or where a short line ends a sentence.

    A line that is short without ending one, and not gone on with, stays a line: a heading, or a row of a table. A
    hyphen at a line's end stays, since it may be part of the word; only the line break goes.
    """
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(_USUAL * len(lengths))] if lengths else 0
    paragraphs: list[str] = []
    current = ""
    short = False
    for line in [*lines, ""]:
        if line:
            joint = "" if not current or current.endswith("-") else " "
            current += ("\n" if short and not line[0].islower() else joint) + line
            short = len(line) < 0.6 * width
        ends = not line or (len(line) < 0.8 * width and line.endswith((".", "!", "?", ":", "…", "»", "”", '"')))
        if ends and current:
            paragraphs.append(current)
            current = ""
            short = False
    return paragraphs

"""The text layer of a PDF, of which only the lines are known: what is a paragraph, and what stands around the text."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace

from index.formats.extract import MAX_TEXT_CHARACTERS, Extract, UnreadableError, joined, parsing
from index.formats.lines import HEADING_WIDTH, LINE_END, ends_sentence

MAX_PDF_PAGES = 5_000

_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_PAGE_NUMBER = "\0"  # Stands for it in a line.
_LEAST_PAGES = 3
_FULL_LINE_QUANTILE = 0.95  # Of the lengths of all lines: the longest may run over the margin.


def read_pdf(data: bytes) -> Extract:
    """The text layer of a PDF, its lines joined into paragraphs."""
    from pypdf import PdfReader

    with parsing("a PDF"):
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
    return replace(joined(paragraphs), title=title, headings=None)


def _body_lines(pages: list[list[str]]) -> list[str]:
    """The lines of all pages, without what stands at the top or bottom of most of them: its number, a running head.

    The first of a running head stays. Between pages is a blank line, but where a sentence goes on.
    """
    filled = [[line for line in page if line] for page in pages]
    edges = [{line for line in some[:2] + some[-2:] if len(line) <= HEADING_WIDTH} for some in filled]
    found = Counter(mark for number, edge in enumerate(edges) for line in edge for mark in _marks(line, number))
    running = {mark for mark, count in found.items() if count >= _LEAST_PAGES and 2 * count > len(pages)}
    seen = {mark for mark in running if _PAGE_NUMBER in mark}  # Not even the first page number is text.
    body: list[str] = []
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        lines: list[str] = []
        for line in page:
            marks = running & _marks(line, number) if line in edge else set()
            if not marks & seen and (line or lines):
                lines.append(line)
            seen |= marks
        while body and not body[-1]:
            body.pop()
        if not (body and lines and lines[0][0].islower() and not ends_sentence(body[-1])):
            body.append("")
        body += lines
    return body


def _marks(line: str, page: int) -> set[str]:
    """The line, and it with each of its numbers counted from the page's: "Page 3 of 9" is then alike on every page."""
    numbers = _NUMBER.finditer(line)
    return {line, *(f"{line[: one.start()]}{_PAGE_NUMBER}{int(one[0]) - page}{line[one.end() :]}" for one in numbers)}


def _reflow(lines: list[str]) -> list[str]:
    """Paragraphs of lines: one ends at a blank line, or where a short line ends a sentence.

    A line that is short without ending one, and not gone on with, stays a line: a heading, or a row of a table. A
    hyphen at a line's end stays, since it may be part of the word; only the line break goes.
    """
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(_FULL_LINE_QUANTILE * len(lengths))] if lengths else 0
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

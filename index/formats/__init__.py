"""Turns the bytes of a file into text and what the format says about it. What a document is, `documents.py` says.

Each reader takes bytes and returns an `Extract`, or raises `UnreadableError` with a reason in words. Plain text and
Markdown are kept to the letter, so that an offset can be checked in the file itself (after the front matter); of the
others the extracted text is what is stored and quoted.
"""

from __future__ import annotations

from collections.abc import Callable

from index.formats.extract import Extract
from index.formats.html import read_html
from index.formats.pdf import read_pdf
from index.formats.text import read_markdown, read_plain
from index.formats.word import read_docx

READERS: dict[str, Callable[[bytes], Extract]] = {
    ".md": read_markdown,
    ".txt": read_plain,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}

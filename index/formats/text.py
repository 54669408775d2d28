"""Plain text and Markdown, kept to the letter, in whatever encoding and behind whatever front matter."""

from __future__ import annotations

import codecs
import re
from collections import deque
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from index.formats.extract import MAX_TEXT_CHARACTERS, Extract, Heading, UnreadableError, language_code, parsing
from index.formats.lines import LINE_END, looks_like_heading

if TYPE_CHECKING:
    from markdown_it.token import Token

# Windows-1252 in the languages of Western Europe: ASCII, and only such other characters as these languages write.
_WESTERN = re.compile(
    "[\\t\\n\\f\\r -~àâäáãçéèêëíîïñóôöõúùûüÿæœßÀÂÄÁÃÇÉÈÊËÍÎÏÑÓÔÖÕÚÙÛÜÆŒ«»‘’“”…–—•°§€£©®¿¡ª\xa0]*".encode("cp1252")
)
# A blank line follows a rule, never the first line of front matter.
_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\r|\n)(?![ \t]*[\r\n])((?:.*?[\r\n])??)---[ \t]*(?:(?:\r\n|\r|\n)[\r\n]*|\Z)", re.DOTALL
)

_COMMENT_STARTS, _COMMENT_ENDS = "<!--", "-->"
_CODE_OR_COMMENT = re.compile(rf"(?<!`)(`+)(?!`)[^\n]{{0,500}}?(?<!`)\1(?!`)|{_COMMENT_STARTS}")
_VISIBLE = re.compile(r"\S")


def read_plain(data: bytes) -> Extract:
    """Plain text, with or without front matter, in whatever encoding it is in.

    A first line that stands alone and looks like a heading is the title, where the front matter gives none.
    """
    return _with_first_line(_front_matter(_decode(data)))


def read_markdown(data: bytes) -> Extract:
    """Markdown, kept to the letter; its headings and comments are found by a CommonMark parser.

    Lines without a `#` may be headings too (see `paragraphs.py`): many files are plain text with another ending.
    Where a comment stands, which no reader of the page is meant to see, there is white space.
    """
    declared = _front_matter(_decode(data))
    extract = _with_first_line(replace(declared, text=_without_comments(declared.text)))
    starts = _line_starts(extract.text)
    headings = []
    title, first_line = "", extract.title
    tokens = _tokens(extract.text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.map is not None:
            if token.markup in ("=", "-") and not looks_like_heading(inline.content):
                continue  # A paragraph with a rule right below it, which CommonMark takes for a heading.
            start, end = (starts[min(line, len(starts) - 1)] for line in token.map)
            headings.append(Heading(start, end, int(token.tag[1:])))
            if token.tag == "h1" and not title:
                title = inline.content
            if not extract.text[:start].strip() and extract.title:
                first_line = inline.content
    return replace(extract, title=declared.title or title or first_line, headings=tuple(headings) or None)


def _without_comments(text: str) -> str:
    """The text with white space for each comment that is not in code; no character changes its place."""
    if _COMMENT_STARTS not in text:
        return text
    starts = _line_starts(text)
    lines_of_code = (token.map for token in _tokens(text) if token.type in ("fence", "code_block"))
    code = deque((starts[first], starts[min(end, len(starts) - 1)]) for first, end in filter(None, lines_of_code))
    parts = []
    kept = position = 0
    while (match := _CODE_OR_COMMENT.search(text, position)) is not None:
        while code and code[0][1] <= match.start():
            code.popleft()
        if code and code[0][0] <= match.start():
            position = code[0][1]
        elif match.group() != _COMMENT_STARTS:
            position = match.end()
        else:
            end = text.find(_COMMENT_ENDS, match.end())
            if end < 0:
                break
            position = end + len(_COMMENT_ENDS)
            parts += [text[kept : match.start()], _VISIBLE.sub(" ", text[match.start() : position])]
            kept = position
    return "".join([*parts, text[kept:]])


def _tokens(text: str) -> list[Token]:
    from markdown_it import MarkdownIt

    with parsing("Markdown"):
        return MarkdownIt().parse(text)


def _line_starts(text: str) -> list[int]:
    """Where each line of the text begins, and last where the text ends."""
    return [0, *(match.end() for match in LINE_END.finditer(text)), len(text)]


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
        language=language_code(value("language")),
    )


def _with_first_line(extract: Extract) -> Extract:
    lines = LINE_END.split(extract.text.lstrip(), maxsplit=2)
    if extract.title or len(lines) < 3 or lines[1].strip() or not looks_like_heading(lines[0].rstrip()):
        return extract
    return replace(extract, title=lines[0].rstrip())

"""Finds the paragraphs of a document and the headings they stand under, from its lines and what its format marks.

All are spans of the document's text. How long a passage may be, and where one is cut, `passages.py` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from index.documents import Document
from index.formats.lines import (
    HEADING_WIDTH,
    LABELLED,
    LINE_END,
    LIST_ITEM,
    NUMBER_GIVEN,
    ROW,
    WORD,
    ends_sentence,
    looks_like_heading,
)

_WRAPPED_WIDTH = 120
_WIDELY_WRAPPED_WIDTH = 200
_MAX_PLAIN_HEADINGS = 2
_MAX_HEADINGS = 4
_LONGEST_HEADING = 300
_LOWEST_LEVEL = 12  # Below all that a format has.
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+")
_FIGURE = re.compile(r"(?!(?:19|20)\d\d\b)\b\d+")  # But no year.
_BOLD = re.compile(r"(\*\*|__)(?!\s)[^*_]+(?<!\s)\1")
_FENCE = re.compile(r"(?<![^\r\n])(`{3,}|~{3,})([^`\r\n]*)(?![^\r\n])")
_RULE = re.compile(r"=+|-+|~{3,}|(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")


class Span(NamedTuple):
    """A slice of a document's text: characters, end excluded."""

    start: int
    end: int


def paragraphs(document: Document) -> list[tuple[Span, str]]:
    """The paragraphs, each with the heading it stands under."""
    text = document.text
    blocks = [_Block(span, level) for span, level in _blocks(document)]
    if document.headings is None:
        _infer_headings(text, blocks)
    else:
        _infer_lowest_headings(text, blocks)
    found: list[tuple[Span, str]] = []
    headings: list[_Block] = []
    announces = False
    for block in blocks:
        if block.level:
            headings = [*(outer for outer in headings if outer.level < block.level), block]
            announces = False
            continue
        if not WORD.search(text, *block.span):
            continue
        under = [_heading_words(text[slice(*outer.span)]) for outer in headings[-_MAX_HEADINGS:]]
        if under[:1] == [document.title]:
            del under[0]
        if announces and any(kind.match(text, block.span.start) for kind in (LIST_ITEM, ROW, _FENCE)):
            found[-1] = Span(found[-1][0].start, block.span.end), found[-1][1]
        else:
            found.append((block.span, " › ".join(under)))
            announces = _bare(text[slice(*block.span)]).endswith(":")
    return found


@dataclass(slots=True)
class _Block:
    """A paragraph, of `level` 0, or a heading."""

    span: Span
    level: int


def _blocks(document: Document) -> list[tuple[Span, int]]:
    """Paragraphs and the format's own headings with their levels, as spans without white space at their ends."""
    text = document.text
    headings = document.headings or ()
    blocks: list[tuple[Span, int]] = []
    position = 0
    for start, end, level in headings:
        blocks += [(span, 0) for span in _text_blocks(text, position, start)]
        heading = trimmed(text, start, end)
        if heading is not None:
            # So long a one is text.
            blocks.append((heading, level if heading.end - heading.start <= _LONGEST_HEADING else 0))
        position = end
    return blocks + [(span, 0) for span in _text_blocks(text, position, len(text))]


def _text_blocks(text: str, start: int, end: int) -> list[Span]:
    """The paragraphs and the fenced code between two offsets."""
    spans: list[Span] = []
    for code in _fenced(text, start, end):
        spans += [*_paragraphs_between(text, start, code.start), code]
        start = code.end
    return spans + _paragraphs_between(text, start, end)


def _fenced(text: str, start: int, end: int) -> Iterator[Span]:
    """Fenced code, with the blank lines in it; what is indented belongs to an item of a list."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text, start, end):
        mark, info = fence.groups()
        if opened is None:
            opened = None if _underlines(text, fence) else fence
        elif mark.startswith(opened[1]) and not info.strip():
            yield Span(opened.start(), fence.end(1))
            opened = None


def _underlines(text: str, fence: re.Match[str]) -> bool:
    """Whether tildes are the underline of a heading, as in reStructuredText: about as long as the line above."""
    above = LINE_END.split(text[max(0, fence.start() - HEADING_WIDTH) : fence.start()])[-2:-1]
    is_bare = fence[0].strip() == "~" * len(fence[1])
    return is_bare and any(line and not ends_sentence(line) and abs(len(line) - len(fence[1])) <= 2 for line in above)


def _paragraphs_between(text: str, start: int, end: int) -> list[Span]:
    """Paragraphs: blank lines part them, and so does a line end where lines are not wrapped.

    A bold line that looks like a heading is none of the paragraph right below it.
    """
    spans: list[Span] = []
    lines: list[Span] = []
    for line, below in pairwise([*_lines(text, start, end), None, None]):
        is_title = (
            line is not None
            and below is not None
            and not text[below.start].islower()
            and _BOLD.fullmatch(text, *line) is not None
            and _looks_like_heading(text[slice(*line)])
            and (not lines or ends_sentence(text[slice(*lines[-1])]))
        )
        if lines and (line is None or is_title):
            spans += _paragraphs_of_lines(text, lines)
            lines = []
        if line is not None:
            (spans if is_title else lines).append(line)
    return spans


def _lines(text: str, start: int, end: int) -> list[Span | None]:
    """The lines without white space at their ends; None for a blank one, or one that only draws a rule."""
    lines: list[Span | None] = []
    position = start
    for line_end, next_line in (*(match.span() for match in LINE_END.finditer(text, start, end)), (end, end)):
        line = trimmed(text, position, line_end)
        lines.append(None if line and _RULE.fullmatch(text, *line) else line)
        position = next_line
    return lines


def _paragraphs_of_lines(text: str, lines: list[Span]) -> list[Span]:
    """Whether lines without a blank one between are paragraphs, or the wrapped lines of one.

    They are wrapped (or verse, or a list) when none is long and some line breaks off in the middle of a sentence; when
    most lines do, they may be longer, and however long when most go on in lower case.
    """
    longest = max(end - start for start, end in lines)
    unfinished = [line for line in lines if not ends_sentence(text[slice(*line)])]
    width = _WRAPPED_WIDTH if 2 * len(unfinished) < len(lines) else _WIDELY_WRAPPED_WIDTH
    is_titled = (
        len(lines) > 1
        and looks_like_heading(text[slice(*lines[0])])
        and lines[0].end - lines[0].start < 0.6 * longest
        and not text[lines[1].start].islower()
        and not all(LABELLED.match(text, *line) for line in lines[:2])
    )
    goes_on = [
        text[line.start].islower() and not LIST_ITEM.match(text, line.start) and not ends_sentence(text[slice(*above)])
        for above, line in pairwise(lines)
    ]
    begins_in_lower_case = text[lines[0].start].islower()
    mostly_goes_on = goes_on and 2 * sum(goes_on) >= len(goes_on) and not begins_in_lower_case
    is_wrapped = mostly_goes_on or (longest <= width and unfinished)
    if is_wrapped and not (is_titled and unfinished == lines[:1]):
        if is_titled:
            return [lines[0], Span(lines[1].start, lines[-1].end)]
        return [Span(lines[0].start, lines[-1].end)]
    found: list[Span] = []
    in_list = False
    for line in lines:
        is_item = any(kind.match(text, line.start) for kind in (LIST_ITEM, ROW))
        if is_item and in_list:
            found[-1] = Span(found[-1].start, line.end)
        else:
            found.append(line)
        in_list = is_item
    return found


def _infer_headings(text: str, blocks: list[_Block]) -> None:
    """Mark the headings of plain text: at most two such lines in a row, with a paragraph after them.

    Numbered ones are of the level of the first of them.
    """
    run: list[_Block] = []
    numbered_level = 1
    for block, may_be_heading in zip(blocks, _may_be_headings(text, blocks), strict=True):
        if may_be_heading:
            run.append(block)
            continue
        if not WORD.search(text, *block.span):
            continue
        if len(run) <= _MAX_PLAIN_HEADINGS:
            for level, heading in enumerate(run, start=1):
                number = _NUMBER.match(text, heading.span.start)
                if number and int(number[1]) == 1:
                    numbered_level = level
                heading.level = max(level, numbered_level) if number else level
        run = []


def _infer_lowest_headings(text: str, blocks: list[_Block]) -> None:
    """Mark the questions and the bold lines that stand over a paragraph, below the headings that the format marks."""
    marked = zip(blocks, _may_be_headings(text, blocks), strict=True)
    for (block, may_be_heading), (following, may_be_another) in pairwise(marked):
        stands_over_text = WORD.search(text, *following.span) is not None and not (following.level or may_be_another)
        if may_be_heading and stands_over_text and (text.endswith("?", *block.span) or _is_bold(text, block)):
            block.level = _LOWEST_LEVEL


def _may_be_headings(text: str, blocks: list[_Block]) -> list[bool]:
    """Whether each block looks like a heading, and is no item of a list, no answer, and not announced by a colon."""
    lines = [_bare(text[slice(*block.span)]) for block in blocks]
    others = _items(lines) | _answers(lines) | _values(lines)
    found: list[bool] = []
    announced = False
    for position, (line, block) in enumerate(zip(lines, blocks, strict=True)):
        is_short = not block.level and _looks_like_heading(line)
        # What begins with a capital may as well be the heading of what is below: "We have two offices:", "Geneva".
        is_title = line.endswith("?") or line[:1].isupper() or _NUMBER.match(line) is not None or _is_bold(text, block)
        announced = announced and is_short and not is_title
        found.append(is_short and position not in others and not announced)
        announced = announced or line.endswith(":")
    return found


def _answers(lines: list[str]) -> set[int]:
    """The places of lines between two questions, or between a question and the end."""
    asks = [*(line.endswith("?") for line in lines), True]
    return {place for place in range(1, len(lines)) if asks[place - 1] and not asks[place] and asks[place + 1]}


def _values(lines: list[str]) -> set[int]:
    """The places of lines that give a number, and of those next to one that give something else ("Deposit: none")."""
    numbers = {place for place, line in enumerate(lines) if NUMBER_GIVEN.match(line)}
    beside = {place + step for place in numbers for step in (-1, 1)} & set(range(len(lines)))
    return numbers | {place for place in beside if LABELLED.match(lines[place])}


def _items(lines: list[str]) -> set[int]:
    """The places of numbered lines that are items of a list, not headings.

    Those are one alone, and counted up ones of which two are next to each other or one gives a figure.
    """
    sequences: list[list[int]] = []
    last = 0
    for position, line in enumerate(lines):
        if number := _NUMBER.match(line):
            if not sequences or int(number[1]) != last + 1:
                sequences.append([])
            sequences[-1].append(position)
            last = int(number[1])
    return {
        position
        for places in sequences
        if len(places) == 1
        or any(below == above + 1 for above, below in pairwise(places))
        or any(_FIGURE.search(_NUMBER.sub("", lines[place], count=1)) for place in places)
        for position in places
    }


def _looks_like_heading(line: str) -> bool:
    """As `looks_like_heading`; a bold line counts without its marks, and a numbered one without its number."""
    return looks_like_heading(_bare(_NUMBER.sub("", _bare(line), count=1)))


def _is_bold(text: str, block: _Block) -> bool:
    return _BOLD.fullmatch(text, *block.span) is not None


def _bare(line: str) -> str:
    """A bold line without its marks, and any other as it is."""
    return line.strip("*_") if _BOLD.fullmatch(line) else line


def _heading_words(text: str) -> str:
    """A heading without its Markdown marks."""
    words = " ".join(line.strip() for line in LINE_END.split(text) if not _RULE.fullmatch(line.strip()))
    return _bare(re.sub(r"^#{1,6} | #+$", "", " ".join(words.split())))


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends, or None when nothing is left."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    return Span(start, end) if start < end else None

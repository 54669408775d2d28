"""Which part of a quote fits into the room a message has: whole sentences, and the ones that answer first."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from bot.markup import Span, block_quote, units
from index.answer import Quote

# A sentence ends at its full stop and the closing marks behind it (« ? » puts a space before them), where a blank
# follows.
_SENTENCE_END = re.compile(r"""[.!?…。！？](?:\s?[»”’"')\]])*(?=\s)|(?<=\S)(?=[^\S\n]*\n)""")
_WORD_END = re.compile(r"\S(?=\s)")
_LINE_END = re.compile(r"\s*\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The slice `start:end` of the document and its markup; the quote goes on `before` it, `after` it, or neither."""

    start: int
    end: int
    markup: str
    before: bool
    after: bool

    @property
    def whole(self) -> bool:
        """Whether nothing of the quote was left out."""
        return not (self.before or self.after)


def excerpt(quote: Quote, room: int, *, offset: int = 0) -> Excerpt:
    """As much of `quote` as can be drawn in `room` units, from character `offset` of it.

    A cut falls on a sentence end, else on a word's, else between two characters. When the first highlight would be cut
    off, the excerpt begins with it instead. An offset beyond the text counts as 0.
    """
    start = offset if 0 <= offset < len(quote.text) else 0
    if start and (line_end := _LINE_END.match(quote.text, start)):
        start = line_end.end()
    end = _fitting_end(quote, start, room)
    first = next((h for h in quote.highlights if h.start - quote.start >= start), None)
    if not offset and first and end < min(first.end - quote.start, len(quote.text)):
        start = first.start - quote.start
        end = _fitting_end(quote, start, room)
    text = quote.text[start:end]
    return Excerpt(
        start=quote.start + start,
        end=quote.start + end,
        markup=block_quote(text, _bold(quote, start)),
        before=start > 0,
        after=bool(quote.text[end:].strip()),
    )


def _bold(quote: Quote, start: int) -> list[Span]:
    shift = quote.start + start
    return [(highlight.start - shift, highlight.end - shift) for highlight in quote.highlights]


def _fitting_end(quote: Quote, start: int, room: int) -> int:
    """The end, in characters of the quote, of the longest slice from `start` that fits."""
    # A character takes a unit at least, so what lies beyond the room need not be drawn to know that it does not fit.
    text, bold = quote.text[start : start + room + 1], _bold(quote, start)

    def drawn(end: int) -> int:
        return units(block_quote(text[:end], bold))

    if start + len(text) == len(quote.text) and drawn(len(text)) <= room:
        return len(quote.text)
    # What is highlighted is a sentence, wherever the index found that it ends.
    sentence_ends = {match.end() for match in _SENTENCE_END.finditer(text)} | {end for _, end in bold}
    word_ends = {match.end() for match in _WORD_END.finditer(text)}
    for candidates in (sentence_ends, word_ends):
        ends = sorted(end for end in candidates if 0 < end <= len(text))
        fitting = bisect_right(ends, room, key=drawn)
        if fitting:
            return start + ends[fitting - 1]
    end = max(1, bisect_right(range(1, len(text) + 1), room, key=drawn))
    while 1 < end < len(text) and unicodedata.combining(text[end]):
        end -= 1
    return start + end

r"""Document text to Discord markup and back: what is drawn shows the text, character by character, and nothing else.

Two devices make that hold for any Unicode text, and both undo exactly (`plain`):

- Every character that Discord's Markdown gives a meaning is drawn behind a backslash. Discord takes a backslash off
  before anything but a letter, a digit or white space (rule `escape` of its parser), so `\<@1>`, `\:smile\:` and
  `https\://…` are shown as written: no mention, no emoji, no link.
- A character that cannot be seen, or that reorders what is seen (controls, zero-width, bidirectional overrides, lone
  surrogates, marks stacked ever higher), is drawn as a visible code: `⟦U+202E⟧`. The bracket `⟦` of a document is
  itself drawn as `⟦U+27E6⟧`, so a code in the markup is always ours. Joiners, variation selectors and soft hyphens stay
  as they are where writing needs them: after a letter or an emoji, once. So does the carriage return before a line
  feed: the two are one line break.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

Span = tuple[int, int]

QUOTE = "> "
"""Begins each line of a quote. `>>> ` would swallow whatever follows the quote in the message."""

_ACTIVE = frozenset("\\*_~|`<>@:[]#")
_LINE_START = re.compile(r"[ \t]*(?:[-+]|\d+[.)])")
_CODE = re.compile(r"⟦U\+([0-9A-F]{4,6})⟧")
_MARKS_IN_A_ROW = 6

# Default_Ignorable_Code_Point of the Unicode Character Database (DerivedCoreProperties.txt), and the blank Braille
# pattern.
_UNSEEN_RANGES = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_UNSEEN = frozenset(code for first, last in _UNSEEN_RANGES for code in range(first, last + 1))
_JOINER = "\u200d"
_VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
_JOINERS = frozenset(f"\u200c{_JOINER}\u00ad") | _VARIATIONS


def units(markup: str) -> int:
    """Length as the strictest reader of Discord's limits would count it: UTF-16 code units."""
    return len(markup) + sum(character > "\uffff" for character in markup)


def draw(text: str) -> str:
    """`text` as markup that shows it and does nothing else; line breaks stay line breaks."""
    return _joined(_draw_line(line) for line in text.split("\n"))


def draw_inline(text: str, limit: int = 200) -> str:
    """`text` on one line for a caption or a heading: white space folded, cut with `…` to `limit` units.

    Text that holds right-to-left letters is wrapped in an isolate (U+2068, U+2069), so that it cannot reorder its
    neighbours.
    """
    # A character takes a unit at least, so of a title of a megabyte no more than this is folded, let alone drawn.
    folded = " ".join(text.split(maxsplit=limit))[: limit + 1]
    drawn = draw(folded)
    if units(drawn) > limit:
        length = min(len(folded), limit)
        while length and units(drawn) > limit - 1:
            length -= 1
            drawn = draw(folded[:length].rstrip())
        drawn += "…"
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in folded):
        return f"\u2068{drawn}\u2069"
    return drawn


def block_quote(text: str, bold: Iterable[Span] = ()) -> str:
    """`text` as a Discord quote, line by line; the slices `bold` of it (offsets in `text`) are shown in bold.

    Bold opens and closes on each line and hugs visible characters: white space at the border of a slice stays outside
    of the asterisks, slices that touch become one, and an asterisk of the text is always behind a backslash, so four in
    a row never arise.
    """
    lines, line_start = [], 0
    spans = _merged(text, bold)
    for line in text.split("\n"):
        lines.append(QUOTE + _draw_line(line, [(a - line_start, b - line_start) for a, b in spans]))
        line_start += len(line) + 1
    return _joined(lines)


def plain(markup: str) -> str:
    """The text that `block_quote` or `draw` was given: quote marks, bold, backslashes and codes taken off."""
    lines = (line.removeprefix(QUOTE) for line in markup.split("\n"))
    return "\n".join(_undraw_line(line) for line in lines)


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Slices in order, inside `text`, where those with only blanks between them are one."""
    merged: list[Span] = []
    for start, end in sorted((max(0, a), min(len(text), b)) for a, b in spans):
        if start >= end:
            continue
        if merged and not text[merged[-1][1] : start].strip(" \t"):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _joined(lines: Iterable[str]) -> str:
    """Lines that were drawn one by one, so that a carriage return at the end of one was not known to belong there."""
    return "\n".join(lines).replace(_code("\r") + "\n", "\r\n")


def _draw_line(line: str, bold: Iterable[Span] = ()) -> str:
    drawn = _draw_characters(line)
    for start, end in bold:
        start, end = max(0, start), max(0, min(len(line), end))
        core = line[start:end].strip()
        if core:
            start += len(line[start:end]) - len(line[start:end].lstrip())
            end = start + len(core)
            drawn[start] = "**" + drawn[start]
            drawn[end - 1] += "**"
    return "".join(drawn)


def _draw_characters(line: str) -> list[str]:
    """The markup of each character of a line, in order."""
    marker = _LINE_START.match(line)
    drawn = [_draw_alone(character) or _draw_in_place(line, place) for place, character in enumerate(line)]
    if marker:
        drawn[marker.end() - 1] = "\\" + line[marker.end() - 1]
    return drawn


@lru_cache(maxsize=2048)
def _draw_alone(character: str) -> str:
    """The markup of a character that is drawn alike everywhere; empty for marks and joiners, whose neighbours count."""
    if character in _ACTIVE:
        return "\\" + character
    if character in _JOINERS or unicodedata.combining(character):
        return ""
    return character if _is_seen(character) else _code(character)


def _draw_in_place(line: str, place: int) -> str:
    """The markup of a mark or a joiner: raw where writing needs it, after a visible character and not many in a row."""
    character, before = line[place], line[place - 1] if place else ""
    if character in _JOINERS:
        if character == _JOINER and before in _VARIATIONS:
            before = line[place - 2] if place > 1 else ""  # Emoji are joined behind the selector of their form.
        # A second joiner in a row joins nothing: it hides something.
        wanted = bool(before) and not before.isspace() and before not in _JOINERS and _is_seen(before)
    else:
        last = line[max(0, place - _MARKS_IN_A_ROW) : place]
        wanted = len(last) < _MARKS_IN_A_ROW or not all(map(unicodedata.combining, last))
    return character if wanted and _is_seen(character) else _code(character)


def _code(character: str) -> str:
    return f"⟦U+{ord(character):04X}⟧"


def _is_seen(character: str) -> bool:
    """Whether a character shows, or is a joiner; the opening bracket of our codes counts as one that does not."""
    if character in _JOINERS or character == "\t":
        return True
    if character == "⟦" or ord(character) in _UNSEEN or ord(character) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _undraw_line(markup: str) -> str:
    text: list[str] = []
    position = 0
    while position < len(markup):
        if markup[position] == "\\":
            text.append(markup[position + 1])
            position += 2
        elif markup.startswith("**", position):
            position += 2
        elif code := _CODE.match(markup, position):
            text.append(chr(int(code[1], 16)))
            position = code.end()
        else:
            text.append(markup[position])
            position += 1
    return "".join(text)

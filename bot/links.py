"""Links that open a source at the quoted words, as text fragments (https://wicg.github.io/scroll-to-text-fragment/)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

LONGEST_LINK = 700
"""Characters of a whole link; a longer one would take the quote's room in the message."""

# Characters of a text that is named whole, and of its two ends otherwise; the smaller pair is for scripts of which one
# character is nine when encoded.
_SIZES = ((90, 40), (30, 14))

_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^()\s]*(?:\s[^()\n]*)?\)")
_MARKS = re.compile(
    r"\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|^[ \t]*(?:[-*+>]|\d{1,3}[.)]|#{1,6})[ \t]+", re.MULTILINE
)


def link_to_words(source: str, words: str) -> str:
    """`source` with a fragment that makes the browser light up `words`; empty if it is no web address.

    A fragment that a page already has is kept. The result holds no character that could end a masked link.
    """
    page = web_address(source)
    if not page:
        return ""
    for whole, end in _SIZES:
        link = f"{page}{'' if '#' in page else '#'}:~:text={_directive(words, whole, end)}"
        if len(link) <= LONGEST_LINK:
            return link
    return page if len(page) <= LONGEST_LINK else ""


def without_marks(markdown: str) -> str:
    """Words of a Markdown file as its page shows them: the browser looks for these."""
    return _MARKS.sub("", _LINK.sub(r"\1", markdown))


def web_address(source: str) -> str:
    """`source` percent-encoded if it is an http or https address, else nothing: no document chooses another scheme."""
    try:
        parts = urlsplit(source.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return quote(source.strip(), safe="%/:?#@!$&'+,;=~-._", errors="replace")


def _directive(words: str, whole: int, end_length: int) -> str:
    """`textStart` alone for a short text, `textStart,textEnd` for a long one: whole words at both ends."""
    text = " ".join(words.split())
    if len(text) <= whole:
        return _encoded(text)
    start, end = text[:end_length], text[-end_length:]
    # Scripts without spaces have no word to cut at; a browser matches them by character.
    start = start.rpartition(" ")[0] or start
    end = end.partition(" ")[2] or end
    return f"{_encoded(start)},{_encoded(end)}"


def _encoded(text: str) -> str:
    # `quote` leaves the hyphen, which the fragment syntax reserves (`prefix-,`); commas and ampersands it encodes
    # itself.
    return quote(text, safe="", errors="replace").replace("-", "%2D")

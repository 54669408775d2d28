"""What every reader of a format gives, and how: text with its headings, or a reason in words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from index.formats.lines import LIST_ITEM, ROW

MAX_TEXT_CHARACTERS = 20_000_000

_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_]\w+)*")
_REASON_CHARACTERS = 160
_SHORT_LINE = 200


class Heading(NamedTuple):
    """A heading's place in the text, end excluded; it stands under the one before it of a lower `level`, from 1."""

    start: int
    end: int
    level: int


class UnreadableError(Exception):
    """A file that cannot be read; the message is the reason, told to the operator."""


TOO_SLOW = "reading it takes longer than"
"""So the reason begins where that may not be so the next time."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What a reader found; fields of `Document`, empty where the file says nothing."""

    text: str
    title: str = ""
    source: str = ""
    date: str = ""
    language: str = ""
    headings: tuple[Heading, ...] | None = field(default=None)


@contextmanager
def parsing(kind: str) -> Iterator[None]:
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


def joined(blocks: Iterable[tuple[str, int]]) -> Extract:
    """Blocks of text as paragraphs set apart by a blank line; the number is the level of a heading, else 0.

    The short items of a list are lines of one paragraph, and so are the short rows of a table; an empty block ends it.
    """
    headings = []
    parts: list[str] = []
    position = 0
    above: re.Pattern[str] | None = None
    for block, level in blocks:
        block = block.strip()
        if not block:
            above = None if above is ROW else above
            continue
        kinds = (kind for kind in (LIST_ITEM, ROW) if not level and len(block) <= _SHORT_LINE and kind.match(block))
        kind = next(kinds, None)
        if parts:
            parts.append("\n" if kind is not None and kind is above else "\n\n")
            position += len(parts[-1])
        if level:
            headings.append(Heading(position, position + len(block), level))
        parts.append(block)
        position += len(block)
        above = kind
    text = "".join(parts)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UnreadableError(f"it holds more than {MAX_TEXT_CHARACTERS:,} characters")
    return Extract(text=text, headings=tuple(headings))


def row_of(cells: Sequence[str]) -> str:
    """A row of a table as Markdown has it; of one that has a single cell its words, and nothing of an empty one."""
    return f"| {' | '.join(cells)} |" if len(cells) > 1 and any(cells) else "".join(cells)


def language_code(declared: str) -> str:
    """The two letters of a declared language ("fr", "fr-CA"); empty where it is declared in another way."""
    match = _LANGUAGE.fullmatch(declared.strip())
    return match.group(1).lower() if match else ""

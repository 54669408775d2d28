"""Cuts a document into passages: a paragraph each, with its sentences and the heading it stands under.

Everything is spans of the document's text, computed while cutting, so that a quote is a slice by construction.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.documents import Document
from index.formats.lines import BULLET, LABELLED, LINE_END, LIST_ITEM, ROW, WORD, ends_sentence
from index.paragraphs import Span, paragraphs, trimmed

# A change of the rules here, in `paragraphs.py` or in `formats/lines.py` that moves a passage's borders, or of the text
# that is read of a file, raises this number, and with it every index is rebuilt.
CUTTING_RULES = 9

TokenCounter = Callable[[Sequence[str]], Sequence[int]]

_CHARACTERS_IN_TOKEN = 16
# Titles, months and initials that sentencex takes for the end of a French or English sentence.
_ABBREVIATED = re.compile(
    r"(?:^|[\s(«“\"'’])(?:MM?|Mmes?|Mlles?|Mes?|Drs?|Mrs?|Ms|Prof|St|Ste|art|p|n|janv|févr|avr|juill|sept|oct|nov|déc"
    r"|(?!J\.-C)[A-ZÀ-Þ]\.-[A-ZÀ-Þ])\.\s*\Z"
)
_INITIAL = re.compile(r"(?<![^\W_])[A-ZÀ-Þ]\.\Z")
_INITIAL_FOLLOWS = re.compile(r"-?[A-ZÀ-Þ]")
_MARKS = rf"\s*(?:{BULLET}\s+)?(?:\*\*|__)?"
# "12.", "- 3.1." or "**IV.**" where a line begins: what follows is the sentence. A letter may as well end a sentence
# that was wrapped ("vitamin C."), unless the line above ends one.
_LINE_NUMBER = re.compile(
    rf"(?:\A|[\r\n]){_MARKS}\d{{1,3}}(?:\.\d{{1,3}})*[.)]\s*\Z"
    rf"|(?:\A|[.!?:;][ \t]*[\r\n]){_MARKS}(?:[IVXLC]{{1,5}}|[A-Za-z])[.)]\s*\Z"
)
_CLAUSES = (re.compile(r"[;:]\s+"), re.compile(r",\s+"))
_SPACE = re.compile(r"\s+")
_SHORT_LINE = 60
_WINDOW = 20_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that can be quoted: `document.text[start:end] == text`.

    `heading` is what it stands under, `context` what is embedded before it (title and heading), never quoted.
    `sentences` cover its words, in order.
    """

    start: int
    end: int
    text: str
    heading: str
    context: str
    sentences: tuple[Span, ...]

    @property
    def embedded_text(self) -> str:
        """What the embedding model reads."""
        return _embedded(self.context, self.text)


def cut(document: Document, count_tokens: TokenCounter, max_tokens: int) -> list[Passage]:
    """The passages of `document`, none longer than `max_tokens` with its context.

    `count_tokens` gives the embedding model's own count for each text, special tokens left out.
    """
    text = document.text
    found = paragraphs(document)
    contexts = {
        heading: _context(document.title, heading, count_tokens, max_tokens // 4)
        for heading in {heading for _, heading in found}
    }
    wholes = [_embedded(contexts[heading], text[slice(*span)]) for span, heading in found]
    passages: list[Passage] = []
    for (span, heading), size in zip(found, _sizes(wholes, count_tokens), strict=True):
        context = contexts[heading]
        sentences = _sentences(text, span, document.language)
        pieces = [sentences] if size <= max_tokens else _pieces(text, sentences, context, count_tokens, max_tokens)
        for piece in pieces:
            start, end = piece[0].start, piece[-1].end
            passages.append(Passage(start, end, text[start:end], heading, context, tuple(piece)))
    return passages


def check(document: Document, passages: Iterable[Passage]) -> None:
    """Assert the rule of the house for every passage and sentence; a failure is a bug, never a user's fault."""
    for passage in passages:
        assert document.text[passage.start : passage.end] == passage.text, (document.name, passage)
        position = passage.start
        for start, end in passage.sentences:
            assert position <= start < end <= passage.end, (document.name, passage)
            assert not WORD.search(document.text[position:start]), (document.name, passage)
            position = end
        assert not WORD.search(document.text[position : passage.end]), (document.name, passage)


def _embedded(context: str, text: str) -> str:
    return f"{context}\n{text}" if context else text


def _context(title: str, heading: str, count_tokens: TokenCounter, max_tokens: int) -> str:
    parts = [title] if title else []
    if heading:
        parts.append(heading)
    words = "\n".join(parts)
    while words and count_tokens([words])[0] > max_tokens:
        words = words[: len(words) * 3 // 4].rpartition(" ")[0]
    return words


def _pieces(
    text: str, sentences: Sequence[Span], context: str, count_tokens: TokenCounter, max_tokens: int
) -> list[list[Span]]:
    """The sentences of a paragraph that is too long, in groups of at most `max_tokens` with the context."""
    room = max(1, max_tokens - (count_tokens([context])[0] if context else 0))
    while True:
        pieces = _shared_out(_shortened(text, sentences, count_tokens, room), room)
        # Where two sentences meet without a space, together they may have a token more than each alone.
        wholes = [_embedded(context, text[piece[0].start : piece[-1].end]) for piece in pieces]
        excess = max(count_tokens(wholes)) - max_tokens
        if excess <= 0 or room == 1:
            return pieces
        room = max(1, room - excess)


def _sizes(texts: Sequence[str], count_tokens: TokenCounter) -> list[int]:
    """The sizes of texts in tokens, where a token is taken for at most so many characters.

    Else a word of 100,000 characters, one unknown token for many a model, would be a passage.
    """
    counts = count_tokens(texts) if texts else []
    return [max(count, len(text) // _CHARACTERS_IN_TOKEN) for text, count in zip(texts, counts, strict=True)]


def _shared_out(sized: Sequence[tuple[Span, int]], room: int) -> list[list[Span]]:
    """Sentences with their sizes in as few groups as `room` allows, of about equal size: no stub is left at the end."""
    total = sum(size for _, size in sized)
    share = total / max(1, -(-total // room))
    groups: list[list[Span]] = [[]]
    used = done = 0
    for sentence, size in sized:
        full = used + size > room or done + size / 2 > share * len(groups)
        if groups[-1] and full:
            groups.append([])
            used = 0
        groups[-1].append(sentence)
        used += size
        done += size
    return groups


def _sentences(text: str, span: Span, language: str) -> list[Span]:
    """Sentence spans inside `span`, without white space at their ends; together they hold every word of it."""
    part = text[slice(*span)]
    ends = [end for end in _sentence_ends(part, language or "en") if end == len(part) or not _goes_on(part, end)]
    ends = sorted({*ends, *_line_ends(part), len(part)})
    sentences: list[Span] = []
    start = span.start
    has_words = last_has_words = True
    for end in (span.start + end for end in ends):
        sentence = trimmed(text, start, end)
        start = end
        if sentence is None:
            continue
        has_words = WORD.search(text, *sentence) is not None
        if sentences and not (has_words and last_has_words):
            sentences[-1] = Span(sentences[-1].start, sentence.end)
            last_has_words = has_words or last_has_words
        else:
            sentences.append(sentence)
            last_has_words = has_words
    return sentences


def _sentence_ends(part: str, language: str) -> list[int]:
    """Where sentencex sees the sentences end, asked window by window.

    Where quotation marks are never closed, its time grows with the square of the length.
    """
    from sentencex import get_sentence_boundaries

    ends: list[int] = []
    start = 0
    while start < len(part):
        window = part[start : start + _WINDOW]
        found = [boundary["end_index"] for boundary in get_sentence_boundaries(language, window)]
        if start + len(window) < len(part):
            # The last one may go on behind the window.
            found = found[:-1] or [window.rfind(" ") + 1]
        found = [end for end in found if end] or [len(window)]
        ends += [start + end for end in found]
        start = ends[-1]
    return ends


def _line_ends(part: str) -> list[int]:
    """Where a line ends that is a sentence: above an item of a list or a row of a table, and between lines with values.

    A long line with a value is prose if it goes on below.
    """
    starts = [0, *(match.end() for match in LINE_END.finditer(part))]
    return [
        below
        for line, below in pairwise(starts)
        if any(kind.match(part, below) for kind in (LIST_ITEM, ROW))
        or (
            all(LABELLED.match(part, start) for start in (line, below))
            and (below - line <= _SHORT_LINE or ends_sentence(part[line:below]))
        )
    ]


def _goes_on(part: str, end: int) -> bool:
    """Whether a sentence that is said to end there goes on.

    Behind "févr." or "J.-P.", within "U.E." or "J.-C.", and behind the "12." that a line begins with.
    """
    before = max(0, end - 16)
    return (
        _ABBREVIATED.search(part, before, end) is not None
        or _LINE_NUMBER.search(part, before, end) is not None
        or (_INITIAL.search(part, before, end) is not None and _INITIAL_FOLLOWS.match(part, end) is not None)
    )


def _shortened(text: str, sentences: Sequence[Span], count_tokens: TokenCounter, room: int) -> list[tuple[Span, int]]:
    """The sentences with their sizes; one that is longer than `room` is cut after clauses, else between words."""
    sizes = _sizes([text[slice(*sentence)] for sentence in sentences], count_tokens)
    sized: list[tuple[Span, int]] = []
    for sentence, size in zip(sentences, sizes, strict=True):
        pieces = _cut_sentence(text, sentence, -(-4 * size // (3 * room))) if size > room else [sentence]
        if len(pieces) > 1:
            sized += _shortened(text, pieces, count_tokens, room)
        else:
            sized.append((sentence, size))
    return sized


def _cut_sentence(text: str, sentence: Span, count: int) -> list[Span]:
    """A sentence in about `count` pieces of like length, fewer where it has not so many characters."""
    start, end = sentence
    count = min(count, end - start)
    length = (end - start) / count
    cuts = sorted({start, *(_break_near(text, start + length * number, length) for number in range(1, count)), end})
    pieces = (trimmed(text, *borders) for borders in pairwise(cuts))
    return [piece for piece in pieces if piece]


def _break_near(text: str, position: float, length: float) -> int:
    """Where to cut a sentence: after the nearest clause, else word, else between characters.

    Either is looked for within a quarter of a piece's `length`, and then a word within all of it.
    """
    for pattern, reach in (*((pattern, length / 4) for pattern in (*_CLAUSES, _SPACE)), (_SPACE, length)):
        ends = [match.end() for match in pattern.finditer(text, math.ceil(position - reach), int(position + reach))]
        if ends:
            return min(ends, key=lambda end: abs(end - position))
    for split in range(int(position), int(position + length / 4)):
        if unicodedata.category(text[split])[0] != "M":  # An accent stays with its letter.
            return split
    return int(position)

"""Answers in a terminal: the quotes word for word, the sentences that answer in bold where there is colour."""

from __future__ import annotations

import os
import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

from index.answer import Answer, Quote
from index.errors import QuestionError

if TYPE_CHECKING:
    from index.live import LiveIndex

_LINE_END = re.compile(r"\r\n?")
_BOLD, _DIM, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[22m"

# A document must not steer the terminal: control characters are shown as pictures of themselves, the marks that turn
# the direction of writing as a replacement character.
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}
_INVISIBLE = (*range(127, 160), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HARMLESS = _CONTROLS | dict.fromkeys(_INVISIBLE, 0xFFFD)

_TEXTS = {
    "en": {
        "abstention": "The corpus does not say.",
        "nearest": "The nearest passages:",
        "small talk": "At your service! Ask me something, and I will quote the passages that answer it.",
        "paragraph": "paragraph {number}, characters {start}–{end}",
        "confidence": "confidence {confidence:.2f}, {milliseconds:.0f} ms",
    },
    "fr": {
        "abstention": "Le corpus ne le dit pas.",
        "nearest": "Les passages les plus proches :",
        "small talk": "À votre service ! Posez-moi une question, et je citerai les passages qui y répondent.",
        "paragraph": "paragraphe {number}, caractères {start}–{end}",
        "confidence": "confiance {confidence:.2f}, {milliseconds:.0f} ms",
    },
}


def print_answer(answer: Answer, out: TextIO) -> None:
    """Print an answer: quotes behind `> `, each with its place under it."""
    texts = _TEXTS[answer.language]
    coloured = out.isatty() and "NO_COLOR" not in os.environ
    if answer.kind == "small talk":
        print(texts["small talk"], file=out)
        return
    if not answer.answered:
        print(texts["abstention"], file=out)
        if answer.nearest:
            print(texts["nearest"], file=out)
    for quote in answer.quotes or answer.nearest:
        place = texts["paragraph"].format(number=quote.paragraph, start=quote.start, end=quote.end)
        origin = " · ".join(part for part in (quote.title, quote.heading, quote.document, place, quote.source) if part)
        print(f"\n{_quoted(quote, coloured)}\n  — {_dimmed(harmless(origin), coloured)}", file=out)
    note = texts["confidence"].format(confidence=answer.confidence, milliseconds=answer.elapsed_ms)
    print(f"\n{_dimmed(note, coloured)}", file=out, flush=True)


def converse(index: LiveIndex, questions: TextIO, out: TextIO) -> int:
    """Answer questions, a line each, until they end; returns how many lines were read."""
    asked: list[str] = []
    prompting = questions.isatty()
    lines = 0
    while True:
        if prompting:
            print("\n? ", end="", file=out, flush=True)
        line = questions.readline()
        if not line:
            break
        lines += 1
        if not line.strip():
            continue
        try:
            print_answer(index.ask(line.strip(), previous=asked), out)
            asked.append(line.strip())
        except QuestionError as error:
            print(str(error), file=sys.stderr, flush=True)
    return lines


def harmless(text: str) -> str:
    """The text without what would steer a terminal: control characters and turns of the writing direction are seen."""
    return text.translate(_HARMLESS)


def _quoted(quote: Quote, coloured: bool) -> str:
    lit = [place for highlight in quote.highlights for place in (highlight.start, highlight.end)] if coloured else []
    cuts = [place - quote.start for place in (quote.start, *lit, quote.end)]
    parts = [harmless(_LINE_END.sub("\n", quote.text[start:end])) for start, end in pairwise(cuts)]
    parts[1::2] = [f"{_BOLD}{part}{_OFF}" for part in parts[1::2]]
    return "> " + "".join(parts).replace("\n", "\n> ")


def _dimmed(text: str, coloured: bool) -> str:
    return f"{_DIM}{text}{_OFF}" if coloured else text

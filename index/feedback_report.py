"""What the feedback tells: opinions line by line, unanswered questions in groups, and questions to measure with."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from index.feedback import Verdict

SAME_QUESTION = 80.0
"""Likeness, out of 100, from which two questions count as the same (rapidfuzz, words in any order)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask the same: the newest one stands for `count` of them."""

    question: str
    count: int


def lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """A line an opinion: when, what, the question, what was quoted, and the reason."""
    for verdict in verdicts:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(verdict.judged_at))
        quotes = verdict.answer.quotes
        shown = ", ".join(f"{_on_one_line(quote.document)} ¶{quote.paragraph}" for quote in quotes) or "no answer"
        reason = f" — {_on_one_line(verdict.reason)}" if verdict.reason else ""
        mark = "helpful    " if verdict.helpful else "not helpful"
        yield f"{when}  {mark}  {_on_one_line(verdict.answer.question)}  [{shown}]{reason}"


def grouped(questions: Iterable[str]) -> list[Group]:
    """Questions grouped by likeness, the largest group first."""
    from rapidfuzz import fuzz, process

    groups: dict[str, list[str]] = {}
    for question in questions:
        key = _folded(question)
        match = process.extractOne(key, groups.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=SAME_QUESTION)
        groups.setdefault(match[0] if match else key, []).append(question)
    found = [Group(_on_one_line(members[0]), len(members)) for members in groups.values()]
    return sorted(found, key=lambda group: -group.count)


def eval_rows(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    """The answers that were only called helpful, as questions with known answers for `eval`.

    The sentences that were lit up in the first quote are the gold; an abstention called helpful has none. Follow-ups
    are left out: they cannot be asked alone.
    """
    opinions: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        opinions.setdefault(verdict.answer.id, []).append(verdict)
    for answer_id, given in opinions.items():
        answer = given[0].answer
        if given[0].previous or answer.kind == "small talk" or not all(verdict.helpful for verdict in given):
            continue
        first = answer.quotes[:1]
        gold = [
            {"document": quote.document, "text": text}
            for quote in first
            for text in [highlight.text for highlight in quote.highlights] or [quote.text]
        ]
        yield {"id": answer_id, "lang": answer.language, "question": answer.question, "gold": gold}


def _folded(question: str) -> str:
    decomposed = unicodedata.normalize("NFKD", question.casefold())
    letters = (c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


def _on_one_line(text: str) -> str:
    """Text of strangers for a terminal: no line breaks, no control characters."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())

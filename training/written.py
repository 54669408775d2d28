"""The documents and questions that were written to be learnt from, cut as the index cuts them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from index.documents import Document, corpus_files, read_document
from index.evaluation import Gold, KnownQuestion, read_questions
from index.paragraphs import Span
from index.passages import TokenCounter, cut

FOLDER = Path(__file__).parent / "questions"

_MOST_TOKENS = 500

Place = tuple[int, int]
"""A passage's number in its document, and a sentence's in it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the sentences that answer it."""

    question: str
    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """A document's passages as they are embedded, the sentences of each, and the questions that it answers."""

    passages: list[str]
    sentences: dict[Place, str]
    questions: list[Asked]


def read_written(count_tokens: TokenCounter, folder: Path = FOLDER) -> list[WrittenDocument]:
    """Read the documents, each with the questions that it answers."""
    answerable: dict[str, list[KnownQuestion]] = defaultdict(list)
    for known in read_questions(folder / "questions.jsonl"):
        if known.gold:
            answerable[known.gold[0].document].append(known)
    written = []
    for name, path in corpus_files(folder / "corpus"):
        document = read_document(name, path)
        passages = cut(document, count_tokens, _MOST_TOKENS)
        spans = {
            (number, place): span
            for number, passage in enumerate(passages)
            for place, span in enumerate(passage.sentences)
        }
        questions = [
            Asked(
                known.question,
                frozenset(at for at, span in spans.items() if any(_holds(document, span, gold) for gold in known.gold)),
            )
            for known in answerable[name]
        ]
        sentences = {at: document.text[span.start : span.end] for at, span in spans.items()}
        written.append(WrittenDocument([passage.embedded_text for passage in passages], sentences, questions))
    return written


def _holds(document: Document, sentence: Span, gold: Gold) -> bool:
    """Whether a sentence and the gold text share at least half of the shorter of the two."""
    start = document.text.index(gold.text)
    end = start + len(gold.text)
    shorter = min(end - start, sentence.end - sentence.start)
    return min(end, sentence.end) - max(start, sentence.start) >= shorter / 2

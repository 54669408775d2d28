"""The documents and questions that were written to be learnt from, cut as the index cuts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.documents import Document, read_document
from index.evaluation import Gold, read_documents_with_questions
from index.paragraphs import Span
from index.passages import TokenCounter, cut

FOLDER = Path(__file__).parent / "questions"
ARTICLES = Path(__file__).parent / "articles"
"""Longer documents, whose paragraphs are near misses of each other; both models learn from them as well."""
HELD_OUT = Path(__file__).parent / "held_out"
"""From these the cross-encoder does not learn, so that what reading counts can be fitted to them."""

_MOST_TOKENS = 500

Place = tuple[int, int]
"""A passage's number in its document, and a sentence's in it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question asked of one passage; `right` are the positions of the sentences that answer, none where none does."""

    question: str
    context: str
    sentences: list[str]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the sentences that answer it; none where the document has no answer."""

    question: str
    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """A document's passages as they are embedded, their contexts, the sentences of each, and the questions about it."""

    passages: list[str]
    contexts: list[str]
    sentences: dict[Place, str]
    questions: list[Asked]

    def example(self, asked: Asked, passage: int) -> Example:
        """A question of this document asked of one of its passages."""
        sentences = [text for (number, _), text in self.sentences.items() if number == passage]
        right = frozenset(place for number, place in asked.places if number == passage)
        return Example(asked.question, self.contexts[passage], sentences, right)


def read_written(count_tokens: TokenCounter, folder: Path) -> list[WrittenDocument]:
    """Read the documents, each with the questions about it."""
    written = []
    for name, path, questions in read_documents_with_questions(folder):
        document = read_document(name, path)
        passages = cut(document, count_tokens, _MOST_TOKENS)
        spans = {
            (number, place): span
            for number, passage in enumerate(passages)
            for place, span in enumerate(passage.sentences)
        }
        asked = [
            Asked(
                known.question,
                frozenset(at for at, span in spans.items() if any(_holds(document, span, gold) for gold in known.gold)),
            )
            for known in questions
        ]
        sentences = {at: document.text[span.start : span.end] for at, span in spans.items()}
        contexts = [passage.context for passage in passages]
        written.append(WrittenDocument([p.embedded_text for p in passages], contexts, sentences, asked))
    return written


def _holds(document: Document, sentence: Span, gold: Gold) -> bool:
    """Whether a sentence and the gold text share at least half of the shorter of the two."""
    start = document.text.index(gold.text)
    end = start + len(gold.text)
    shorter = min(end - start, sentence.end - sentence.start)
    return min(end, sentence.end) - max(start, sentence.start) >= shorter / 2

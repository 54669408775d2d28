"""What an answer is. How one is made, `answering.py` says.

The dataclasses here are all that the bot and the terminal know of the index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["answer", "abstention", "small talk"]


@dataclass(frozen=True, slots=True)
class Highlight:
    """A sentence of a quote that answers; `start` and `end` are offsets in the document, not in the quote."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of a document: `text` is the document's text from `start` to `end` (characters, end excluded).

    `document` is the file's path inside the corpus, with `/`; `paragraph` is the passage's number in the document,
    from 1; `heading` is the section it stands under; `source` is a URL, and it, `date` and `heading` may be empty.
    """

    document: str
    title: str
    source: str
    date: str
    language: str
    heading: str
    paragraph: int
    start: int
    end: int
    text: str
    highlights: tuple[Highlight, ...]
    score: float

    def as_dict(self) -> dict[str, object]:
        """The quote as the command line prints it."""
        return {
            "document": self.document,
            "title": self.title,
            "source": self.source,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "highlights": [{"start": h.start, "end": h.end, "text": h.text} for h in self.highlights],
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes that answer a question, or, when `kind` is not "answer", the nearest passages instead.

    `confidence` is between 0 and 1 and comparable between answers of one index; `language` is that of the question
    ("en" or "fr"); `stages` holds milliseconds by stage of the work.
    """

    id: str
    question: str
    kind: Kind
    language: str
    confidence: float
    quotes: tuple[Quote, ...]
    nearest: tuple[Quote, ...]
    generation: str
    elapsed_ms: float
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether the corpus answers."""
        return self.kind == "answer"

    def as_dict(self) -> dict[str, object]:
        """The answer as the command line prints it."""
        return {
            "id": self.id,
            "question": self.question,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "quotes": [quote.as_dict() for quote in self.quotes],
            "nearest": [quote.as_dict() for quote in self.nearest],
            "generation": self.generation,
            "elapsed_ms": round(self.elapsed_ms, 2),
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A document of the index, as `/sources` lists it."""

    document: str
    title: str
    source: str
    date: str
    language: str
    passages: int


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What `/about` and `stats` tell of the current generation; `created` is in seconds since the epoch."""

    generation: str
    created: float
    documents: int
    passages: int
    sentences: int
    model: str
    bytes_on_disk: int

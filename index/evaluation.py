"""Measures answers on questions with known answers: what is found, lit up, answered, and falsely answered."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.answer import Quote
from index.documents import corpus_files
from index.errors import VerbatimError

if TYPE_CHECKING:
    from index.content import StoredPassage
    from index.live import LiveIndex

_HITS_AT = 3


@dataclass(frozen=True, slots=True)
class Gold:
    """A text that answers: a quote of this document that holds it is right."""

    document: str
    text: str


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question with the texts that answer it; none when the corpus has no answer."""

    id: str
    language: str
    question: str
    gold: tuple[Gold, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went; the ranks of what was found are those of quotes, or of the nearest passages."""

    language: str
    answerable: bool
    answered: bool
    confidence: float
    hit_1: bool
    hit_3: bool
    lit: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares between 0 and 1, None where no question of that kind was asked.

    `hit_1`, `hit_3`: a right passage is first, or among the first three, whether or not it was given as the answer.
    `highlight`: a lit sentence of the first quote overlaps the gold text by at least half of the shorter of the two.
    `answered`: answerable questions that were answered; `false_answers`: unanswerable ones that were.
    `auroc`: how often an answerable question has a higher confidence than an unanswerable one.
    """

    questions: int
    hit_1: float | None
    hit_3: float | None
    highlight: float | None
    answered: float | None
    false_answers: float | None
    auroc: float | None
    median_ms: float

    def as_dict(self) -> dict[str, float | None]:
        """The scores by name, rounded as they are printed."""
        return {
            name: None if (value := getattr(self, name)) is None else round(value, 4)
            for name in self.__dataclass_fields__
        }


def read_questions(path: Path) -> list[KnownQuestion]:
    """The questions of a `.jsonl` file; raises `VerbatimError` that names the line which is not one."""
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise VerbatimError(f"{path} cannot be read: {error}.", "Give a .jsonl file of questions.") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            gold = tuple(Gold(str(entry["document"]), str(entry["text"])) for entry in row["gold"])
            language = str(row.get("lang", ""))
            questions.append(KnownQuestion(str(row.get("id", number)), language, str(row["question"]), gold))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise VerbatimError(
                f"Line {number} of {path} is not a question with a known answer.",
                'It should read: {"id": "1", "lang": "en", "question": "…", "gold": [{"document": "…", "text": "…"}]}',
            ) from error
    if not questions:
        raise VerbatimError(f"{path} holds no questions.", "Give a .jsonl file with a question a line.")
    return questions


def read_documents_with_questions(folder: Path) -> list[tuple[str, Path, list[KnownQuestion]]]:
    """The name and path of each document of a set, and the questions about it.

    These are the ones whose id is its name without folder and ending, then `-` and a number. Raises `VerbatimError` for
    a question about no document, and for two documents of one name.
    """
    documents = [(name, path, list[KnownQuestion]()) for name, path in corpus_files(folder / "corpus")]
    about = {path.stem: questions for _, path, questions in documents}
    if len(about) < len(documents):
        raise VerbatimError(
            f"Two documents of {folder} have the same name but for folder and ending.", "Rename one of them."
        )
    for known in read_questions(folder / "questions.jsonl"):
        document = known.id.rpartition("-")[0]
        if document not in about:
            raise VerbatimError(
                f"{known.id} is a question about no document.", "Let its id begin with a document's name, then -."
            )
        about[document].append(known)
    return documents


def measure(index: LiveIndex, questions: Iterable[KnownQuestion]) -> list[Outcome]:
    """Ask every question; the milliseconds are those of `ask` alone."""
    outcomes = []
    for known in questions:
        answer = index.ask(known.question, question_id=known.id)
        # By rank: the second quote of an answer may be the third passage.
        ranked = index.more(known.question, skip=0, limit=_HITS_AT) if known.gold else ()
        hits = [any(holds(quote, gold) for gold in known.gold) for quote in ranked]
        outcomes.append(
            Outcome(
                language=known.language,
                answerable=bool(known.gold),
                answered=answer.answered,
                confidence=answer.confidence,
                hit_1=any(hits[:1]),
                hit_3=any(hits),
                lit=any(is_lit(quote, gold) for quote in ranked[:1] for gold in known.gold),
                milliseconds=answer.elapsed_ms,
            )
        )
    return outcomes


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The scores over some outcomes, of which there must be one."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    return Scores(
        questions=len(outcomes),
        hit_1=_share([outcome.hit_1 for outcome in answerable]),
        hit_3=_share([outcome.hit_3 for outcome in answerable]),
        highlight=_share([outcome.lit for outcome in answerable]),
        answered=_share([outcome.answered for outcome in answerable]),
        false_answers=_share([outcome.answered for outcome in unanswerable]),
        auroc=_auroc([o.confidence for o in answerable], [o.confidence for o in unanswerable]),
        median_ms=statistics.median(outcome.milliseconds for outcome in outcomes),
    )


def table(scores: dict[tuple[str, str], Scores]) -> str:
    """The scores by (set, language) as aligned lines of text."""
    rows: list[tuple[str, ...]] = [
        ("set", "lang", "questions", "hit@1", "hit@3", "highlight", "answered", "false answers", "AUROC", "ms")
    ]
    for (name, language), line in scores.items():
        shares = (line.hit_1, line.hit_3, line.highlight, line.answered, line.false_answers, line.auroc)
        cells = ["–" if share is None else f"{share:.3f}" for share in shares]
        rows.append((name, language, str(line.questions), *cells, f"{line.median_ms:.1f}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def by_language(name: str, outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Scores]:
    """The scores of a set, a line a language, and one for all where there are several."""
    languages = sorted({outcome.language for outcome in outcomes})
    scores = {
        (name, language): score([outcome for outcome in outcomes if outcome.language == language])
        for language in languages
    }
    return scores if len(languages) == 1 else {**scores, (name, "all"): score(outcomes)}


def holds(passage: Quote | StoredPassage, gold: Gold) -> bool:
    """Whether a passage or quote is of the gold text's document and holds the text, to the letter."""
    return gold.document == passage.document and gold.text in passage.text


def lights(passage: Quote | StoredPassage, start: int, end: int, gold: Gold) -> bool:
    """Whether a stretch of a passage and the gold text that it holds share at least half of the shorter of the two."""
    gold_start = passage.start + passage.text.index(gold.text)
    gold_end = gold_start + len(gold.text)
    return min(gold_end, end) - max(gold_start, start) >= min(gold_end - gold_start, end - start) / 2


def is_lit(quote: Quote, gold: Gold) -> bool:
    """Whether a highlight of a quote and the gold text share at least half of the shorter of the two."""
    return holds(quote, gold) and any(lights(quote, lit.start, lit.end, gold) for lit in quote.highlights)


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    if not positive or not negative:
        return None
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return wins / (len(positive) * len(negative))

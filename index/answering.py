"""How an answer is made: choose the quotes, light up the sentences that answer, or abstain."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice

import numpy as np

from index.answer import Answer, Highlight, Kind, Quote
from index.calibration import Weights, is_doubtful, passage_log_odds
from index.content import StoredPassage
from index.embedding import Embedder, Vectors
from index.language import detect_question
from index.paragraphs import Span
from index.questions import cleaned, context_of, is_small_talk, names_nothing
from index.search import Candidate, Reader, Searcher

_SHOWN = 3
# So near to the best one's score another passage may as well be the one that answers, and is quoted beside it.
_NEARLY_AS_HIGH = 0.02
# No weight was fitted to a corpus of one passage; where there are more, right ones lead by about as much.
_LEAD_WHEN_ALONE = 0.1
# Beside a doubtful best one: what reads so much better may make up for it.
_NEAR_ENOUGH_TO_READ = 0.042
# What the log-odds that were read count beside the score.
_READING_COUNTS = 0.017
_REMEMBERED = 512

# Two passages that share so much of their words say the same; so many of them are looked past for what is distinct.
_SAME = 0.9
_ALIKE_AT_MOST = 5

# How far below the best sentence's log-odds a second one is still lit.
_NEARLY = 3.0

Read = Callable[[str, str, Sequence[str]], Vectors]
"""How a passage is read: see `CrossEncoder.read`."""


class Answerer:
    """Answers questions from one generation. Not safe to call from several threads at once."""

    def __init__(self, reader: Reader, embedder: Embedder, generation: str) -> None:
        """`reader` and `embedder` must be of the same model."""
        from index.cross_encoder import cross_encoder  # It imports torch, which commands that only look do without.

        self._read = cross_encoder().read
        self._weights = reader.weights
        self._searcher = Searcher(reader, embedder)
        self._generation = generation
        # As in `Searcher`, nothing that `self` holds may hold it.
        self._found = lru_cache(maxsize=_REMEMBERED)(partial(Answerer._find, weakref.proxy(self)))
        self._stages: dict[str, float] = {}

    def ask(self, question: str, *, previous: Sequence[str] = (), question_id: str = "") -> Answer:
        """Answer one question; `previous` holds the questions before it in the conversation, oldest first.

        Raises `QuestionError` for what is no question at all.
        """
        started = time.perf_counter()
        text = cleaned(question)
        context = context_of(text, previous)
        self._stages = {}
        kind: Kind = "small talk"
        found: tuple[Quote, ...] = ()
        answering: list[Quote] = []
        confidence = 0.0
        if not is_small_talk(text) and (context or not names_nothing(text)):
            found, sure = self._found(text, context, _SHOWN)
            confidence = sure[0]
            if confidence >= self._weights.threshold:
                answering = [
                    quote
                    for quote, probability in zip(found, sure, strict=True)
                    if probability >= self._weights.threshold and quote.score >= found[0].score - _NEARLY_AS_HIGH
                ]
            kind = "answer" if answering else "abstention"
        return Answer(
            id=question_id,
            question=question,
            kind=kind,
            language=detect_question(text),
            confidence=confidence,
            quotes=tuple(answering),
            nearest=() if answering else found,
            generation=self._generation,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            stages=self._stages,
        )

    def more(self, question: str, *, previous: Sequence[str] = (), skip: int, limit: int) -> tuple[Quote, ...]:
        """The passages that come after the first `skip`, by rank."""
        text = cleaned(question)
        found, _ = self._found(text, context_of(text, previous), max(skip + limit, _SHOWN))
        return found[skip : skip + limit]

    def _find(self, text: str, context: str, limit: int) -> tuple[tuple[Quote, ...], tuple[float, ...]]:
        """The best passages as quotes, and the probability of each that it answers."""
        started = time.perf_counter()
        query = self._searcher.query(text, context)
        embedded = time.perf_counter()
        candidates = list(islice(distinct(self._searcher.candidates(query, limit + _ALIKE_AT_MOST)), limit))
        searched = time.perf_counter()
        judged = judge(query.text, candidates, self._weights, self._read)
        self._stages = {
            "embed": (embedded - started) * 1000,
            "search": (searched - embedded) * 1000,
            "judge": (time.perf_counter() - searched) * 1000,
        }
        quotes = tuple(
            quote_of(each.candidate.passage, score=each.candidate.score, sentences=lit_sentences(each.sentence_scores))
            for each in judged
        )
        return quotes, tuple(each.probability for each in judged)


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with the probability that it answers, and how likely each sentence is the one that does.

    `lead` is that before anything was read.
    """

    candidate: Candidate
    lead: float
    probability: float
    sentence_scores: Vectors


def judge(question: str, candidates: Sequence[Candidate], weights: Weights, read: Read) -> list[Judged]:
    """Judge the candidates, of which the best is first; where that is doubtful, what is read says which one is."""
    judged = unread(candidates, weights)
    doubtful = read_doubtful(question, judged, read)
    return [*(_when_read(each, found, weights) for each, found in doubtful), *judged[len(doubtful) :]]


def unread(candidates: Sequence[Candidate], weights: Weights) -> list[Judged]:
    """The candidates, best first, as they are judged before any is read."""
    judged = []
    for position, candidate in enumerate(candidates):
        lead = lead_of(candidates, position)
        probability = weights.probability(candidate.signals, lead)
        judged.append(Judged(candidate, lead, probability, weights.sentence_scores(candidate.sentences)))
    return judged


def lead_of(candidates: Sequence[Candidate], position: int) -> float:
    """How far a candidate ranks above the next one or, below zero, behind the best, which is first."""
    if len(candidates) == 1:
        return _LEAD_WHEN_ALONE
    other = 0 if position else 1
    return candidates[position].score - candidates[other].score


def read_doubtful(question: str, judged: Sequence[Judged], read: Read) -> list[tuple[Judged, Vectors]]:
    """The best one where that is doubtful, and the next where it ranks not much lower, with what was found in each.

    The one that reads more like an answer is first, and has the higher score.
    """
    best = judged[0]
    if not is_doubtful(best.probability, best.candidate.signals):
        return []
    near = [each for each in judged[:2] if each.candidate.score >= best.candidate.score - _NEAR_ENOUGH_TO_READ]
    found = [read(question, each.candidate.passage.context, each.candidate.passage.sentence_texts) for each in near]
    doubtful = sorted(
        zip(near, found, strict=True),
        key=lambda entry: -entry[0].candidate.score - _READING_COUNTS * passage_log_odds(entry[1]),
    )
    scores = [each.candidate.score for each in near]
    return [
        (replace(each, candidate=replace(each.candidate, score=score)), seen)
        for (each, seen), score in zip(doubtful, scores, strict=True)
    ]


def _when_read(judged: Judged, found: Vectors, weights: Weights) -> Judged:
    return replace(
        judged,
        probability=weights.probability_when_read(
            judged.probability, judged.sentence_scores, found, judged.candidate.signals, judged.lead
        ),
        sentence_scores=judged.sentence_scores + weights.sentence["read"] * found,
    )


def distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates without those that say nearly the same as a better one, word for word."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_same(candidate.words, other.words) for other in kept):
            kept.append(candidate)
            yield candidate


def _same(some: frozenset[str], others: frozenset[str]) -> bool:
    fewer, more = sorted((len(some), len(others)))
    return fewer >= _SAME * more and len(some & others) >= _SAME * len(some | others)


def lit_sentences(scores: Vectors) -> list[int]:
    """The positions of the sentences that answer: the best one, and a second one that is nearly as good."""
    order = np.argsort(-scores)
    close = [int(position) for position in order[1:2] if scores[order[0]] - scores[position] <= _NEARLY]
    return [int(order[0]), *close]


def quote_of(passage: StoredPassage, *, score: float = 0.0, sentences: Iterable[int] = ()) -> Quote:
    """A passage as a quote, with the sentences at these positions lit up."""
    return Quote(
        document=passage.document,
        title=passage.title,
        source=passage.source,
        date=passage.date,
        language=passage.language,
        heading=passage.heading,
        paragraph=passage.number,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        highlights=tuple(_highlight(passage, passage.sentences[position]) for position in sorted(sentences)),
        score=score,
    )


def _highlight(passage: StoredPassage, span: Span) -> Highlight:
    text = passage.text[span.start - passage.start : span.end - passage.start]
    return Highlight(span.start, span.end, text)

"""What the signals of a candidate are worth: for its rank, for its sentences, and for the probability that it answers.

The weights are in `weights.json`, made by `fit.py` from questions with known answers, and travel with the index.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import BUILD_COMMAND, DamagedIndexError

Vectors = NDArray[np.float32]

DEFAULT_WEIGHTS = Path(__file__).parent / "weights.json"


@dataclass(frozen=True, slots=True)
class Signals:
    """What was measured of a passage for a question, each between about 0 and 1.

    `cosine`: the question to the passage; `sentence_cosine`: to the nearest of its sentences; `bm25`: the share of the
    most that BM25 could give. A match is the share of the question's information that is found, by the words
    themselves or by some that mean the same: in the whole passage and its title (`match`), in the sentence that has
    most of it (`sentence_match`). `best_cosine` and `best_match` are those of the sentence that is likeliest the
    answer; `weakest` is the match of the term that is found least, `known` the share of terms the corpus has at all.

    `kind` is 1 when the question asks for a number, a date or an age and that sentence has one, -1 when it has none,
    else 0.
    `introduces` is 1 for the first passage of its document to name what a question asks the meaning of, else 0.
    `crosses` is 1 when the question is in another language than the passage, so that fewer of its words can be found;
    `terms` is the logarithm of the number of the question's terms, of which a short question has all or nothing.

    `context_match` and `text_match` are the matches in the title and heading alone, and in the text alone;
    `rest_match` is the share that the text has of what title and heading leave open: all sections of an act have the
    title that was asked about, and one of them has the rest.
    """

    cosine: float
    bm25: float
    sentence_cosine: float
    sentence_match: float
    match: float
    best_cosine: float
    best_match: float
    weakest: float
    known: float
    kind: float
    introduces: float
    crosses: float
    terms: float
    context_match: float
    text_match: float
    rest_match: float


RANKING = ("cosine", "sentence_cosine", "introduces", "context_match", "text_match", "rest_match")
SENTENCE = ("cosine", "match", "kind")
CONFIDENCE = ("score", "lead", *Signals.__dataclass_fields__)
READING = ("log_odds", "read", "agreed", "sentences", *CONFIDENCE)
DOUBT = (0.01, 0.95)
"""From which to which probability it is doubtful whether a passage answers."""


def _terms(names: Sequence[str]) -> tuple[str, ...]:
    """A bias, each name, and each product of two."""
    return ("bias", *names, *(f"{one} * {other}" for one, other in combinations_with_replacement(names, 2)))


CONFIDENCE_TERMS = _terms(CONFIDENCE)
READING_TERMS = _terms(READING)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights by signal; `threshold` is the least probability that is an answer.

    `confidence` has two signals of its own: the `score` by which a candidate is ranked, and its `lead` over the next
    best one (below zero for those that are not the best), before any was read. What one signal says depends on the
    others, so each product of two has a weight as well, and there is a `bias`. `reading` has the same for a passage
    that was read: beside these signals the `log_odds` before; those that were `read` of any of its sentences, and those
    that were `agreed` on, of the sentence that was likeliest before; and the logarithm of how many `sentences` it has.
    `sentence` has a weight for what was `read` of each.
    """

    ranking: dict[str, float]
    sentence: dict[str, float]
    confidence: dict[str, float]
    reading: dict[str, float]
    threshold: float

    def rank(self, signals: Signals) -> float:
        """What a candidate is ranked by."""
        return sum(self.ranking[name] * float(getattr(signals, name)) for name in RANKING)

    def sentence_scores(self, signals: Vectors) -> Vectors:
        """How likely each sentence of a passage is the one that answers, by its signals in the order of `SENTENCE`.

        `signals` has the shape (signals, sentences), what comes back (sentences,).
        """
        return np.asarray([self.sentence[name] for name in SENTENCE], dtype=np.float32) @ signals

    def confidence_values(self, signals: Signals, lead: float) -> list[float]:
        """What the confidence is made of, in the order of `CONFIDENCE`."""
        return [self.rank(signals), lead, *(float(getattr(signals, name)) for name in Signals.__dataclass_fields__)]

    def probability(self, signals: Signals, lead: float) -> float:
        """The probability that a passage with these signals answers."""
        return _probability(self.confidence, CONFIDENCE_TERMS, self.confidence_values(signals, lead))

    def reading_values(
        self, probability: float, sentence_scores: Vectors, read: Vectors, signals: Signals, lead: float
    ) -> list[float]:
        """What the probability of a passage that was read is made of, in the order of `READING`.

        `read` is what the cross-encoder found of each of its sentences; `sentence_scores` and `probability` are those
        before it was read.
        """
        return [
            log_odds(probability),
            passage_log_odds(read),
            float(read[sentence_scores.argmax()]),
            math.log(len(read)),
            *self.confidence_values(signals, lead),
        ]

    def probability_when_read(
        self, probability: float, sentence_scores: Vectors, read: Vectors, signals: Signals, lead: float
    ) -> float:
        """The probability of a passage that was read; the arguments are those of `reading_values`."""
        values = self.reading_values(probability, sentence_scores, read, signals, lead)
        return _probability(self.reading, READING_TERMS, values)


def _probability(weights: dict[str, float], terms: Sequence[str], values: Sequence[float]) -> float:
    """The logistic function of a bias, the values and their products of two, as `terms` names them."""
    products = (one * other for one, other in combinations_with_replacement(values, 2))
    found = zip(terms, (1.0, *values, *products), strict=True)
    return _logistic(sum(weights[name] * value for name, value in found))


def is_doubtful(probability: float, signals: Signals) -> bool:
    """Whether a passage is to be read before it is said to answer, or not to.

    One is never sure of it where a number, a date or an age is asked for and the likeliest sentence has none.
    """
    least, most = DOUBT
    return probability >= least and (probability <= most or signals.kind < 0)


def passage_log_odds(read: Vectors) -> float:
    """The log-odds that a passage answers, of those that each of its sentences does."""
    return float(np.logaddexp.reduce(read))


def log_odds(probability: float) -> float:
    """The inverse of the logistic function."""
    return math.log(probability / (1 - probability))


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def read_weights(path: Path = DEFAULT_WEIGHTS) -> Weights:
    """Read the weights; raises `DamagedIndexError` when the file does not hold them."""
    try:
        weights = Weights(**json.loads(path.read_text("utf-8")))
        groups = (
            (weights.ranking, RANKING),
            (weights.sentence, (*SENTENCE, "read")),
            (weights.confidence, CONFIDENCE_TERMS),
            (weights.reading, READING_TERMS),
        )
        if not all(math.isfinite(group[name]) for group, names in groups for name in names):
            raise ValueError(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedIndexError(f"{path} does not hold the weights it should.", BUILD_COMMAND) from error
    return weights

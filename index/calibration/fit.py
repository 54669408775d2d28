"""Makes `weights.json` from questions with known answers.

    python -m index.calibration.fit FOLDER … --translated FOLDER … --complete FOLDER … --titled FOLDER …
        --alone FOLDER … --everyday FILE --work DIR

Each folder is an evaluation set (`corpus/` and `questions.jsonl`). Beside its own questions every corpus is asked some
of the other sets', which it cannot answer; and parts of it, each a few documents, are asked its questions once more.
Sets that `python -m training crossing` translated show what questions in another language look like; the threshold is
set without them. In sets that name every passage that answers, each question is asked once more without these: it has
lost its answer. Sets without titles are asked once more with those that their files' names make (`--titled`). Last,
doubtful passages are read, and what that counts for is fitted beside the other signals. Documents that are a corpus of
their own are asked the questions about them (`--alone`): for what reading counts, as some come near without an answer,
for the ranking, and a little for the confidence. So are a few questions about the others, and of the `--everyday` ones.
Nothing is embedded anew when the weights change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from index.answering import Read, judge, lead_of, read_doubtful, unread
from index.calibration import (
    CONFIDENCE,
    CONFIDENCE_TERMS,
    DEFAULT_WEIGHTS,
    RANKING,
    READING,
    READING_TERMS,
    SENTENCE,
    Signals,
    Weights,
)
from index.calibration.asking import Asked, ask_sets, name_sets
from index.cross_encoder import cross_encoder
from index.errors import VerbatimError
from index.evaluation import holds, lights
from index.reporting import reporting
from index.search import Candidate
from index.settings import BUILTIN_MODEL

MOST_FALSE_ANSWERS = 0.05
MOST_FALSE_ANSWERS_IN_A_SET = 0.1

# With less of it the ranking gains on laws what it loses on encyclopedia paragraphs.
L2 = 1.5
LOGISTIC_C = 0.02
# A question that lost its answer here may have another after all, and there are many of them.
LOST_COUNTS = 0.2
# Before anything is read. With more of it fewer near misses are answered, and fewer questions of the other sets.
ALONE_COUNTS = 0.06
# What has nothing to do with a document, beside what is about it.
STRANGE_COUNTS = 0.2
# What reading counts is not fitted to passages that were less likely to answer than this before they were read: there
# are so many of them that fewer questions would be answered.
LEAST_FITTED = 0.05

Row = Sequence[float]
Values = NDArray[np.float64]
Choice = tuple[NDArray[np.floating], NDArray[np.bool_], float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the weights to the given sets and write them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m index.calibration.fit", description=__doc__)
    name_sets(parser)
    parser.add_argument("--model", default=BUILTIN_MODEL)
    parser.add_argument("--out", type=Path, default=DEFAULT_WEIGHTS)
    options = parser.parse_args(arguments)
    asked, alone = ask_sets(parser, options, options.model)
    weights = fit(asked, alone, remembering(cross_encoder().read))
    text = json.dumps(asdict(weights), indent=1, default=float) + "\n"
    options.out.write_text(text, "utf-8")
    sys.stdout.write(text)
    return 0


def fit(asked: Sequence[Asked], alone: Sequence[Asked], read: Read) -> Weights:
    """The weights that tell right passages, sentences and answers from wrong ones.

    What was asked of documents `alone` says how to rank and what reading counts, beside the rest; for the confidence
    before that it counts little.
    """
    whole = [question for question in asked if not (question.varied or question.lost)]
    if all(question.answerable or question.translated for question in whole):
        raise VerbatimError("Every question has an answer: no threshold can be set.", "Give questions with empty gold.")
    ranking = _choosing(RANKING, _passage_choices([*whole, *alone]))
    total = sum(ranking.values())
    ranking = {name: round(weight / total, 4) for name, weight in ranking.items()}
    sentence = _choosing(SENTENCE, _sentence_choices([*whole, *alone]))
    weights = Weights(ranking, sentence, confidence={}, reading={}, threshold=1.0)
    weights = _with_confidence(weights, [*asked, *alone])
    weights = _with_reading(weights, [*asked, *alone], read)
    untranslated = [question for question in whole if not question.translated]
    return replace(weights, threshold=_threshold(weights, untranslated, read))


def remembering(read: Read) -> Read:
    """The same, but no passage is read twice for a question."""
    remembered = cache(read)
    return lambda question, context, sentences: remembered(question, context, tuple(sentences))


def _passage_choices(asked: Sequence[Asked]) -> Iterator[Choice]:
    """For each answerable question the signals of its candidates, and which are right."""
    sizes = Counter(question.source for question in asked)
    for question in asked:
        rows = [_row(candidate.signals, RANKING) for candidate, _ in question.candidates]
        yield (
            np.array(rows),
            np.array([is_right for _, is_right in question.candidates]),
            sizes[question.source] ** -0.5,
        )


def _sentence_choices(asked: Sequence[Asked]) -> Iterator[Choice]:
    """For each right passage the signals of its sentences, and which hold the answer."""
    for question in asked:
        for candidate, is_right in question.candidates:
            if is_right:
                passage = candidate.passage
                gold = [entry for entry in question.known.gold if holds(passage, entry)]
                lit = [any(lights(passage, *span, entry) for entry in gold) for span in passage.sentences]
                yield candidate.sentences.T, np.array(lit), 1.0


def _choosing(names: Sequence[str], choices: Iterable[Choice]) -> dict[str, float]:
    """The weights under which a right row is likeliest to come first of all; a row's score is then its log-odds.

    A choice counts by its weight; one with nothing right, or nothing wrong, says nothing.
    """
    telling = [(rows, right, weight) for rows, right, weight in choices if right.any() and not right.all()]
    if not telling:
        raise VerbatimError("No question has right and wrong candidates: nothing can be fitted.", "Give more texts.")
    scale = np.concatenate([rows for rows, _, _ in telling]).std(axis=0) + 1e-9
    telling = [(rows / scale, right, weight) for rows, right, weight in telling]

    def loss(weights: Values) -> tuple[float, Values]:
        total, slope = L2 * float(weights @ weights), 2 * L2 * weights
        for rows, right, weight in telling:
            scores = rows @ weights
            among_all = np.exp(scores - logsumexp(scores))
            among_right = np.where(right, np.exp(scores - logsumexp(scores[right])), 0.0)
            total += weight * float(logsumexp(scores) - logsumexp(scores[right]))
            slope = slope + weight * (among_all - among_right) @ rows
        return total, slope

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    return {name: round(float(weight), 4) for name, weight in zip(names, found / scale, strict=True)}


def _with_confidence(weights: Weights, asked: Sequence[Asked]) -> Weights:
    """The weights with those of the confidence in the passage that is ranked first."""
    questions: list[Asked] = []
    rows: list[Row] = []
    for question in asked:
        candidates = ranked(weights, question)
        if _is_example(question, candidates[0]):
            questions.append(question)
            rows.append(weights.confidence_values(candidates[0].signals, lead_of(candidates, 0)))
    confidence = _logistic(questions, rows, CONFIDENCE, CONFIDENCE_TERMS, alone_counts=ALONE_COUNTS)
    return replace(weights, confidence=confidence)


def _with_reading(weights: Weights, asked: Sequence[Asked], read: Read) -> Weights:
    """The weights with what reading counts, fitted to the doubtful passages but for the least likely."""
    questions: list[Asked] = []
    rows: list[Row] = []
    choices: list[Choice] = []
    for question in asked:
        judged = unread(ranked(weights, question), weights)
        if judged[0].probability < LEAST_FITTED:
            continue
        doubtful = read_doubtful(question.text, judged, read)
        if not doubtful:
            continue
        first, found = doubtful[0]
        best = first.candidate
        if not _is_example(question, best):
            continue
        questions.append(question)
        rows.append(weights.reading_values(first.probability, first.sentence_scores, found, best.signals, first.lead))
        if question.answerable and not question.varied:
            [(_, lit, counts)] = _sentence_choices([replace(question, candidates=[(best, True)])])
            choices.append((np.stack([first.sentence_scores, found], axis=1), lit, counts))
    if len({question.answerable for question in questions}) < 2:
        raise VerbatimError("Too few passages are doubtful: what reading counts cannot be fitted.", "Give more texts.")
    reading = _logistic(questions, rows, READING, READING_TERMS)
    sentence = _choosing(("before", "read"), choices)
    of_sentence = round(sentence["read"] / sentence["before"], 4)
    return replace(weights, reading=reading, sentence=weights.sentence | {"read": of_sentence})


def _is_example(question: Asked, best: Candidate) -> bool:
    """Whether a question and its best passage say what an answer looks like, or what none does.

    An answerable question whose answer was not found says neither.
    """
    return best.passage.row in question.right or not question.answerable


def _logistic(
    asked: Sequence[Asked],
    rows: Sequence[Row],
    names: Sequence[str],
    terms: Sequence[str],
    *,
    alone_counts: float = 1.0,
) -> dict[str, float]:
    """The weights of `terms` with which a logistic model tells the answerable questions from the others best.

    A row holds the values of `names` for its question. One asked of a document alone counts so much of another.
    """
    values = np.array(rows)
    answerable = np.array([question.answerable for question in asked])
    weight = _counts(asked, values[:, names.index("crosses")] > 0, alone_counts)
    return dict(zip(terms, _quadratic(values, answerable, weight).round(4), strict=True))


def _counts(asked: Sequence[Asked], crosses: NDArray[np.bool_], alone_counts: float) -> Values:
    """How much each question counts: as much in all for those with an answer and without, across languages and not."""
    groups = [
        (question.source, question.varied, question.answerable, question.lost, question.strange) for question in asked
    ]
    sizes = Counter(groups)
    weight = np.array([sizes[group] ** -0.5 for group in groups])
    weight[[question.strange for question in asked]] *= STRANGE_COUNTS
    weight[[question.lost for question in asked]] *= LOST_COUNTS
    weight[[question.alone for question in asked]] *= alone_counts
    # Else the few answers across languages would be taken for signs of having none.
    kinds = 2 * np.array([question.answerable for question in asked]) + crosses
    counted: Values = weight / np.bincount(kinds, weights=weight)[kinds]
    return counted


def _quadratic(rows: Values, answerable: NDArray[np.bool_], weight: Values) -> Values:
    """The weights of a bias, the columns and their products of two with which a logistic model tells the rows apart."""
    scaler = StandardScaler().fit(rows)
    products = PolynomialFeatures(2, include_bias=False)
    model = LogisticRegression(C=LOGISTIC_C, max_iter=5000)
    model.fit(
        products.fit_transform(scaler.transform(rows)), answerable, sample_weight=weight * len(rows) / weight.sum()
    )
    # From the weights of (x - mean) / scale to those of x.
    size = rows.shape[1]
    first, second = np.triu_indices(size)
    linear = model.coef_[0][:size] / scaler.scale_
    square = np.zeros((size, size))
    square[first, second] = model.coef_[0][size:] / (scaler.scale_[first] * scaler.scale_[second])
    mean = scaler.mean_
    bias = model.intercept_[0] - linear @ mean + mean @ square @ mean
    return np.concatenate([[bias], linear - (square + square.T) @ mean, square[first, second]])


def _threshold(weights: Weights, asked: Iterable[Asked], read: Read) -> float:
    """The least probability at which few unanswerable questions are answered, over all and in each set."""
    own: dict[str, list[float]] = defaultdict(list)
    everything: list[float] = []
    for question in asked:
        if not question.answerable:
            confidence = judge(question.text, ranked(weights, question), weights, read)[0].probability
            everything.append(confidence)
            if not question.foreign:
                own[question.source].append(confidence)
    limits = [sorted(found)[-1 - int(MOST_FALSE_ANSWERS_IN_A_SET * len(found))] for found in own.values()]
    limits.append(sorted(everything)[-1 - int(MOST_FALSE_ANSWERS * len(everything))])
    return round(max(limits) + 0.0001, 4)


def ranked(weights: Weights, question: Asked) -> list[Candidate]:
    """The candidates as these weights see them, best first."""
    seen = [_seen_with(weights, candidate) for candidate, _ in question.candidates]
    return sorted(seen, key=lambda candidate: -candidate.score)


def _seen_with(weights: Weights, candidate: Candidate) -> Candidate:
    """The candidate with the score and the likeliest sentence that these weights give it."""
    best = int(weights.sentence_scores(candidate.sentences).argmax())
    cosine, match, kind = candidate.sentences[:, best].tolist()
    # Only a question that asks for one of `KINDS` has a kind.
    kind = 2 * kind - 1 if candidate.signals.kind else 0.0
    signals = replace(candidate.signals, best_cosine=cosine, best_match=match, kind=kind)
    return replace(candidate, signals=signals, score=weights.rank(signals))


def _row(signals: Signals, names: Sequence[str]) -> Row:
    return [float(getattr(signals, name)) for name in names]


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

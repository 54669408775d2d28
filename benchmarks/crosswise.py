"""How good the answers are where the weights were fitted to other documents.

    python benchmarks/crosswise.py FOLDER … --translated FOLDER … --complete FOLDER … --alone FOLDER … --work DIR

What `python -m index eval` prints is of questions that `python -m index.calibration.fit` has seen. This fits all
weights and the threshold to every other document, asks about the documents between, and the other way round. A set of
one document is asked of weights that have not seen it at all. The models are the shipped ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import markdown
from index.answering import Read, judge, lit_sentences
from index.calibration import Weights
from index.calibration.asking import Asked
from index.calibration.fit import ask, fit, name_sets, ranked, remembering
from index.cross_encoder import cross_encoder
from index.evaluation import Outcome, holds, lights, score
from index.reporting import reporting
from index.settings import BUILTIN_MODEL

MEASURED = ("hit_1", "hit_3", "highlight", "answered", "false_answers", "auroc")
_HALVES = 2


def main() -> None:
    """Fit, ask, and print the scores of each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    name_sets(parser)
    asked, alone = ask(parser, parser.parse_args(), BUILTIN_MODEL)
    halves, halves_alone = _halves(asked), _halves(alone)
    read = remembering(cross_encoder().read)
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(_HALVES):
        weights = fit(halves[1 - number], halves_alone[1 - number], read)
        own = [one for one in halves[number] if not (one.foreign or one.of_part or one.translated or one.lost)]
        for question in [*own, *halves_alone[number]]:
            outcomes.setdefault(question.source, []).append(_outcome(question, weights, read))
    rows = [("set", "questions", *MEASURED)]
    for source, some in outcomes.items():
        found = score(some).as_dict()
        shares = [found[each] for each in MEASURED]
        rows.append((source, str(len(some)), *("–" if share is None else f"{share:.3f}" for share in shares)))
    print(markdown(rows, text_columns=1))


def _halves(asked: Sequence[Asked]) -> list[list[Asked]]:
    """The questions by the document of the answer, or of the passage that comes nearest.

    Sets that share a document, as a set and its translation do, have it in the same half.
    """
    about = [_nearest(question) for question in asked]
    number_of = {document: number for number, document in enumerate(sorted(set(about)))}
    return [
        [question for question, document in zip(asked, about, strict=True) if number_of[document] % _HALVES == half]
        for half in range(_HALVES)
    ]


def _nearest(question: Asked) -> str:
    gold = question.known.gold
    return gold[0].document if gold else question.candidates[0][0].passage.document


def _outcome(question: Asked, weights: Weights, read: Read) -> Outcome:
    candidates = ranked(weights, question)
    best, *_ = judge(question.text, [candidate for candidate, _ in candidates], weights, read)
    passage = best.candidate.passage
    spans = [passage.sentences[position] for position in lit_sentences(best.sentence_scores)]
    right = [gold for gold in question.known.gold if holds(passage, gold)]
    return Outcome(
        language=question.known.language,
        answerable=question.answerable,
        answered=best.probability >= weights.threshold,
        confidence=best.probability,
        hit_1=bool(right),
        hit_3=any(is_right for _, is_right in candidates[:3]),
        lit=any(lights(passage, *span, gold) for gold in right for span in spans),
        milliseconds=0.0,
    )


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

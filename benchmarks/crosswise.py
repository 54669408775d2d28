"""How good the answers are where the weights were fitted to other documents.

    python benchmarks/crosswise.py FOLDER … --translated FOLDER … --complete FOLDER … --titled FOLDER …
        --alone FOLDER … --everyday FILE --work DIR

What `python -m index eval` prints is of questions that `python -m index.calibration.fit` has seen. This fits all
weights and the threshold to every other document, asks about the documents between, and the other way round. A set of
one document is asked of weights that have not seen it at all. A question is answered if the passage that is ranked
first is given; the models are the shipped ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import markdown
from index.answering import Read, judge, lit_sentences, quote_of
from index.calibration import Weights
from index.calibration.asking import Asked, ask_sets, name_sets
from index.calibration.fit import fit, ranked, remembering
from index.cross_encoder import cross_encoder
from index.evaluation import Outcome, is_lit, score
from index.reporting import reporting
from index.settings import BUILTIN_MODEL

MEASURED = ("hit_1", "hit_3", "highlight", "answered", "false_answers", "auroc")


def main() -> None:
    """Fit, ask, and print the scores of each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    name_sets(parser)
    asked, alone = ask_sets(parser, parser.parse_args(), BUILTIN_MODEL)
    halves, halves_alone = _halves(asked), _halves(alone)
    read = remembering(cross_encoder().read)
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(2):
        weights = fit(halves[1 - number], halves_alone[1 - number], read)
        own = [one for one in halves[number] if not (one.foreign or one.varied or one.translated or one.lost)]
        for question in [*own, *(one for one in halves_alone[number] if not one.foreign)]:
            outcomes.setdefault(question.source, []).append(_outcome(question, weights, read))
    rows = [("set", "questions", *MEASURED)]
    for source, some in outcomes.items():
        found = score(some).as_dict()
        shares = [found[each] for each in MEASURED]
        rows.append((source, str(len(some)), *("–" if share is None else f"{share:.3f}" for share in shares)))
    print(markdown(rows, text_columns=1))


def _halves(asked: Sequence[Asked]) -> list[list[Asked]]:
    """The questions by their document; what sets share, as a set and its translation do, is in the same half."""
    half_of = {document: number % 2 for number, document in enumerate(sorted({one.document for one in asked}))}
    return [[one for one in asked if half_of[one.document] == half] for half in range(2)]


def _outcome(question: Asked, weights: Weights, read: Read) -> Outcome:
    judged = judge(question.text, ranked(weights, question), weights, read)
    best = judged[0]
    quote = quote_of(best.candidate.passage, sentences=lit_sentences(best.sentence_scores))
    right = question.right
    hits = [each.candidate.passage.row in right for each in judged[:3]]
    return Outcome(
        language=question.known.language,
        answerable=question.answerable,
        answered=best.probability >= weights.threshold,
        confidence=best.probability,
        hit_1=hits[0],
        hit_3=any(hits),
        lit=any(is_lit(quote, gold) for gold in question.known.gold),
        milliseconds=0.0,  # Neither measured nor printed.
    )


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

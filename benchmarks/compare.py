"""The product beside its alternatives: the same questions of the same corpora, in one run.

    python benchmarks/compare.py FOLDER … [--beside DOCUMENTS] [--json]

Each folder holds `corpus/` and `questions.jsonl`. `--beside` adds a folder of plain text to each corpus: with what
`filler.py` writes it is as large as one likes. Every system runs in a process of its own, and each question is put
to all of them in turn, in an order that changes from question to question: whatever else the machine does slows all of
them alike. All have as many threads, one unless told otherwise: where other programs use the cores, several threads
wait for each other, and that wait would be what is measured. A result is right when it is of the gold text's document
and holds that text to the letter.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.alternatives import RESULTS, SYSTEMS, Found
from index.documents import corpus_files
from index.evaluation import KnownQuestion, holds, read_questions
from index.reporting import reporting

WARM_UP = "What does this say, and where?"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went; `rank` is that of the first right result, 0 where none of the first ten was."""

    question: KnownQuestion
    rank: int
    score: float
    characters: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table; shares are None where no question of that kind was asked.

    `auroc`: how often an answerable question has a higher score than an unanswerable one. `characters`: the median
    length of the first result, which is what a reader would have to read.
    """

    set: str
    language: str
    system: str
    questions: int
    hit_1: float | None
    hit_3: float | None
    mrr_10: float | None
    auroc: float | None
    characters: int
    median_ms: float
    build_s: float


class Remote:
    """A system in a process of its own, which ends with it."""

    def __init__(self, name: str) -> None:
        """Start the process and load the system's model."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name), daemon=True)
        self._process.start()
        theirs.close()
        self._connection.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join()

    def build(self, corpus: Path) -> float:
        """Build the index; returns the seconds it took, without those for loading the model."""
        return float(self._call("build", corpus))

    def ask(self, question: str) -> tuple[Found, float]:
        """The results for a question, and the milliseconds until the first of them were there."""
        found, milliseconds = self._call("ask", question)
        return found, milliseconds

    def _call(self, command: str, argument: Any) -> Any:
        self._connection.send((command, argument))
        return self._connection.recv()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    parser.add_argument("--beside", type=Path, metavar="DOCUMENTS", help="a folder of text that joins each corpus")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each line of the table")
    parser.add_argument("--threads", type=int, default=1, help="of each system (default: %(default)s)")
    options = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", OMP_NUM_THREADS=str(options.threads))  # For the systems' processes.
    names = _installed()
    lines: list[Line] = []
    for folder in options.folders:
        questions = read_questions(folder / "questions.jsonl")
        print(f"{folder.resolve().name}: {len(questions)} questions", file=sys.stderr)
        with _joined(folder / "corpus", options.beside) as corpus:
            lines += measure(folder.resolve().name, corpus, questions, names)
    if options.json:
        for line in lines:
            print(json.dumps(asdict(line)))
    else:
        print(table(lines))


@contextmanager
def _joined(corpus: Path, beside: Path | None) -> Iterator[Path]:
    """The corpus, with the documents of another folder."""
    if beside is None:
        yield corpus
        return
    with tempfile.TemporaryDirectory(prefix="verbatim-") as folder:
        for prefix, documents in (("", corpus), ("beside-", beside)):
            for _, path in corpus_files(documents):
                shutil.copy(path, Path(folder, f"{prefix}{path.name}"))
        yield Path(folder)


def measure(name: str, corpus: Path, questions: Sequence[KnownQuestion], systems: Sequence[str]) -> list[Line]:
    """The lines of one set, by language and system."""
    outcomes: dict[str, list[Outcome]] = {system: [] for system in systems}
    with ExitStack() as opened:
        # One after the other: no build takes the time of another.
        remotes = {system: opened.enter_context(Remote(system)) for system in systems}
        seconds = {system: remote.build(corpus) for system, remote in remotes.items()}
        for remote in remotes.values():
            remote.ask(WARM_UP)
        for number, question in enumerate(questions):
            order = random.Random(number).sample(systems, len(systems))
            for system in order:
                outcomes[system].append(_outcome(question, *remotes[system].ask(question.question)))
    languages = sorted({question.language for question in questions})
    return [
        _line(name, language, system, [o for o in outcomes[system] if o.question.language == language], seconds[system])
        for language in languages
        for system in systems
    ]


def table(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table, aligned."""
    rows = [("set", "lang", "system", "questions", "hit@1", "hit@3", "MRR@10", "AUROC", "characters", "ms", "build s")]
    for line in lines:
        shares = ["–" if s is None else f"{s:.3f}" for s in (line.hit_1, line.hit_3, line.mrr_10, line.auroc)]
        numbers = (str(line.questions), *shares, str(line.characters), f"{line.median_ms:.1f}", f"{line.build_s:.1f}")
        rows.append((line.set, line.language, line.system, *numbers))
    return markdown(rows, text_columns=3)


def markdown(rows: Sequence[Sequence[str]], *, text_columns: int) -> str:
    """A Markdown table of rows, the first of which is the head; all but the first columns are right-aligned."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * width if column < text_columns else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if column < text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in (rows[0], rule, *rows[1:])
    )


def _installed() -> list[str]:
    for name, system in SYSTEMS.items():
        if system.missing():
            print(f"{name} is left out; to have it: pip install -r benchmarks/requirements.txt", file=sys.stderr)
    return [name for name, system in SYSTEMS.items() if not system.missing()]


def _serve(connection: Connection, name: str) -> None:
    """Do what comes over the connection until it is closed."""
    system = SYSTEMS[name]()
    connection.send("ready")
    while True:
        try:
            command, argument = connection.recv()
        except EOFError:
            return
        started = time.perf_counter()
        if command == "build":
            system.build(argument)
            connection.send(time.perf_counter() - started)
        else:
            found = system.ask(argument)
            milliseconds = (time.perf_counter() - started) * 1000
            found.results.extend(system.rest(argument, len(found.results)))
            connection.send((found, milliseconds))


def _outcome(question: KnownQuestion, found: Found, milliseconds: float) -> Outcome:
    right = [any(holds(result, gold) for gold in question.gold) for result in found.results[:RESULTS]]
    rank = right.index(True) + 1 if any(right) else 0
    characters = len(found.results[0].text) if found.results else 0
    return Outcome(question, rank, found.score, characters, milliseconds)


def _line(name: str, language: str, system: str, outcomes: Sequence[Outcome], build_s: float) -> Line:
    ranks = [outcome.rank for outcome in outcomes if outcome.question.gold]
    return Line(
        set=name,
        language=language,
        system=system,
        questions=len(outcomes),
        hit_1=_mean([rank == 1 for rank in ranks]),
        hit_3=_mean([0 < rank <= 3 for rank in ranks]),
        mrr_10=_mean([1 / rank if rank else 0.0 for rank in ranks]),
        auroc=_auroc(outcomes),
        characters=round(statistics.median(outcome.characters for outcome in outcomes)),
        median_ms=statistics.median(outcome.milliseconds for outcome in outcomes),
        build_s=build_s,
    )


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _auroc(outcomes: Sequence[Outcome]) -> float | None:
    from sklearn.metrics import roc_auc_score

    answerable = [bool(outcome.question.gold) for outcome in outcomes]
    if len(set(answerable)) == 1:
        return None
    return float(roc_auc_score(answerable, [outcome.score for outcome in outcomes]))


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

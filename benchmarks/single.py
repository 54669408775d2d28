"""How good the answers are where the corpus is one document, as a newcomer's is.

    python benchmarks/single.py benchmarks/questions

FOLDER holds `corpus/` and `questions.jsonl`; each document is built into an index of its own and asked its own
questions, those whose `id` begins with its name. The table has a line for questions in each language of documents in
each language. With `--questions FILE` every document is asked those of the file instead: `benchmarks/everyday.jsonl`
has some that none answers, of which nothing but the false answers is left to measure.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.build import build
from index.documents import read_document
from index.embedding import Embedder, find_model
from index.evaluation import (
    KnownQuestion,
    Outcome,
    measure,
    read_documents_with_questions,
    read_questions,
    score,
    table,
)
from index.live import LiveIndex
from index.reporting import reporting
from index.settings import BUILTIN_MODEL, IndexSettings


def main() -> None:
    """Ask every document of the folder, and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    parser.add_argument("--model", default=BUILTIN_MODEL)
    parser.add_argument("--questions", type=Path, metavar="FILE", help="ask each document these instead of its own")
    options = parser.parse_args()
    instead = read_questions(options.questions) if options.questions else None
    documents = list(read_documents_with_questions(options.folder))
    embedder = Embedder(find_model(options.model))
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for name, path, questions in documents:
        for outcome in ask_alone(path, instead or questions, embedder, options.model):
            outcomes[f"{outcome.language} of {read_document(name, path).language}"].append(outcome)
    rows = {(options.folder.name, kind): score(some) for kind, some in sorted(outcomes.items())}
    rows[options.folder.name, "all"] = score([outcome for some in outcomes.values() for outcome in some])
    print(table(rows))


def ask_alone(document: Path, questions: Sequence[KnownQuestion], embedder: Embedder, model: str) -> list[Outcome]:
    """The questions' outcomes when the document is the whole corpus."""
    with tempfile.TemporaryDirectory(prefix="verbatim-") as folder:
        settings = IndexSettings(Path(folder, "corpus"), Path(folder, "data"), model)
        settings.corpus_dir.mkdir()
        shutil.copy(document, settings.corpus_dir)
        build(settings, load_model=lambda _: embedder)
        with closing(LiveIndex(settings, follow=False, load_model=lambda _: embedder)) as index:
            return measure(index, questions)


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

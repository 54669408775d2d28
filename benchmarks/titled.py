"""How good the answers are where each document has a title: the name of its file.

    python benchmarks/titled.py FOLDER …

Each folder holds `corpus/`, plain text without titles whose files' names would do for some, and `questions.jsonl`.
`python -m index eval FOLDER …` measures the same without titles.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.build import build
from index.calibration.asking import write_titled
from index.embedding import Embedder, find_model
from index.evaluation import Scores, measure, read_questions, score, table
from index.live import LiveIndex
from index.reporting import reporting
from index.settings import BUILTIN_MODEL, IndexSettings


def main() -> None:
    """Ask each set, and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    options = parser.parse_args()
    embedder = Embedder(find_model(BUILTIN_MODEL))
    print(table({(folder.name, "titled"): _scores(folder, embedder) for folder in options.folders}))


def _scores(folder: Path, embedder: Embedder) -> Scores:
    questions = read_questions(folder / "questions.jsonl")
    with tempfile.TemporaryDirectory(prefix="verbatim-") as work:
        settings = IndexSettings(Path(work, "corpus"), Path(work, "data"), BUILTIN_MODEL)
        write_titled(folder / "corpus", settings.corpus_dir)
        build(settings, load_model=lambda _: embedder)
        with closing(LiveIndex(settings, follow=False, load_model=lambda _: embedder)) as index:
            return score(measure(index, questions))


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

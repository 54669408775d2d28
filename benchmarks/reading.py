"""What reading the doubtful passages is worth, and what it costs.

    python benchmarks/reading.py FOLDER …

Every question is asked twice: as shipped, and with no passage taken for doubtful. The threshold is the shipped one
both times, so compare hits, highlights and AUROC.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import markdown
from index.build import build
from index.embedding import Embedder, find_model
from index.evaluation import measure, read_questions, score
from index.live import LiveIndex
from index.reporting import reporting
from index.settings import BUILTIN_MODEL, IndexSettings

MEASURED = ("hit_1", "highlight", "answered", "false_answers", "auroc", "median_ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    options = parser.parse_args()
    embedder = Embedder(find_model(BUILTIN_MODEL))
    rows = [("set", "doubtful passages", *MEASURED)]
    for folder in options.folders:
        rows += lines(folder, embedder)
    print(markdown(rows, text_columns=2))


def lines(folder: Path, embedder: Embedder) -> Iterator[tuple[str, ...]]:
    """The scores of one set, with reading and without."""
    questions = read_questions(folder / "questions.jsonl")
    with tempfile.TemporaryDirectory(prefix="verbatim-") as data:
        settings = IndexSettings(folder / "corpus", Path(data), BUILTIN_MODEL)
        build(settings, load_model=lambda _model: embedder)
        never = patch("index.answering.is_doubtful", lambda *_: False)
        for name, how in (("read", nullcontext()), ("not read", never)):
            with how, closing(LiveIndex(settings, follow=False, load_model=lambda _model: embedder)) as index:
                found = score(measure(index, questions)).as_dict()
            shares = [found[each] for each in MEASURED]
            cells = ["–" if share is None else f"{share:.3f}" for share in shares[:-1]]
            yield folder.resolve().name, name, *cells, f"{found['median_ms']:.1f}"


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

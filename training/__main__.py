"""Make what the index reads with: the models, the word vectors, and questions that its weights are fitted to."""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

from index.cross_encoder import WEIGHTS
from index.embedding import builtin_folder
from index.word_vectors import FOLDER
from training import crossing, model, reading, tuning, word_vectors


def main() -> None:
    """Make one of the four, in its place or another."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    of_model = commands.add_parser("model", help="the embedding model")
    of_model.add_argument("--data", type=Path, required=True, help="folder of the law sections and pairs")
    of_model.add_argument("--out", type=Path, default=builtin_folder(), help="folder to write (default: %(default)s)")
    of_model.add_argument(
        "--checkpoint",
        type=Path,
        default=Path(tempfile.gettempdir(), "verbatim-tuning.pt"),
        help="file that a run which was cut off goes on from (default: %(default)s)",
    )
    of_reading = commands.add_parser("reading", help="the cross-encoder, from the lower layers of the embedding model")
    of_reading.add_argument("--data", type=Path, required=True, help="folder of the law sections and pairs")
    of_reading.add_argument("--out", type=Path, default=WEIGHTS, help="file to write (default: %(default)s)")
    of_reading.add_argument(
        "--checkpoint",
        type=Path,
        default=Path(tempfile.gettempdir(), "verbatim-reading.pt"),
        help="file that a run which was cut off goes on from (default: %(default)s)",
    )
    of_words = commands.add_parser("words", help="the word vectors")
    of_words.add_argument("--data", type=Path, required=True, help="folder of pairs.<source>.tsv.gz")
    of_words.add_argument("--out", type=Path, default=FOLDER, help="folder to write (default: %(default)s)")
    of_sets = commands.add_parser("crossing", help="evaluation sets with questions in the other language")
    of_sets.add_argument("sets", nargs="+", type=Path, metavar="SET", help="corpus/ and questions.jsonl")
    of_sets.add_argument("--data", type=Path, required=True, help="folder of pairs.<source>.tsv.gz")
    of_sets.add_argument("--out", type=Path, required=True, help="folder to write the sets to")
    arguments = parser.parse_args()
    if not any(arguments.data.glob("pairs.*.tsv.gz")):
        parser.error(f"--data {arguments.data}: it holds no pairs.<source>.tsv.gz")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.command == "model":
        if not arguments.checkpoint.exists():
            model.make(arguments.out)
        tuning.tune(arguments.out, arguments.data, arguments.checkpoint)
    elif arguments.command == "reading":
        reading.train(arguments.data, arguments.out, arguments.checkpoint)
    elif arguments.command == "words":
        word_vectors.make(arguments.data, arguments.out)
    else:
        crossing.make(arguments.sets, arguments.data, arguments.out)


if __name__ == "__main__":
    main()

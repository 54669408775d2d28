"""Make what the index reads with: `python -m training model`, `python -m training words --data DIR`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from index.embedding import builtin_folder
from index.word_vectors import FOLDER
from training import model, word_vectors


def main() -> None:
    """Make one of the two, in its place or another."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    of_model = commands.add_parser("model", help="the embedding model")
    of_model.add_argument("--out", type=Path, default=builtin_folder(), help="folder to write (default: %(default)s)")
    of_words = commands.add_parser("words", help="the word vectors")
    of_words.add_argument("--data", type=Path, required=True, help="folder of pairs.<source>.tsv.gz")
    of_words.add_argument("--out", type=Path, default=FOLDER, help="folder to write (default: %(default)s)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.command == "model":
        model.make(arguments.out)
    else:
        word_vectors.make(arguments.data, arguments.out)


if __name__ == "__main__":
    main()

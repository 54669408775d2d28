"""Writes as many passages as are wanted: those of a corpus, and the same with some words changed.

    python benchmarks/filler.py CORPUS --passages 10000 FOLDER

`speed.py` measures with them, and `compare.py` puts them beside a set.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from index.documents import corpus_files, read_document
from index.embedding import Embedder, find_model
from index.passages import Passage, cut
from index.reporting import reporting
from index.settings import BUILTIN_MODEL

_CHANGED_WORDS = 0.1


def main() -> None:
    """Write the documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, metavar="CORPUS", help="a folder of documents")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write; there must be none")
    parser.add_argument("--passages", type=int, default=10_000)
    options = parser.parse_args()
    if options.folder.exists():
        parser.error(f"{options.folder} is there already")
    random.seed(7)
    write_documents(options.folder, passages_of(options.corpus, Embedder(find_model(BUILTIN_MODEL))), options.passages)


def passages_of(corpus: Path, embedder: Embedder) -> list[Passage]:
    """The passages of a folder of documents."""
    return [
        passage
        for name, path in corpus_files(corpus)
        for passage in cut(read_document(name, path), embedder.count_tokens, embedder.max_tokens)
    ]


def write_documents(folder: Path, passages: Sequence[Passage], count: int) -> None:
    """Documents of a hundred paragraphs each; after the first round through the passages their words change."""
    folder.mkdir()
    paragraphs = []
    for number in range(count):
        text = " ".join(passages[number % len(passages)].text.split())
        text = text if number < len(passages) else _changed(text)
        paragraphs.append(text if text.endswith(".") else f"{text}.")  # So that none looks like a heading.
    for start in range(0, count, 100):
        (folder / f"{start // 100:05}.txt").write_text("\n\n".join(paragraphs[start : start + 100]), "utf-8")


def _changed(text: str) -> str:
    """Some of the words end in another way, so that no text is like another and there are more words to look up."""
    endings = ("s", "ment", "able", "ique")
    return " ".join(
        word + random.choice(endings) if word.isalpha() and random.random() < _CHANGED_WORDS else word
        for word in text.split()
    )


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

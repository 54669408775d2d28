"""What each part of the search is worth: the share of questions whose first passage is right, with and without it.

    python benchmarks/ablation.py FOLDER …

The upper rows add one part after another; the lower ones take one away from the ranking, or put a typing error into
every question. All use the weights that are shipped: nothing is fitted anew to the parts that are left, both searches
propose passages and nothing is read, but where a row says otherwise. Whether the bot would have answered plays no part.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import markdown
from index.answer import Quote
from index.answering import Answerer
from index.build import build
from index.calibration import RANKING
from index.content import StoredPassage
from index.documents import Document
from index.embedding import Embedder, Model, Vectors, find_model
from index.evaluation import KnownQuestion, holds, read_questions
from index.generation import hold_current
from index.lexical import LexicalIndex, QueryTerm, SpellingIndex
from index.passages import Passage, TokenCounter, cut
from index.reporting import reporting
from index.search import Reader, Searcher
from index.settings import BUILTIN_MODEL, IndexSettings

MEANING = {"cosine"}
WORDS = {"context_match", "text_match", "rest_match"}
SENTENCES = {"sentence_cosine"}
FOUND = MEANING | WORDS | SENTENCES
EVERYTHING = set(RANKING)

SEED = 7
_LONG_WORD = re.compile(r"[^\W\d_]{6,}")


class CachingEmbedder(Embedder):
    """Embeds each text once, however many indexes hold it and however many rows of the table ask it."""

    def __init__(self, model: Model) -> None:
        """Load the weights."""
        super().__init__(model)
        self._passages: dict[str, Vectors] = {}
        self._queries: dict[str, Vectors] = {}

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1, one a text; shape (len(texts), dimension)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._passages]
        self._passages.update(zip(new, super().embed_passages(new), strict=True))
        return np.stack([self._passages[text] for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """The question's vector of length 1; shape (dimension,)."""
        if text not in self._queries:
            self._queries[text] = super().embed_query(text)
        return self._queries[text]


class LiteralIndex(LexicalIndex):
    """Word matching that takes every word as it is spelt."""

    def __init__(self, folder: Path, count: int) -> None:
        """Read the index of `count` passages."""
        super().__init__(folder, count)
        self._alike = SpellingIndex(())

    def nearest(self, word: str) -> str | None:
        """None: no word is taken for another."""
        return None


class SilentIndex(LexicalIndex):
    """Word matching that proposes no passage."""

    def scores(self, query: Sequence[QueryTerm]) -> Vectors:
        """0 for every passage; shape (passages,)."""
        return np.zeros_like(super().scores(query))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    parser.add_argument("--model", default=BUILTIN_MODEL, help="as EMBEDDING_MODEL")
    options = parser.parse_args()
    embedder = CachingEmbedder(find_model(options.model))
    columns: list[dict[str, float]] = []
    for folder in options.folders:
        print(folder.resolve().name, file=sys.stderr)
        columns.append(dict(hits(folder, embedder)))
    rows = [("hit@1", *(folder.resolve().name for folder in options.folders))]
    rows += [(row, *(f"{column[row]:.3f}" for column in columns)) for row in columns[0]]
    print(markdown(rows, text_columns=1))


def hits(folder: Path, embedder: Embedder) -> Iterator[tuple[str, float]]:
    """The rows of the table with their shares of hits for one set."""
    questions = [question for question in read_questions(folder / "questions.jsonl") if question.gold]
    misspelt = [replace(question, question=with_typo(question.question)) for question in questions]
    with opened(folder / "corpus", embedder) as reader:
        yield "meaning (dense)", hit_1(reader, embedder, questions, MEANING)
        yield "words (BM25)", hit_1_of_bm25(reader, embedder, questions)
        word_vectors = reader.words
        reader.words = np.zeros_like(word_vectors)
        yield "meaning and words found (fusion)", hit_1(reader, embedder, questions, MEANING | WORDS)
        yield "+ sentences' meaning", hit_1(reader, embedder, questions, FOUND)
        reader.words = word_vectors
        yield "+ words that mean the same", hit_1(reader, embedder, questions, FOUND)
        yield "+ who introduces a thing = the ranking", hit_1(reader, embedder, questions, EVERYTHING)
        yield "+ near ties that are read = the answer", hit_1(reader, embedder, questions, EVERYTHING, read=True)
        yield "without sentences' meaning", hit_1(reader, embedder, questions, EVERYTHING - SENTENCES)
        yield "with a typing error", hit_1(reader, embedder, misspelt, EVERYTHING)
    with opened(folder / "corpus", embedder, LiteralIndex) as reader:
        yield "with a typing error, without typo matching", hit_1(reader, embedder, misspelt, EVERYTHING)
    with opened(folder / "corpus", embedder, SilentIndex) as reader:
        yield "without the passages BM25 proposes", hit_1(reader, embedder, questions, EVERYTHING)
    with patch("index.build.cut", cut_without_context), opened(folder / "corpus", embedder) as reader:
        yield "without contextual headings", hit_1(reader, embedder, questions, EVERYTHING)


def hit_1(
    reader: Reader,
    embedder: Embedder,
    questions: Iterable[KnownQuestion],
    signals: Collection[str],
    *,
    read: bool = False,
) -> float:
    """The share of questions whose first passage is right when only these signals rank, or what is `read` as well."""
    shipped = reader.weights
    ranking = {name: weight if name in signals else 0.0 for name, weight in shipped.ranking.items()}
    reader.weights = replace(shipped, ranking=ranking)
    answerer = Answerer(reader, embedder, "")
    with nullcontext() if read else patch("index.answering.is_doubtful", lambda *_: False):
        first = [(known, answerer.more(known.question, skip=0, limit=1)) for known in questions]
    reader.weights = shipped
    return _share(first)


def hit_1_of_bm25(reader: Reader, embedder: Embedder, questions: Iterable[KnownQuestion]) -> float:
    """The share of questions for which the passage with the best BM25 score of all is right."""
    searcher = Searcher(reader, embedder)
    scores = ((known, reader.lexical.scores(searcher.query(known.question).terms)) for known in questions)
    return _share([(known, [reader.content.passage(int(found.argmax()))]) for known, found in scores])


def _share(first: Iterable[tuple[KnownQuestion, Sequence[Quote | StoredPassage]]]) -> float:
    return statistics.fmean(any(holds(found, gold) for found in some for gold in known.gold) for known, some in first)


@contextmanager
def opened(corpus: Path, embedder: Embedder, lexical: type[LexicalIndex] = LexicalIndex) -> Iterator[Reader]:
    """A new index of the corpus, opened."""
    with tempfile.TemporaryDirectory(prefix="verbatim-") as folder, patch("index.search.LexicalIndex", lexical):
        settings = IndexSettings(corpus, Path(folder), embedder.model.name)
        build(settings, load_model=lambda _model: embedder)
        with closing(hold_current(settings.data_dir)) as held, closing(Reader(held.folder, held.manifest)) as reader:
            yield reader


def cut_without_context(document: Document, count_tokens: TokenCounter, max_tokens: int) -> list[Passage]:
    """The passages of `document`, each without the title and the heading it stands under."""
    return [replace(passage, context="") for passage in cut(document, count_tokens, max_tokens)]


def with_typo(question: str) -> str:
    """The question with two letters swapped, or one left out, in one of its words of six letters or more.

    Which word and where depends on the question alone. First letters stay: few people mistype those.
    """
    chance = random.Random(f"{SEED} {question}")
    words = list(_LONG_WORD.finditer(question))
    if not words:
        return question
    word = chance.choice(words)
    at = word.start() + chance.randrange(1, len(word.group()) - 1)
    pair = question[at : at + 2]
    changed = chance.choice([pair[::-1], pair[1]])
    return question[:at] + changed + question[at + 2 :]


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

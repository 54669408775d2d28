"""The disk fails at every single write, sync, rename and removal: the last published index still answers."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from index import storage
from index.errors import StorageError

FUNCTIONS = ("make_folder", "write_file", "sync_file", "sync_folder", "rename", "remove")
OLD, NEW = "An old sentence.", "A new sentence."


class Disk:
    """Fails the call of number `fail_at` (from 0) to any of the functions of `index.storage`."""

    def __init__(self, monkeypatch, error: int):
        self.calls: list[str] = []
        self.fail_at: int | None = None
        self._error = error
        for name in FUNCTIONS:
            monkeypatch.setattr(storage, name, self._wrapped(name, getattr(storage, name)))

    def _wrapped(self, name, function):
        def call(*arguments):
            number = len(self.calls)
            self.calls.append(name)
            if number == self.fail_at:
                if name == "write_file":  # A part of it is on the disk when the rest is refused.
                    path, chunks = arguments
                    path.write_bytes(b"".join(map(bytes, chunks))[:20])
                raise OSError(self._error, os.strerror(self._error))
            return function(*arguments)

        return call

    def failing(self, number: int | None) -> None:
        self.calls.clear()
        self.fail_at = number


def test_every_function_of_the_disk_is_among_those_that_fail():
    public = {
        name
        for name, value in vars(storage).items()
        if getattr(value, "__module__", "") == "index.storage" and not name.startswith("_") and name != "in_words"
    }
    assert public == set(FUNCTIONS)


@pytest.mark.parametrize(
    "error", [errno.EIO, pytest.param(errno.ENOSPC, marks=pytest.mark.slow)], ids=errno.errorcode.get
)
def test_the_last_index_answers_whatever_fails(aside, monkeypatch, error):
    disk = Disk(monkeypatch, error)
    aside.write("news.txt", OLD)
    aside.build()
    disk.failing(None)
    aside.write("news.txt", "Sentence number -1.")
    aside.build()
    steps = len(disk.calls)
    assert steps >= 12
    assert set(disk.calls) == set(FUNCTIONS)
    text = "Sentence number -1."
    failures = 0
    for number in range(steps):
        before, text = text, f"Sentence number {number}."
        aside.write("news.txt", text)
        disk.failing(number)
        try:
            aside.build()
        except StorageError as failure:
            assert ("the disk is full" if error == errno.ENOSPC else "Input/output error") in str(failure)
            failures += 1
        else:  # What failed was the removal of something old, which is no reason to fail.
            assert disk.calls[number] in ("remove", "rename")
        disk.failing(None)
        with closing(aside.open()) as index:
            texts = aside.texts(index)
            # Only when the failing step comes after the new CURRENT is in place is it the new one that answers.
            assert (before in texts) != (text in texts), disk.calls
            assert index.ask("Which sentence?").generation == index.status().generation
        aside.build()
        with closing(aside.open()) as index:
            assert text in aside.texts(index)
        assert len(list((aside.data / "generations").iterdir())) == 2
        assert sorted(path.name for path in aside.data.iterdir() if "embeddings" not in path.name) == [
            "CURRENT",
            "generations",
            "lock",
        ]
    assert failures >= 10


BUILD = """
import resource, signal, sys
from pathlib import Path
from index.cli import main
limit = int(sys.argv[1])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(["build", "--corpus", sys.argv[2], "--data", sys.argv[3]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no RLIMIT_FSIZE")
@pytest.mark.parametrize("limit", [1, 3_000, 9_000, 20_000])
def test_a_limit_on_the_size_of_files_is_told_in_words(aside, environment, limit):
    """The kernel itself refuses to write, whichever library does it."""
    aside.write("news.txt", OLD)
    aside.build()
    aside.write("news.txt", NEW, *(f"Paragraph {number} of many." for number in range(100)))
    run = subprocess.run(
        [sys.executable, "-c", BUILD, str(limit), str(aside.corpus), str(aside.data)],
        env={**environment, "EMBEDDING_MODEL": aside.settings.embedding_model},
        cwd=aside.corpus.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 1
    assert "could not be written" in run.stderr
    assert "Traceback" not in run.stderr
    with closing(aside.open()) as index:
        assert OLD in aside.texts(index)
    aside.build()
    with closing(aside.open()) as index:
        assert NEW in aside.texts(index)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root on Linux")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
def test_a_disk_that_is_really_full(aside, small_disk):
    """Filled to the brim, then emptied page by page: every build on the way fails in words or publishes."""
    from dataclasses import replace

    aside = replace(aside, settings=replace(aside.settings, data_dir=small_disk / "data"))
    aside.write("news.txt", OLD)
    aside.build()
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    aside.write("news.txt", NEW, *(f"Paragraph {number} of many." for number in range(30)))
    failures = 0
    while True:
        try:
            aside.build()
            break
        except StorageError as error:
            assert "the disk is full" in str(error), error
            failures += 1
        with closing(aside.open()) as index:
            assert OLD in aside.texts(index)
        os.truncate(ballast, ballast.stat().st_size - 4096)
    assert failures > 3
    with closing(aside.open()) as index:
        assert NEW in aside.texts(index)

"""`build --watch` builds after a quiet second, and again when what went wrong is mended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from index.errors import CorpusError, NoIndexError
from index.generation import hold_current, writer_lock
from index.progress import keep_building
from index.settings import IndexSettings
from index.watch import corpus_changes

pytest.importorskip("watchfiles")


def documents(data) -> int:
    try:
        with closing(hold_current(data)) as held:
            return held.manifest.documents
    except NoIndexError:
        return 0


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@contextmanager
def watching(aside):
    stop = threading.Event()
    thread = threading.Thread(target=keep_building, args=(aside.settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def test_a_change_is_built_by_itself(aside, monkeypatch):
    with watching(aside):
        wait_until(lambda: documents(aside.data) == 2)
        aside.write("birds/one.txt", "A bird sings.")
        wait_until(lambda: documents(aside.data) == 3)
        shutil.rmtree(aside.corpus / "birds")
        wait_until(lambda: documents(aside.data) == 2)


@pytest.mark.slow
def test_a_folder_with_a_dot_in_its_name_is_moved_in_and_out(aside, tmp_path):
    aside.write("birds/one.txt", "A bird sings.")
    elsewhere = (aside.corpus / "birds").rename(tmp_path / "release-2.1")
    with watching(aside):
        wait_until(lambda: documents(aside.data) == 2)
        moved = elsewhere.rename(aside.corpus / "release-2.1")
        wait_until(lambda: documents(aside.data) == 3)
        moved.rename(elsewhere)
        wait_until(lambda: documents(aside.data) == 2)


@pytest.mark.slow
def test_a_corpus_that_is_swapped_for_another_is_followed(aside, tmp_path):
    with watching(aside):
        wait_until(lambda: documents(aside.data) == 2)
        aside.corpus.rename(tmp_path / "old")
        time.sleep(2)
        aside.corpus.mkdir()
        aside.write("birds.txt", "A bird sings.")
        wait_until(lambda: documents(aside.data) == 1)
        aside.write("fish.txt", "A fish is silent.")
        wait_until(lambda: documents(aside.data) == 2)


@pytest.mark.slow
def test_what_failed_is_tried_again(aside, monkeypatch, capsys):
    monkeypatch.setattr("index.progress._RETRY_SECONDS", 0.2)
    with writer_lock(aside.data):
        watch = watching(aside)
        watch.__enter__()
        time.sleep(3)
        assert documents(aside.data) == 0
    wait_until(lambda: documents(aside.data) == 2)
    watch.__exit__(None, None, None)
    # Told once, though it was tried several times.
    assert capsys.readouterr().err.count("is being written by process") == 1


@pytest.mark.slow
def test_a_burst_of_changes_is_one_build(aside):
    stop = threading.Event()
    told = []

    def listen():
        told.extend(corpus_changes(aside.settings, stop))

    thread = threading.Thread(target=listen)
    thread.start()
    wait_until(lambda: told)
    for number in range(20):
        aside.write("birds.txt", f"Bird {number} sings.")
        time.sleep(0.05)
    wait_until(lambda: told.count(True) == 2)
    time.sleep(2.5)
    stop.set()
    thread.join(60)
    assert told.count(True) == 2


@pytest.mark.slow
def test_what_is_no_document_is_not_built_for(aside):
    stop = threading.Event()
    told = []
    thread = threading.Thread(target=lambda: told.extend(corpus_changes(aside.settings, stop)))
    thread.start()
    wait_until(lambda: told)
    (aside.corpus / "picture.png").write_bytes(b"")
    (aside.corpus / ".notes.md.swp").write_bytes(b"")
    wait_until(lambda: len(told) >= 4)
    stop.set()
    thread.join(60)
    assert told.count(True) == 1


@pytest.mark.slow
def test_a_data_folder_in_a_corpus_behind_a_link_is_not_watched(aside, tmp_path):
    (tmp_path / "link").symlink_to(aside.corpus, target_is_directory=True)
    settings = IndexSettings(tmp_path / "link", tmp_path / "link" / "data", "builtin")
    settings.data_dir.mkdir()
    stop = threading.Event()
    changes = corpus_changes(settings, stop)
    assert next(changes)
    told = []
    for _ in range(3):
        (settings.data_dir / "lock").write_text("1")
        told.append(next(changes))
    stop.set()
    assert told == [False] * 3


def test_a_corpus_that_the_system_cannot_watch_is_told_in_words(aside, monkeypatch):
    def full(*_, **__):
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr("watchfiles.watch", full)
    with pytest.raises(CorpusError, match="cannot be watched: OS file watch limit reached"):
        next(corpus_changes(aside.settings, threading.Event()))


def test_without_a_corpus_there_is_nothing_to_watch(tmp_path):
    with pytest.raises(CorpusError):
        next(corpus_changes(IndexSettings(tmp_path / "nowhere", tmp_path / "data", "builtin"), threading.Event()))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise")
def test_ctrl_c_ends_the_watch(aside, environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "index", "build", "--watch"],
        cwd=aside.corpus.parent,
        env={**environment, "EMBEDDING_MODEL": aside.settings.embedding_model},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # A shell's background jobs ignore it.
    )
    assert "2 documents" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err

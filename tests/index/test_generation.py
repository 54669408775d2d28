"""One writer, readers that are never in its way, and a way back."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index.build import go_back
from index.embedding import find_model
from index.errors import BusyError, DamagedIndexError, NoIndexError, StaleIndexError
from index.generation import clean_up, current_name, hold_current, names, pointer, writer_lock
from index.settings import IndexSettings
from tests.index.conftest import NEW, OLD


def test_the_manifest_tells_all(aside):
    aside.build()
    with closing(hold_current(aside.data)) as held:
        manifest = held.manifest
        files = {path.name for path in held.folder.iterdir()}
    assert set(manifest.files) == files - {"manifest.json"}
    assert manifest.settings["passage_prompt"] == ""
    assert (manifest.documents, manifest.passages) == (2, 4)
    assert abs(manifest.created - time.time()) < 600


def test_the_current_generation_and_the_one_before_are_kept(two_generations):
    aside = two_generations
    before = current_name(aside.data)
    aside.write("news.txt", "Still another sentence.")
    name = aside.build().manifest.name
    assert names(aside.data) == [before, name]
    assert pointer(aside.data).previous == before


def test_leftovers_are_removed(two_generations):
    aside = two_generations
    kept = names(aside.data)
    generations = aside.data / "generations"
    (generations / ".building-000009-aaaaaa").mkdir()
    (generations / ".building-000009-aaaaaa" / "content.sqlite3").write_bytes(b"half")
    (generations / ".removing-000001-bbbbbb").mkdir()
    (generations / "000007-cccccc").mkdir()
    (generations / "stray").write_text("a file")
    (aside.data / "CURRENT.new").write_text("half")
    with writer_lock(aside.data):
        clean_up(aside.data)
    assert sorted(path.name for path in generations.iterdir()) == kept
    assert not (aside.data / "CURRENT.new").exists()


def test_a_rollback_goes_back_one_generation(two_generations):
    aside = two_generations
    left = current_name(aside.data)
    with closing(aside.open()) as index:
        assert go_back(aside.settings).name != left
        assert index.poll() is True
        assert OLD in aside.texts(index)
    with pytest.raises(NoIndexError, match="--force"):
        go_back(aside.settings)


def test_a_build_does_not_undo_a_rollback_by_itself(two_generations):
    aside = two_generations
    left = current_name(aside.data)
    went_to = go_back(aside.settings).name
    report = aside.build()
    assert (report.up_to_date, report.undone, report.manifest.name) == (True, left, went_to)
    aside.write("news.txt", "A mended sentence.")
    report = aside.build()
    assert not report.up_to_date
    assert pointer(aside.data).previous == went_to
    assert names(aside.data) == [went_to, report.manifest.name]


def test_force_undoes_a_rollback(two_generations):
    aside = two_generations
    go_back(aside.settings)
    aside.build(force=True)
    with closing(aside.open()) as index:
        assert NEW in aside.texts(index)


def test_a_rollback_to_a_damaged_generation_changes_nothing(two_generations):
    aside = two_generations
    known = pointer(aside.data)
    (aside.data / "generations" / known.previous / "sentences.npy").write_bytes(b"")
    with pytest.raises(DamagedIndexError, match="sentences"):
        go_back(aside.settings)
    assert pointer(aside.data) == known


def test_a_rollback_to_another_model_is_refused_with_the_command(two_generations, tmp_path):
    from tests.index.tiny_model import make_tiny_model

    aside = two_generations
    other = make_tiny_model(tmp_path / "other", seed=1)
    current = current_name(aside.data)
    with pytest.raises(StaleIndexError, match=r"EMBEDDING_MODEL=.* rollback"):
        go_back(IndexSettings(aside.corpus, aside.data, str(other)))
    assert current_name(aside.data) == current


def test_a_rollback_to_another_version_of_the_same_model_says_that_it_cannot_answer(two_generations, monkeypatch):
    aside = two_generations
    newer = replace(find_model(aside.settings.embedding_model), fingerprint="of a newer version")
    monkeypatch.setattr("index.build.find_model", lambda _name: newer)
    with pytest.raises(StaleIndexError, match=r"another version of the model .*index build"):
        go_back(aside.settings)


def test_rollback_on_the_command_line(two_generations, command, monkeypatch):
    aside = two_generations
    monkeypatch.setenv("EMBEDDING_MODEL", aside.settings.embedding_model)
    ran = command("rollback", "--data", aside.data)
    assert (ran.code, "is current again" in ran.out) == (0, True)
    ran = command("build", "--data", aside.data, "--corpus", aside.corpus)
    assert "was rolled back" in ran.out
    ran = command("rollback", "--data", aside.data)
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)


HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from index.generation import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def another_writer(aside, environment):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(aside.data)], env=environment, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_a_second_writer_is_told_who_the_first_is(aside, another_writer):
    with pytest.raises(BusyError, match=f"process {another_writer.pid}"):
        aside.build()
    with pytest.raises(BusyError):
        go_back(aside.settings)


def test_a_first_writer_that_cannot_be_read_is_another_process(aside, another_writer, monkeypatch):
    class LockedFile(io.FileIO):
        """The lock as Windows shows it to whoever does not hold it."""

        def read(self, *_):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", lambda self, _mode: LockedFile(self, "a+"))
    with pytest.raises(BusyError, match="is being written by another process"), writer_lock(aside.data):
        pass


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_the_lock_dies_with_its_process(aside, another_writer):
    another_writer.send_signal(signal.SIGKILL)
    another_writer.wait()
    assert aside.build().manifest.documents == 2


def test_readers_read_while_a_writer_writes(aside, another_writer, command):
    another_writer.kill()
    another_writer.wait()
    aside.build()
    with writer_lock(aside.data), closing(aside.open()) as index:
        assert index.ask("What does the cat do?").generation
        assert command("verify", "--data", aside.data).code == 0


def test_an_index_of_another_model_is_refused_with_the_command(aside, tmp_path):
    from index.live import LiveIndex
    from tests.index.tiny_model import make_tiny_model

    aside.build()
    other = make_tiny_model(tmp_path / "other", seed=1)
    with pytest.raises(StaleIndexError, match="python -m index build"):
        LiveIndex(IndexSettings(aside.corpus, aside.data, str(other)), load_model=aside.load_model)


def test_a_changed_prompt_or_cutting_rule_is_another_fingerprint(tiny_model, tmp_path, monkeypatch):
    import json
    import shutil

    from index import embedding

    before = embedding.find_model(str(tiny_model)).fingerprint
    copied = tmp_path / "model"
    shutil.copytree(tiny_model, copied)
    assert embedding.find_model(str(copied)).fingerprint == before
    path = copied / "config_sentence_transformers.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "prompts": {"query": "q: ", "passage": "p: "}}))
    with_prompts = embedding.find_model(str(copied)).fingerprint
    monkeypatch.setattr(embedding, "CUTTING_RULES", embedding.CUTTING_RULES + 1)
    assert len({before, with_prompts, embedding.find_model(str(copied)).fingerprint}) == 3

"""Every file of a generation is damaged in turn: it is named, the generation before answers, and a build mends it."""

from __future__ import annotations

import json
import logging
import shutil
from contextlib import closing

import pytest

from index.content import Content
from index.errors import DamagedIndexError, NoIndexError
from index.generation import hold_current
from index.manifest import damaged_files
from tests.index.conftest import NEW, OLD

FILES = (
    "CURRENT",
    "manifest.json",
    "content.sqlite3",
    "lexical.data.npy",
    "lexical.indices.npy",
    "lexical.indptr.npy",
    "lexical.params.json",
    "lexical.terms.json",
    "lexical.words.txt",
    "passages.faiss",
    "sentences.npy",
    "weights.json",
    "words.npy",
)


def delete(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


DAMAGES = (delete, empty, cut, zero, flip_a_bit)


def path_of(aside, file):
    return aside.data / file if file == "CURRENT" else aside.current / file


def test_no_file_is_forgotten(two_generations):
    assert {"CURRENT", *(path.name for path in two_generations.current.iterdir())} == set(FILES)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("file", FILES)
def test_damage_is_named_survived_and_mended(two_generations, command, monkeypatch, caplog, file, damage):
    aside = two_generations
    monkeypatch.setenv("EMBEDDING_MODEL", aside.settings.embedding_model)
    damage(path_of(aside, file))

    verified = command("verify", "--data", aside.data)
    assert verified.code == 3
    assert file in verified.err
    assert "python -m index build" in verified.err

    with caplog.at_level(logging.ERROR), closing(aside.open()) as index:
        # A pointer that is lost says nothing against the newest generation.
        assert (NEW if file == "CURRENT" else OLD) in aside.texts(index)
        assert index.ask("What is a new sentence?").generation == index.status().generation
        assert index.poll() is False
    logged = [record.getMessage() for record in caplog.records if record.name == "index.live"]
    assert ["serves instead" in message for message in logged] == [True]

    assert command("build", "--corpus", aside.corpus, "--data", aside.data).code == 0
    assert command("verify", "--data", aside.data).code == 0
    with closing(aside.open()) as index:
        assert NEW in aside.texts(index)


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("file", FILES)
def test_damage_under_a_running_bot_harms_no_answer(two_generations, file, damage):
    aside = two_generations
    with closing(aside.open()) as index:
        written = {OLD, *aside.texts(index)}
        damage(path_of(aside, file))
        assert index.poll() is False
        for _ in range(3):
            answer = index.ask("What is a new sentence?")
            for quote in (*answer.quotes, *answer.nearest):
                assert quote.text in written
        aside.build(force=True)
        assert index.poll() is True
        assert NEW in aside.texts(index)


def test_a_letter_that_changes_in_an_open_file_is_never_quoted(aside):
    aside.write("news.txt", NEW)
    aside.build()
    path = aside.current / "content.sqlite3"
    with closing(Content(path)) as content:
        with path.open("rb+") as file:
            data = file.read()
            file.seek(data.index(NEW.encode()))
            file.write(b"B")
        with pytest.raises(DamagedIndexError, match="content"):
            content.passage_of("news.txt", 1)


def test_damage_to_the_only_generation_is_told_and_mended(aside):
    aside.build()
    flip_a_bit(aside.current / "passages.faiss")
    with pytest.raises(DamagedIndexError, match=r"passages\.faiss"):
        aside.open()
    aside.build()
    aside.open().close()


def test_a_damaged_stand_in_is_passed_over(aside, command):
    aside.build()
    aside.write("news.txt", NEW)
    aside.build()
    for folder in (aside.data / "generations").iterdir():
        cut(folder / "content.sqlite3")
    with pytest.raises(DamagedIndexError):
        aside.open()
    report = aside.build()
    assert [path.name for path in (aside.data / "generations").iterdir()] == [report.manifest.name]


def test_two_damaged_files_are_both_named(two_generations, command):
    cut(two_generations.current / "passages.faiss")
    zero(two_generations.current / "sentences.npy")
    verified = command("verify", "--data", two_generations.data)
    assert "passages.faiss" in verified.err
    assert "sentences.npy" in verified.err


def test_text_that_moved_is_found_though_the_checksums_match(aside):
    """`verify` compares the offsets with the documents too."""
    import sqlite3

    aside.build()
    with closing(sqlite3.connect(aside.current / "content.sqlite3")) as database, database:
        database.execute("UPDATE passages SET start = start + 1 WHERE id = 1")
    with closing(Content(aside.current / "content.sqlite3")) as content:
        assert list(content.wrong_offsets()) == ["passage 2 of cats.md is not at its offsets"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "000009-ffffff"},
        {"files": {"../../CURRENT": {"size": 1, "sha256": ""}}},
        {"files": {"/etc/passwd": {"size": 1, "sha256": ""}}},
        {"files": {"content.sqlite3": {"size": "1", "sha256": ""}}},
        {"passages": -1},
        {"passages": True},
        {"created": "yesterday"},
        {"rejected": ["a"]},
        {"settings": {"a": 1}},
        {"model": None},
        {"surplus": 1},
    ],
    ids=str,
)
def test_a_manifest_of_a_stranger_is_refused(aside, change):
    """Its own digest is right, and still every field is looked at."""
    from index.manifest import body_digest

    aside.build()
    path = aside.current / "manifest.json"
    body = {**json.loads(path.read_text())["manifest"], **change}
    path.write_text(json.dumps({"sha256": body_digest(body), "manifest": body}))
    with pytest.raises(DamagedIndexError, match=r"manifest\.json is not what was written"):
        hold_current(aside.data)


@pytest.mark.parametrize("text", ["", "\0" * 14, "../../etc", "000001-abcdef\nprevious ../x", "9" * 150], ids=repr)
def test_a_pointer_that_names_no_generation_is_refused(aside, text):
    aside.build()
    (aside.data / "CURRENT").write_text(text)
    with pytest.raises(DamagedIndexError, match="CURRENT does not name a generation"):
        hold_current(aside.data)


def test_a_data_folder_without_generations_holds_no_index(aside):
    aside.build()
    (aside.data / "CURRENT").unlink()
    shutil.rmtree(aside.data / "generations")
    with pytest.raises(NoIndexError):
        hold_current(aside.data)


def test_what_was_written_is_whole(two_generations):
    with closing(hold_current(two_generations.data)) as held:
        assert damaged_files(held.folder, held.manifest) == []

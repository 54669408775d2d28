"""A build costs what changed, goes on where it was interrupted, and says beforehand what it would do."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from index import build as build_module
from index import documents
from index.cache import cache_path
from index.errors import CorpusError
from index.formats.extract import UnreadableError
from index.generation import current_name, hold_current
from index.manifest import FORMAT


def files_of(folder):
    return {
        path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_changed_document_costs_its_changed_passages(aside):
    first = aside.build()
    aside.write("dogs.md", "The dog barks at the moon. Nobody knows why.", "A dog has four paws and a nose.")
    second = aside.build()
    assert first.embedded > 2
    assert second.embedded == 1  # One passage of one sentence, whose text is the same as the passage's.
    assert second.manifest.number == first.manifest.number + 1


def test_nothing_is_built_when_nothing_changed(aside):
    first = aside.build()
    second = aside.build()
    assert second.up_to_date
    assert second.manifest == first.manifest


def test_unchanged_files_are_not_read_again(aside, monkeypatch):
    aside.build()
    aside.write("birds.txt", "A bird sings.")
    read = []
    monkeypatch.setattr(
        build_module,
        "read_document",
        lambda name, path, *rest: read.append(name) or documents.read_document(name, path),
    )
    aside.build()
    assert read == ["birds.txt"]
    with closing(aside.open()) as index:
        assert "A bird sings." in aside.texts(index)
        assert "A cat has four paws and a tail." in aside.texts(index)
    aside.build(force=True)
    assert read == ["birds.txt", "birds.txt", "cats.md", "dogs.md"]


def test_a_document_taken_from_the_last_generation_is_stored_alike(aside, monkeypatch):
    aside.write("titled.md", "---\ntitle: On paws\nsource: https://example.org/paws\n---", "# Paws", "Four paws.")
    aside.build()
    with closing(aside.open()) as index:
        before = index.sources(), index.passage("titled.md", 1)
    aside.write("birds.txt", "A bird sings.")
    aside.build()
    with closing(aside.open()) as index:
        after = [source for source in index.sources() if source.document != "birds.txt"], index.passage("titled.md", 1)
    assert (list(before[0]), before[1]) == after


def test_a_removed_document_goes(aside):
    aside.build()
    (aside.corpus / "dogs.md").unlink()
    report = aside.build()
    assert (report.manifest.documents, report.embedded) == (1, 0)
    with closing(aside.open()) as index:
        assert [source.document for source in index.sources()] == ["cats.md"]


def test_a_change_of_other_settings_makes_a_generation_and_embeds_nothing(aside, monkeypatch):
    first = aside.build()
    ordinary = build_module.settings_of
    monkeypatch.setattr(build_module, "settings_of", lambda model: {**ordinary(model), "lexical": "another stemmer"})
    second = aside.build()
    assert not second.up_to_date
    assert second.embedded == 0
    assert second.manifest.settings["lexical"] == "another stemmer"
    assert second.manifest.fingerprint == first.manifest.fingerprint


def test_a_format_of_another_version_is_built_anew_without_embedding(aside, monkeypatch):
    monkeypatch.setattr("index.manifest.FORMAT", FORMAT - 1)
    aside.build()
    monkeypatch.undo()
    monkeypatch.chdir(aside.data.parent)
    report = aside.build()
    assert (report.up_to_date, report.embedded) == (False, 0)


def test_an_interrupted_build_continues_where_it_was(aside, monkeypatch):
    monkeypatch.setattr(build_module, "_CHUNK", 2)

    def stop_at(done_before_stopping):
        def progress(doing, done, of):
            if doing == "embedding" and done >= done_before_stopping:
                raise KeyboardInterrupt

        return progress

    with pytest.raises(KeyboardInterrupt):
        aside.build(progress=stop_at(4))
    planned = build_module.plan(aside.settings, load_model=aside.load_model)
    report = aside.build()
    assert planned.to_embed == report.embedded
    assert report.embedded + 4 == len({*_all_texts(aside)})


def _all_texts(aside):
    with closing(aside.open()) as index:
        passages = aside.texts(index)
        for source in index.sources():
            for number in range(1, source.passages + 1):
                passage = index._serving.reader.content.passage_of(source.document, number)
                passages |= {passage.text[s.start - passage.start : s.end - passage.start] for s in passage.sentences}
    return passages


def test_vectors_of_the_generation_before_are_kept_for_a_rollback(aside):
    aside.build()
    text = (aside.corpus / "dogs.md").read_text()
    aside.write("dogs.md", "Something else entirely.")
    aside.build()
    aside.write("dogs.md", text)
    assert aside.build().embedded == 0


@pytest.mark.parametrize("damage", ["emptied", "cut", "zeroed", "no database"])
def test_a_damaged_cache_is_mended(aside, damage):
    report = aside.build()
    path = cache_path(aside.data, report.manifest.fingerprint)
    data = bytearray(path.read_bytes())
    if damage == "emptied":
        data = bytearray()
    elif damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "zeroed":
        data = bytearray(len(data))
    else:
        data = bytearray(b"something else")
    path.write_bytes(data)
    aside.write("birds.txt", "A bird sings.")
    report = aside.build()
    assert report.manifest.documents == 3
    with closing(aside.open()) as index:
        assert "A bird sings." in aside.texts(index)


def test_a_flipped_vector_is_embedded_again(aside):
    report = aside.build()
    with closing(sqlite3.connect(cache_path(aside.data, report.manifest.fingerprint))) as database, database:
        key, vector = database.execute("SELECT key, vector FROM vectors LIMIT 1").fetchone()
        flipped = bytes([vector[0] ^ 1]) + vector[1:]
        database.execute("UPDATE vectors SET vector = ? WHERE key = ?", (flipped, key))
    shutil.rmtree(aside.data / "generations")
    assert aside.build().embedded == 1


def test_a_dry_run_says_what_would_happen_and_writes_nothing(aside):
    aside.build()
    aside.write("cats.md", "The cat sleeps all day. It wakes up at night.", "A cat has nine lives.")
    aside.write("birds.txt", "A bird sings.")
    (aside.corpus / "dogs.md").unlink()
    (aside.corpus / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    before = files_of(aside.data)
    would = build_module.plan(aside.settings, load_model=aside.load_model)
    assert files_of(aside.data) == before
    assert (would.new, would.changed, would.removed, would.unchanged) == (("birds.txt",), ("cats.md",), ("dogs.md",), 0)
    assert list(would.rejected) == ["broken.pdf"]
    report = aside.build()
    assert (would.to_embed, would.texts, would.passages) == (report.embedded, report.texts, report.manifest.passages)


def test_a_dry_run_shows_no_name_that_steers_the_terminal(aside, monkeypatch, command):
    monkeypatch.setenv("EMBEDDING_MODEL", aside.settings.embedding_model)
    aside.write("\x1b]0;steered\x07.md", "A text.")
    ran = command("build", "--dry-run", "--corpus", aside.corpus, "--data", aside.data)
    assert "steered" in ran.out
    assert not {"\x1b", "\x07"} & set(ran.out)


@pytest.fixture
def tried(monkeypatch):
    """The names of the files that were read; `cats.md` takes too long."""
    names = []

    def read(name, path, *_):
        names.append(name)
        if name == "cats.md":
            raise UnreadableError("reading it takes longer than 60 seconds")
        return documents.read_document(name, path)

    monkeypatch.setattr(build_module, "read_document", read)
    return names


def test_what_was_read_too_slowly_is_tried_again(aside, tried, monkeypatch):
    first = aside.build()
    assert first.manifest.rejected == {"cats.md": "reading it takes longer than 60 seconds"}
    tried.clear()
    assert aside.build().manifest.name == first.manifest.name
    assert tried == ["cats.md"]
    monkeypatch.setattr(build_module, "read_document", lambda name, path, *rest: documents.read_document(name, path))
    again = aside.build()
    assert (again.up_to_date, again.manifest.documents) == (False, 2)
    assert aside.build().up_to_date


@pytest.mark.usefixtures("tried")
def test_a_rollback_stands_though_a_file_is_read_too_slowly(aside):
    good = aside.build().manifest.name
    aside.write("bad.md", "This should not be here.")
    bad = aside.build().manifest.name
    build_module.go_back(aside.settings)
    for _ in range(2):
        report = aside.build()
        assert (report.manifest.name, report.undone) == (good, bad)


def test_a_data_folder_inside_the_corpus_is_no_part_of_it(aside):
    inside = replace(aside.settings, data_dir=aside.corpus / "kept" / "data")
    for _ in range(2):
        report = build_module.build(inside, load_model=aside.load_model)
        assert report.manifest.documents == 2
    assert report.up_to_date


def test_a_folder_is_not_corpus_and_data_at_once(aside):
    with pytest.raises(CorpusError, match="is the corpus and the data folder"):
        build_module.build(replace(aside.settings, data_dir=aside.corpus), load_model=aside.load_model)


def test_a_dry_run_without_an_index_makes_no_folder(aside, monkeypatch, command):
    monkeypatch.setenv("EMBEDDING_MODEL", aside.settings.embedding_model)
    ran = command("build", "--dry-run", "--corpus", aside.corpus, "--data", aside.data)
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["+ cats.md", "+ dogs.md"]
    assert not aside.data.exists()
    aside.build()
    ran = command("build", "--dry-run", "--corpus", aside.corpus, "--data", aside.data)
    assert "2 unchanged; up to date, nothing would be built" in ran.out


def test_an_empty_corpus_leaves_the_last_index(aside):
    name = aside.build().manifest.name
    for path in aside.corpus.iterdir():
        path.unlink()
    with pytest.raises(CorpusError):
        aside.build()
    assert current_name(aside.data) == name


def test_names_that_read_alike_are_told_apart(aside):
    try:
        for raw in (b"a\x80.md", b"a\x81.md"):
            (aside.corpus / raw.decode("utf-8", "surrogateescape")).write_text("Some text.")
    except OSError:
        pytest.skip("this file system takes no names that are not UTF-8")
    report = aside.build()
    assert report.manifest.documents == 3
    assert ["another file is named" in reason for reason in report.manifest.rejected.values()] == [True]


@contextmanager
def held(data):
    with closing(hold_current(data)) as it:
        yield it


def test_a_reader_keeps_its_generation_while_others_come(aside):
    aside.build()
    with held(aside.data) as old:
        for number in range(3):
            aside.write("birds.txt", f"Bird {number} sings.")
            aside.build()
        assert (old.folder / "content.sqlite3").exists()
    aside.write("birds.txt", "All birds sing.")
    aside.build()
    assert not old.folder.exists()
    assert len(list((aside.data / "generations").iterdir())) == 2

"""The stored documents: what was written is read, and a passage that is not at its offsets is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from index.content import Content, CutDocument, write_content
from index.documents import Document
from index.errors import DamagedIndexError
from index.passages import cut

TEXT = "Un chat 🔥 noir. Il dort !\r\n\r\nUn second paragraphe, e\u0301crit à la main."


@pytest.fixture
def stored(tmp_path):
    document = Document("a/é 🔥.txt", "Un titre", "https://example.org", "2026-02-24", "fr", TEXT, None)
    passages = cut(document, lambda texts: [len(text.split()) for text in texts], 200)
    write_content(tmp_path / "content", [CutDocument(document, passages, b"")])
    return tmp_path / "content"


def test_documents_and_passages_come_back_to_the_letter(stored):
    with closing(Content(stored)) as content:
        (source,) = content.sources()
        assert (source.document, source.title, source.passages) == ("a/é 🔥.txt", "Un titre", 2)
        first, second = content.passage(0), content.passage(1)
        assert first.text == "Un chat 🔥 noir. Il dort !"
        assert [TEXT[start:end] for start, end in first.sentences] == ["Un chat 🔥 noir.", "Il dort !"]
        assert TEXT[second.start : second.end] == second.text
        assert content.passage_of("a/é 🔥.txt", 2) == second
        assert content.passage_of("a/é 🔥.txt", 3) is None
        assert list(content.wrong_offsets()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE passages SET start = start + 1 WHERE id = 0", "passage 1 of"),
        ('UPDATE passages SET "end" = 9999 WHERE id = 1', "passage 2 of"),
        ("UPDATE documents SET text = replace(text, 'noir', 'gris')", "passage 1 of"),
        ("UPDATE sentences SET start = -5 WHERE id = 0", "a sentence of passage 1"),
        ("DELETE FROM sentences WHERE id = 1", "lacks sentences"),
    ],
)
def test_what_is_not_at_its_offsets_is_told(stored, change, said):
    with closing(sqlite3.connect(stored)) as database:
        database.execute(change)
        database.commit()
    with closing(Content(stored)) as content:
        assert said in next(iter(content.wrong_offsets()))


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_database_is_named(tmp_path, data):
    (tmp_path / "content").write_bytes(data)
    with pytest.raises(DamagedIndexError, match="python -m index build"):
        Content(tmp_path / "content")


def test_nothing_is_written_to_it(stored):
    stored.chmod(0o400)
    before = stored.read_bytes()
    with closing(Content(stored)) as content:
        content.passage(0), content.passage(1)
    assert stored.read_bytes() == before
    assert [path.name for path in stored.parent.glob("content*")] == ["content"]

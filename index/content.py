"""The documents of a generation and where their passages and sentences are: one SQLite file, read-only once written.

Row numbers are those of the vectors: passage 0 is row 0 of the passage vectors.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.answer import Source
from index.documents import Document
from index.errors import BUILD_COMMAND, DamagedIndexError
from index.paragraphs import Span
from index.passages import Passage

_SCHEMA = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE, title TEXT, source TEXT, date TEXT, language TEXT, text TEXT,
    passages INTEGER, file_digest BLOB);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, document INTEGER, number INTEGER, start INTEGER, "end" INTEGER, heading TEXT,
    context TEXT, digest BLOB, first_sentence INTEGER, sentences INTEGER);
CREATE TABLE sentences (id INTEGER PRIMARY KEY, start INTEGER, "end" INTEGER);
CREATE INDEX passages_of_document ON passages (document, number);
"""
_PASSAGES = """
    SELECT p.id, d.name, d.title, d.source, d.date, d.language, p.heading, p.context, p.number, p.start, p."end",
           substr(d.text, p.start + 1, p."end" - p.start), p.digest, p.first_sentence
    FROM passages p JOIN documents d ON d.id = p.document WHERE
"""
_SENTENCES = """
    SELECT p.id, s.start, s."end" FROM passages p
    JOIN sentences s ON s.id >= p.first_sentence AND s.id < p.first_sentence + p.sentences
    WHERE p.id IN ({}) ORDER BY s.id
"""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what is known of its document; `number` counts from 1, `sentences` are offsets in the document.

    `row` is its row in the passage vectors, `first_sentence` that of its first sentence in the sentence vectors.
    """

    row: int
    document: str
    title: str
    source: str
    date: str
    language: str
    heading: str
    context: str
    number: int
    start: int
    end: int
    text: str
    first_sentence: int
    sentences: tuple[Span, ...]

    @property
    def sentence_texts(self) -> list[str]:
        """The text of each sentence."""
        return [self.text[start - self.start : end - self.start] for start, end in self.sentences]


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document with its passages; `file_digest` is that of the file it was read from."""

    document: Document
    passages: list[Passage]
    file_digest: bytes


def write_content(path: Path, documents: Iterable[CutDocument]) -> None:
    """Write the documents and their passages to a new file at `path`; the caller syncs it."""
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_SCHEMA)
        passage_row = sentence_row = 0
        for row, entry in enumerate(documents):
            document = entry.document
            database.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row,
                    document.name,
                    document.shown_title,
                    document.source,
                    document.date,
                    document.language,
                    document.text,
                    len(entry.passages),
                    entry.file_digest,
                ),
            )
            for number, passage in enumerate(entry.passages, start=1):
                database.execute(
                    "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        passage_row,
                        row,
                        number,
                        passage.start,
                        passage.end,
                        passage.heading,
                        passage.context,
                        _digest(passage.text),
                        sentence_row,
                        len(passage.sentences),
                    ),
                )
                database.executemany(
                    "INSERT INTO sentences VALUES (?, ?, ?)",
                    [(sentence_row + offset, *span) for offset, span in enumerate(passage.sentences)],
                )
                passage_row += 1
                sentence_row += len(passage.sentences)
        database.commit()
    finally:
        database.close()


class Content:
    """A generation's documents and passages. Not safe to call from several threads at once."""

    def __init__(self, path: Path) -> None:
        """Open the file read-only; raises `DamagedIndexError` when it is not what `write_content` wrote."""
        self._path = path
        try:
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
            # The file may be anybody's: no function or view of its schema is run, and its pages are checked.
            self._database.executescript(
                "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
            )
            self._database.execute("SELECT id FROM passages LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            raise self._damaged() from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def passage(self, row: int) -> StoredPassage:
        """The passage at a row of the vectors."""
        found = self._passages("p.id = ?", (row,))
        if not found:
            raise self._damaged()
        return found[0]

    def passage_of(self, document: str, number: int) -> StoredPassage | None:
        """A document's passage by its number, from 1; None where there is none."""
        found = self._passages("d.name = ? AND p.number = ?", (document, number))
        return found[0] if found else None

    def sources(self) -> Iterator[Source]:
        """The documents, by name."""
        query = "SELECT name, title, source, date, language, passages FROM documents ORDER BY name"
        try:
            for row in self._database.execute(query):
                yield Source(*row)
        except sqlite3.DatabaseError as error:
            raise self._damaged() from error

    def file_digests(self) -> dict[str, bytes]:
        """The digest of the file that each document was read from, by the document's name."""
        return dict(self._database.execute("SELECT name, file_digest FROM documents"))

    def cut_document(self, name: str) -> CutDocument:
        """A document, ready to be written again; its title is the one shown, its headings are gone."""
        row = self._database.execute(
            "SELECT id, title, source, date, language, text, file_digest FROM documents WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            raise self._damaged()
        number, title, source, date, language, text, file_digest = row
        document = Document(name, title, source, date, language, text, headings=None)
        rows = self._database.execute(
            """SELECT start, "end", heading, context, first_sentence, sentences FROM passages
               WHERE document = ? ORDER BY number""",
            (number,),
        )
        passages = [
            Passage(start, end, text[start:end], heading, context, self._sentences(first, count))
            for start, end, heading, context, first, count in rows.fetchall()
        ]
        return CutDocument(document, passages, file_digest)

    def wrong_offsets(self) -> Iterator[str]:
        """What does not hold: a passage or a sentence that is not the slice it should be, in words."""
        passages = """SELECT p.id, p.start, p."end", p.digest, p.first_sentence, p.sentences, p.number
                      FROM passages p WHERE p.document = ? ORDER BY p.number"""
        for document, name, text in self._database.execute("SELECT id, name, text FROM documents ORDER BY id"):
            for _, start, end, digest, first, count, number in self._database.execute(passages, (document,)):
                if not 0 <= start < end <= len(text) or _digest(text[start:end]) != digest:
                    yield f"passage {number} of {name} is not at its offsets"
                    continue
                position = start
                spans = self._sentences(first, count)
                for sentence_start, sentence_end in spans:
                    if not position <= sentence_start < sentence_end <= end:
                        yield f"a sentence of passage {number} of {name} is not at its offsets"
                    position = sentence_end
                if len(spans) != count:
                    yield f"passage {number} of {name} lacks sentences"

    def _passages(self, which: str, values: Sequence[object]) -> list[StoredPassage]:
        try:
            found = self._database.execute(_PASSAGES + which, values).fetchall()
            sentences: dict[int, list[Span]] = defaultdict(list)
            rows = [columns[0] for columns in found]
            for row, *span in self._database.execute(_SENTENCES.format(_marks(rows)), rows):
                sentences[row].append(Span(*span))
            return [self._stored(columns, tuple(sentences[columns[0]])) for columns in found]
        except (sqlite3.DatabaseError, TypeError, ValueError, AttributeError) as error:
            raise self._damaged() from error

    def _stored(self, columns: Sequence[Any], sentences: tuple[Span, ...]) -> StoredPassage:
        row, name, title, source, date, language, heading, context, *place = columns
        number, start, end, text, digest, first = place
        # A quote is what was written, also when a byte of the file has changed since it was opened.
        if _digest(text) != digest:
            raise self._damaged()
        return StoredPassage(
            row=row,
            document=name,
            title=title,
            source=source,
            date=date,
            language=language,
            heading=heading,
            context=context,
            number=number,
            start=start,
            end=end,
            text=text,
            first_sentence=first,
            sentences=sentences,
        )

    def _sentences(self, first: int, count: int) -> tuple[Span, ...]:
        query = 'SELECT start, "end" FROM sentences WHERE id >= ? AND id < ? ORDER BY id'
        return tuple(Span(*span) for span in self._database.execute(query, (first, first + count)))

    def _damaged(self) -> DamagedIndexError:
        return DamagedIndexError(f"The index is damaged: {self._path} cannot be read.", BUILD_COMMAND)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()

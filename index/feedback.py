"""What was asked and how the answers were judged: one SQLite file, kept by the bot and read by the command line.

Who asked and where an answer was shown are opaque strings here: the bot hands in a keyed hash and its own message ids.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from index.answer import Answer, Highlight, Quote
from index.errors import DamagedIndexError, StorageError

FEEDBACK_FILE = "feedback.sqlite3"

MOST_ANSWERS = 20_000
"""Answers that nobody judged are kept up to this number (about 3 kB each), the newest ones; judged ones stay."""

_WAIT_SECONDS = 5.0
_WAIT_TO_DELETE_SECONDS = 0.25  # Whoever presses a button waits as long.

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asked_at REAL NOT NULL, asker TEXT NOT NULL,
    place TEXT NOT NULL, kind TEXT NOT NULL, previous TEXT NOT NULL, answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_place ON answers (place, number);
CREATE INDEX IF NOT EXISTS answers_by_asker ON answers (asker);
CREATE INDEX IF NOT EXISTS answers_going_on ON answers (number) WHERE previous != '[]' AND previous != '[""]';
CREATE TABLE IF NOT EXISTS shown (
    message TEXT PRIMARY KEY, answer TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shown_by_answer ON shown (answer);
CREATE TABLE IF NOT EXISTS verdicts (
    answer TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE, judge TEXT NOT NULL, judged_at REAL NOT NULL,
    helpful INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (answer, judge)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was shown, with the questions that came before it in the conversation, oldest first.

    One that was forgotten is empty.
    """

    answer: Answer
    previous: tuple[str, ...]
    asked_at: float

    @property
    def conversation(self) -> tuple[str, ...]:
        """The questions a follow-up of this answer has before it."""
        return (*self.previous, self.answer.question)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody thought of an answer; `judged_at` in seconds since the epoch."""

    answer: Answer
    previous: tuple[str, ...]
    helpful: bool
    reason: str
    judged_at: float


class Feedback:
    """The file; `path` None keeps everything in memory, until the process ends. Single-caller."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Nobody else is to read it, nor what SQLite puts beside it, with the same rights. It says what is wrong.
            with suppress(OSError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._base = sqlite3.connect(
            path or ":memory:", isolation_level=None, timeout=_WAIT_SECONDS, check_same_thread=False
        )
        # A write-ahead log lets the command line read while the bot writes.
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.execute("PRAGMA foreign_keys = ON")
        self._base.execute("PRAGMA secure_delete = ON")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def keep(self, answer: Answer, *, asker: str, place: str, previous: Sequence[str] = ()) -> None:
        """Keep an answer under its id; the oldest unjudged one beyond `MOST_ANSWERS` goes."""
        self._base.execute(
            "INSERT OR REPLACE INTO answers (id, asked_at, asker, place, kind, previous, answer)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                answer.id,
                time.time(),
                asker,
                place,
                answer.kind,
                json.dumps(list(previous)),
                json.dumps(asdict(answer)),
            ),
        )
        self._base.execute(
            "DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?"
            " AND id NOT IN (SELECT answer FROM verdicts)",
            (MOST_ANSWERS,),
        )
        # Whose the questions before an old one were is no longer known, so that nobody could have them deleted.
        self._base.execute(
            "UPDATE answers SET previous = '[\"\"]' WHERE previous != '[]' AND previous != '[\"\"]'"
            " AND number <= (SELECT max(number) FROM answers) - ?",
            (MOST_ANSWERS,),
        )

    def show(self, answer_id: str, message: str) -> None:
        """Note that a message shows an answer, for the replies to it; pass over one that is no longer kept."""
        self._base.execute(
            "INSERT OR REPLACE INTO shown (message, answer) SELECT ?, id FROM answers WHERE id = ?",
            (message, answer_id),
        )

    def answer(self, answer_id: str) -> KeptAnswer | None:
        """A kept answer by its id."""
        return self._one("SELECT answer, previous, asked_at FROM answers WHERE id = ?", answer_id)

    def answer_shown_in(self, message: str) -> KeptAnswer | None:
        """The answer that a message shows."""
        return self._one(
            "SELECT a.answer, previous, asked_at FROM answers a JOIN shown s ON s.answer = a.id WHERE message = ?",
            message,
        )

    def latest_in(self, place: str, since: float) -> KeptAnswer | None:
        """The last answer given in a place, if it is not older than `since` (epoch seconds)."""
        return self._one(
            "SELECT answer, previous, asked_at FROM answers WHERE place = ? AND asked_at >= ?"
            " ORDER BY number DESC LIMIT 1",
            place,
            since,
        )

    def judge(self, answer_id: str, *, judge: str, helpful: bool) -> bool:
        """Note a verdict, the last one of a judge counting; False when the answer is no longer kept.

        A reason stays with the verdict that it was given for.
        """
        changed = self._base.execute(
            "INSERT INTO verdicts (answer, judge, judged_at, helpful) SELECT id, ?, ?, ? FROM answers WHERE id = ?"
            " ON CONFLICT (answer, judge) DO UPDATE SET helpful = excluded.helpful, judged_at = excluded.judged_at,"
            " reason = CASE WHEN helpful = excluded.helpful THEN reason ELSE '' END",
            (judge, time.time(), helpful, answer_id),
        ).rowcount
        return changed > 0

    def explain(self, answer_id: str, *, judge: str, reason: str) -> bool:
        """Add a reason to a verdict; False when that is no longer kept."""
        changed = self._base.execute(
            "UPDATE verdicts SET reason = ? WHERE answer = ? AND judge = ?", (reason, answer_id, judge)
        ).rowcount
        return changed > 0

    def forget(self, person: str) -> tuple[int, int]:
        """Delete what a person asked and judged: how many answers and how many verdicts went.

        A question of theirs is deleted where it stands before somebody else's, too.
        """
        # First, so that whatever fails after it leaves what a second try needs to find them.
        self._forget_before_others(person)
        verdicts = self._base.execute(
            "DELETE FROM verdicts WHERE judge = ? OR answer IN (SELECT id FROM answers WHERE asker = ?)",
            (person, person),
        ).rowcount
        answers = self._base.execute("DELETE FROM answers WHERE asker = ?", (person,)).rowcount
        # What was deleted must not live on in the write-ahead log, where whoever reads the file just now keeps it.
        self._wait_at_most(_WAIT_TO_DELETE_SECONDS)
        try:
            [(is_kept, *_)] = self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._wait_at_most(_WAIT_SECONDS)
        if is_kept:
            raise sqlite3.OperationalError("What was deleted is still in the write-ahead log, which somebody reads.")
        return answers, verdicts

    def _wait_at_most(self, seconds: float) -> None:
        """How long to wait from now on for somebody else who uses the file."""
        self._base.execute(f"PRAGMA busy_timeout = {int(1000 * seconds)}")

    def _forget_before_others(self, person: str) -> None:
        """Empty a person's questions where they stand before those of whoever went on from them."""
        own = self._base.execute("SELECT answer FROM answers WHERE asker = ?", (person,))
        asked = {json.loads(text).get("question") for (text,) in own}
        going_on = self._base.execute("SELECT number, previous FROM answers WHERE previous != '[]'").fetchall()
        for number, previous in going_on:
            before = json.loads(previous)
            if not asked.isdisjoint(before):
                kept = ["" if question in asked else question for question in before]
                self._base.execute("UPDATE answers SET previous = ? WHERE number = ?", (json.dumps(kept), number))

    def verdicts(self) -> list[Verdict]:
        """All verdicts, the newest first."""
        rows = self._base.execute(
            "SELECT answer_json, previous, helpful, reason, judged_at FROM"
            " (SELECT a.answer AS answer_json, previous, helpful, reason, judged_at FROM verdicts v"
            "  JOIN answers a ON a.id = v.answer) ORDER BY judged_at DESC"
        )
        return [
            Verdict(answer, tuple(json.loads(previous)), bool(helpful), reason, judged_at)
            for text, previous, helpful, reason, judged_at in rows
            if (answer := _answer_from(text))
        ]

    def unanswered(self) -> list[str]:
        """The questions that the corpus did not answer, the newest first."""
        rows = self._base.execute("SELECT answer FROM answers WHERE kind = 'abstention' ORDER BY number DESC")
        return [answer.question for (text,) in rows if (answer := _answer_from(text))]

    def _one(self, query: str, *values: object) -> KeptAnswer | None:
        row = self._base.execute(query, values).fetchone()
        answer = _answer_from(row[0]) if row else None
        return KeptAnswer(answer, tuple(json.loads(row[1])), row[2]) if answer else None


def damaged(path: Path, error: sqlite3.Error) -> DamagedIndexError:
    """What is said of a file that holds no feedback."""
    return DamagedIndexError(f"{path} cannot be read: {error}.", "Move it away; the bot begins a new one.")


@contextmanager
def read_feedback(path: Path) -> Iterator[Feedback]:
    """The feedback of a file, which the bot may be writing to.

    Raises `StorageError` where it cannot be opened now, `DamagedIndexError` for one that is none.
    """
    feedback = None
    try:
        feedback = Feedback(path)
        yield feedback
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{path} cannot be read now: {error}.", "Run this as the user it is of, or try again."
        ) from error
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    finally:
        if feedback:
            feedback.close()


def _answer_from(text: str) -> Answer | None:
    """An answer as it was kept; None for one of a version whose answers were made differently."""
    try:
        fields = json.loads(text)
        for name in ("quotes", "nearest"):
            fields[name] = tuple(
                Quote(**{**quote, "highlights": tuple(Highlight(**highlight) for highlight in quote["highlights"])})
                for quote in fields[name]
            )
        return Answer(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None

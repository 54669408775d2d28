"""Keeping answers and opinions while the bot runs: off the event loop, and people only as a keyed hash.

What is kept, and how it is read, is in `index.feedback`. A disk that fails costs follow-ups and old buttons, never an
answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import discord

from index.answer import Answer
from index.errors import StorageError
from index.feedback import FEEDBACK_FILE, Feedback, KeptAnswer, damaged
from index.questions import leading_to

SALT_FILE = "feedback.salt"
_SALT_BYTES = 32
CONVERSATION_SECONDS = 30 * 60.0
"""In a thread or a direct message, a question this close to the one before is taken as its follow-up."""

MOST_PREVIOUS = 4
"""Earlier questions that go along with a follow-up."""

CONVERSATION_TYPES = (
    discord.ChannelType.private,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)
"""Channels in which talk is about one thing at a time."""

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class FeedbackKeeper:
    """The feedback of a running bot. When not `enabled`, everything stays in memory and ends with the process."""

    def __init__(self, data_dir: Path, *, enabled: bool) -> None:
        self.enabled = enabled
        self._data_dir = data_dir
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feedback")
        try:
            self._salt = _salt(data_dir / SALT_FILE) if enabled else secrets.token_bytes(_SALT_BYTES)
            self._feedback, self._on_disk = _opened(data_dir / FEEDBACK_FILE) if enabled else (Feedback(None), False)
        except (OSError, sqlite3.OperationalError) as error:
            raise StorageError(
                f"Cannot keep feedback in {data_dir}: {error}.", "Free the folder, or set FEEDBACK=off."
            ) from error
        except sqlite3.Error as error:
            raise damaged(data_dir / FEEDBACK_FILE, error) from error

    def person(self, user: int) -> str:
        """A user's id as it is kept: a keyed hash, of which the key lies in a file of its own."""
        return self._hashed(user)

    def _hashed(self, discord_id: int) -> str:
        return _keyed_hash(discord_id, self._salt)

    async def keep(self, answer: Answer, *, user: int, place: int, previous: Sequence[str]) -> None:
        """Keep an answer for its buttons and follow-ups. The channel of a direct message is somebody's, too."""
        asker, hashed = self.person(user), self._hashed(place)
        await self._try(lambda: self._feedback.keep(answer, asker=asker, place=hashed, previous=previous), None)

    async def show(self, answer_id: str, message: int) -> None:
        """Note the message that shows an answer."""
        await self._try(lambda: self._feedback.show(answer_id, str(message)), None)

    async def answer(self, answer_id: str) -> KeptAnswer | None:
        """An answer by its id, or None when it is no longer kept."""
        return await self._try(lambda: self._feedback.answer(answer_id), None)

    async def before(self, *, replied_to: int | None, place: int | None) -> tuple[str, ...]:
        """The questions before one that replies to a message, or is asked where talk is about one thing.

        `place` is given for threads and direct messages only.
        """
        kept = None
        if replied_to is not None:
            kept = await self._try(lambda: self._feedback.answer_shown_in(str(replied_to)), None)
        elif place is not None:
            since = time.time() - CONVERSATION_SECONDS
            kept = await self._try(lambda: self._feedback.latest_in(self._hashed(place), since), None)
        leading = leading_to(kept.conversation) if kept else []
        # Without the first of them the others are about nothing.
        del leading[1 : 1 - MOST_PREVIOUS]
        return tuple(leading)

    async def judge(self, answer_id: str, *, user: int, helpful: bool) -> bool:
        """Note a verdict; False when the answer is no longer kept."""
        return await self._try(
            lambda: self._feedback.judge(answer_id, judge=self.person(user), helpful=helpful), default=False
        )

    async def explain(self, answer_id: str, *, user: int, reason: str) -> bool:
        """Add the reason to a verdict; False when that is no longer kept."""
        return await self._try(
            lambda: self._feedback.explain(answer_id, judge=self.person(user), reason=reason), default=False
        )

    async def forget(self, user: int) -> tuple[int, int]:
        """Delete what a user asked and judged, also where it is kept in the file from an earlier time.

        A failure is raised: nobody is told "done" when it is not.
        """
        return await self._run(lambda: self._forget(user))

    def _forget(self, user: int) -> tuple[int, int]:
        answers, verdicts = self._feedback.forget(self.person(user))
        file, salt = self._data_dir / FEEDBACK_FILE, self._data_dir / SALT_FILE
        if not self._on_disk and file.exists() and salt.exists():
            with closing(Feedback(file)) as earlier:
                more_answers, more_verdicts = earlier.forget(_keyed_hash(user, _salt(salt)))
            return answers + more_answers, verdicts + more_verdicts
        return answers, verdicts

    def close(self) -> None:
        """Finish what is being written and close the file."""
        self._thread.submit(self._feedback.close)
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _try(self, work: Callable[[], Result], default: Result) -> Result:
        try:
            return await self._run(work)
        except sqlite3.Error as error:
            _log.error("Feedback could not be kept or read (%s); answers go on.", error)
            return default


def _keyed_hash(discord_id: int, key: bytes) -> str:
    return hashlib.blake2b(str(discord_id).encode(), key=key, digest_size=16).hexdigest()


def _opened(path: Path) -> tuple[Feedback, bool]:
    """The feedback of a file, or one in memory where the disk lets none be opened; and whether it is the file's."""
    try:
        return Feedback(path), True
    except sqlite3.OperationalError as error:
        # A lock passes: the next start finds the file free, and need not do without it until the one after.
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        _log.error("Feedback cannot be kept in %s (%s): it stays in memory, until the bot stops.", path, error)
        return Feedback(None), False


def _salt(path: Path) -> bytes:
    """The key of the hashes: made once, readable by the owner only, and never in the file that it protects.

    Raises `StorageError` for a file that holds no key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Under its name there is never a key that is not whole, and the first bot's where several start at once.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(_SALT_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            except OSError:  # A file system without hard links.
                aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    with suppress(ValueError):
        salt = bytes.fromhex(path.read_text("ascii"))
        if len(salt) == _SALT_BYTES:
            return salt
    raise StorageError(
        f"{path} does not hold a key.", "Put it back from a backup; or remove it, and nobody's old questions are known."
    )

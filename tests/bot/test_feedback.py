"""The bot keeps what was asked without keeping who asked, and a failing disk costs nobody an answer."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from bot.feedback import SALT_FILE, FeedbackKeeper
from index.errors import DamagedIndexError, StorageError
from index.feedback import FEEDBACK_FILE
from tests.bot.samples import answer, quote

ANNA = 400000000000000001


def test_a_person_is_a_keyed_hash_that_stays_the_same_over_restarts(tmp_path):
    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        asyncio.run(keeper.keep(answer(quote()), user=ANNA, place=1, previous=()))
        person = keeper.person(ANNA)
    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        assert keeper.person(ANNA) == person
        assert asyncio.run(keeper.forget(ANNA)) == (1, 0)
    with closing(FeedbackKeeper(tmp_path / "elsewhere", enabled=True)) as keeper:
        assert keeper.person(ANNA) != person
    assert stat.S_IMODE((tmp_path / SALT_FILE).stat().st_mode) == 0o600
    for file in tmp_path.glob("feedback*"):
        assert str(ANNA).encode() not in file.read_bytes()


def test_where_something_was_asked_is_kept_as_a_keyed_hash_too(tmp_path):
    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        asyncio.run(keeper.keep(answer(quote(), question="q"), user=ANNA, place=500000000000000005, previous=()))
        assert asyncio.run(keeper.before(replied_to=None, place=500000000000000005)) == ("q",)
    for file in tmp_path.glob("feedback*"):
        assert b"500000000000000005" not in file.read_bytes()


@pytest.mark.parametrize("broken", ["", "abc", "not a number of the base sixteen"])
def test_a_broken_key_is_told_instead_of_hashing_without_one(tmp_path, broken):
    (tmp_path / SALT_FILE).write_text(broken)
    with pytest.raises(StorageError, match=r"feedback\.salt.*does not hold a key"):
        FeedbackKeeper(tmp_path, enabled=True)


def test_bots_that_start_at_once_share_one_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        keepers = list(threads.map(lambda _: FeedbackKeeper(tmp_path, enabled=True), range(8)))
    assert len({keeper.person(ANNA) for keeper in keepers}) == 1
    for keeper in keepers:
        keeper.close()
    assert sorted(path.name for path in tmp_path.glob("*salt*")) == [SALT_FILE]


def test_switched_off_it_remembers_until_the_end_and_writes_nothing(tmp_path):
    with closing(FeedbackKeeper(tmp_path, enabled=False)) as keeper:
        asyncio.run(keeper.keep(answer(quote(), id="one"), user=ANNA, place=1, previous=()))
        assert asyncio.run(keeper.answer("one")) is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_nobody_else_can_read_what_people_asked(tmp_path):
    before = os.umask(0o022)
    try:
        keeper = FeedbackKeeper(tmp_path, enabled=True)
        asyncio.run(keeper.keep(answer(quote(), id="one"), user=ANNA, place=1, previous=()))
        assert {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == dict.fromkeys(
            ("feedback.salt", "feedback.sqlite3", "feedback.sqlite3-shm", "feedback.sqlite3-wal"), 0
        )
        keeper.close()
    finally:
        os.umask(before)


def test_switched_off_it_forgets_what_was_kept_before(tmp_path):
    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        asyncio.run(keeper.keep(answer(quote(), question="My secret?"), user=ANNA, place=1, previous=()))
    with closing(FeedbackKeeper(tmp_path, enabled=False)) as keeper:
        asyncio.run(keeper.keep(answer(quote(), id="another"), user=ANNA, place=1, previous=()))
        assert asyncio.run(keeper.forget(ANNA)) == (2, 0)
        assert asyncio.run(keeper.forget(ANNA)) == (0, 0)
    for file in tmp_path.glob("feedback*"):
        assert b"My secret?" not in file.read_bytes()


def test_nobody_is_told_that_nothing_is_kept_where_the_file_cannot_be_read(tmp_path):
    with closing(FeedbackKeeper(tmp_path, enabled=True)):
        pass
    (tmp_path / FEEDBACK_FILE).write_bytes(b"no database at all" * 100)
    with closing(FeedbackKeeper(tmp_path, enabled=False)) as keeper, pytest.raises(sqlite3.Error):
        asyncio.run(keeper.forget(ANNA))


def test_a_conversation_is_followed_by_reply_or_by_place_and_not_for_ever(tmp_path):
    async def scene(keeper):
        previous = ()
        for number in range(8):
            await keeper.keep(
                answer(quote(), id=f"id{number}", question=f"{'and' if number else 'Who is'} q{number}?"),
                user=ANNA,
                place=7,
                previous=previous,
            )
            await keeper.show(f"id{number}", 100 + number)
            previous = await keeper.before(replied_to=100 + number, place=7)
        assert await keeper.before(replied_to=102, place=7) == ("Who is q0?", "and q1?", "and q2?")
        assert await keeper.before(replied_to=999, place=7) == ()
        assert await keeper.before(replied_to=None, place=None) == ()
        assert await keeper.before(replied_to=None, place=7) == previous
        return previous

    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        assert asyncio.run(scene(keeper)) == ("Who is q0?", "and q5?", "and q6?", "and q7?")


def test_a_conversation_keeps_its_subject_over_many_short_messages(tmp_path):
    said = ("Who is Dario Amodei?", "and why?", "and when?", "thanks", "and where?", "how?", "why?")

    async def scene(keeper):
        for question in said:
            previous = await keeper.before(replied_to=None, place=7)
            await keeper.keep(answer(quote(), id=question, question=question), user=ANNA, place=7, previous=previous)
        return await keeper.before(replied_to=None, place=7)

    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        assert asyncio.run(scene(keeper)) == ("Who is Dario Amodei?",)


def test_a_disk_that_fails_costs_the_memory_and_not_the_answer(tmp_path, caplog):
    async def scene(keeper):
        await keeper.keep(answer(quote()), user=ANNA, place=1, previous=())
        assert await keeper.answer("abcDEF123_-x") is None
        assert not await keeper.judge("abcDEF123_-x", user=ANNA, helpful=True)
        with pytest.raises(sqlite3.Error):
            await keeper.forget(ANNA)

    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        with sqlite3.connect(tmp_path / FEEDBACK_FILE) as other:
            for table in ("shown", "verdicts", "answers"):
                other.execute(f"DROP TABLE {table}")
        asyncio.run(scene(keeper))
    assert "Feedback could not be kept or read" in caplog.text


def test_a_folder_that_refuses_is_told_in_one_line(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match=r"Cannot keep feedback in .*Free the folder, or set FEEDBACK=off\."):
        FeedbackKeeper(tmp_path / "data", enabled=True)


def test_a_file_that_is_no_database_is_told_to_be_moved_away(tmp_path):
    (tmp_path / FEEDBACK_FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(DamagedIndexError) as told:
        FeedbackKeeper(tmp_path, enabled=True)
    assert str(told.value) == (
        f"{tmp_path / FEEDBACK_FILE} cannot be read: file is not a database. Move it away; the bot begins a new one."
    )


def test_a_disk_that_lets_no_file_be_opened_costs_no_start(tmp_path, caplog):
    (tmp_path / FEEDBACK_FILE).mkdir()
    with closing(FeedbackKeeper(tmp_path, enabled=True)) as keeper:
        asyncio.run(keeper.keep(answer(quote(), id="one", question="q"), user=ANNA, place=1, previous=()))
        assert asyncio.run(keeper.before(replied_to=None, place=1)) == ("q",)
    assert [record.getMessage() for record in caplog.records if record.name == "bot.feedback"] == [
        f"Feedback cannot be kept in {tmp_path / FEEDBACK_FILE} (unable to open database file): "
        "it stays in memory, until the bot stops."
    ]


def test_a_file_that_is_locked_is_told_in_one_line_since_a_lock_passes(tmp_path):
    with closing(sqlite3.connect(tmp_path / FEEDBACK_FILE, isolation_level=None)) as other:
        other.execute("CREATE TABLE something (other)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match=r"Cannot keep feedback in .*: database is locked\."):
            FeedbackKeeper(tmp_path, enabled=True)

"""What people asked and thought is kept, forgotten on request, and told on the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from index import feedback as feedback_module
from index.cli import main
from index.errors import StorageError
from index.feedback import FEEDBACK_FILE, Feedback, read_feedback
from index.feedback_report import eval_rows, grouped
from tests.bot.samples import answer, quote


@pytest.fixture
def path(tmp_path):
    return tmp_path / FEEDBACK_FILE


@pytest.fixture
def feedback(path):
    feedback = Feedback(path)
    yield feedback
    feedback.close()


def test_an_answer_comes_back_as_it_was(feedback):
    shown = answer(quote("Before. The answer.", (8, 19)), question="Who\ud800?", stages={"search": 1.5})
    feedback.keep(shown, asker="a", place="p", previous=["first", "second"])
    kept = feedback.answer(shown.id)
    assert kept.answer == shown
    assert kept.conversation == ("first", "second", "Who\ud800?")


def test_an_answer_is_found_by_its_message_and_by_its_place(feedback):
    feedback.keep(answer(quote(), id="one"), asker="a", place="p")
    feedback.keep(answer(quote(), id="two"), asker="a", place="p")
    feedback.show("one", "message-1")
    feedback.show("unknown", "message-2")
    assert feedback.answer_shown_in("message-1").answer.id == "one"
    assert feedback.answer_shown_in("message-2") is None
    assert feedback.latest_in("p", since=0).answer.id == "two"
    assert feedback.latest_in("p", since=feedback.answer("two").asked_at + 1) is None
    assert feedback.latest_in("elsewhere", since=0) is None


def test_a_judge_has_one_opinion_the_last(feedback):
    feedback.keep(answer(quote(), id="one"), asker="a", place="p")
    assert feedback.judge("one", judge="b", helpful=True)
    assert feedback.judge("one", judge="b", helpful=False)
    feedback.explain("one", judge="b", reason="wrong keeper")
    assert [(v.helpful, v.reason) for v in feedback.verdicts()] == [(False, "wrong keeper")]
    assert feedback.judge("one", judge="b", helpful=False)
    assert [(v.helpful, v.reason) for v in feedback.verdicts()] == [(False, "wrong keeper")]
    assert feedback.judge("one", judge="b", helpful=True)
    assert [(v.helpful, v.reason) for v in feedback.verdicts()] == [(True, "")]
    assert not feedback.judge("gone", judge="b", helpful=True)


def test_forgetting_leaves_nothing_of_a_person_not_even_in_the_file(feedback, path):
    feedback.keep(answer(quote(), id="one", question="My very secret question?"), asker="a", place="p")
    feedback.keep(
        answer(quote(), id="two"), asker="b", place="p", previous=["My very secret question?", "What else is there?"]
    )
    feedback.show("one", "message-1")
    feedback.judge("one", judge="b", helpful=True)
    feedback.judge("two", judge="a", helpful=True)
    feedback.explain("two", judge="a", reason="A very secret reason")
    with sqlite3.connect(path) as other:
        # From the write-ahead log into the file itself, where a page that is set free keeps what stood on it.
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"very secret" in path.read_bytes()
    assert feedback.forget("a") == (1, 2)
    assert feedback.answer("one") is None
    assert feedback.answer_shown_in("message-1") is None
    assert feedback.verdicts() == []
    assert feedback.answer("two").previous == ("", "What else is there?")
    for file in path.parent.iterdir():
        assert b"very secret" not in file.read_bytes()


def test_forgetting_is_not_done_while_a_reader_keeps_it_in_the_log(feedback, path):
    feedback._base.execute("PRAGMA busy_timeout = 100")
    feedback.keep(answer(quote(), id="one", question="My secret question?"), asker="a", place="p")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM answers").fetchall()
        with pytest.raises(sqlite3.Error, match="still in the write-ahead log"):
            feedback.forget("a")
        reader.execute("COMMIT")
    assert feedback.forget("a") == (0, 0)
    for file in path.parent.iterdir():
        assert b"My secret question" not in file.read_bytes()


def test_an_answer_that_is_cut_short_in_the_file_is_passed_over(feedback, path):
    feedback.keep(answer(quote(), id="one"), asker="a", place="p")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE answers SET answer = '{'")
    assert feedback.answer("one") is None


def test_forgetting_that_failed_can_be_tried_again(feedback, path):
    feedback.keep(answer(quote(), id="one", question="My secret question?"), asker="a", place="p")
    feedback.keep(answer(quote(), id="two"), asker="b", place="p", previous=["My secret question?"])
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER stuck BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'a failing disk'); END")
    with pytest.raises(sqlite3.Error, match="a failing disk"):
        feedback.forget("a")
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER stuck")
    assert feedback.forget("a") == (1, 0)
    assert feedback.answer("two").previous == ("",)


def test_old_answers_go_but_judged_ones_stay(feedback, monkeypatch):
    monkeypatch.setattr(feedback_module, "MOST_ANSWERS", 3)
    for number in range(6):
        feedback.keep(answer(quote(), id=f"id{number}"), asker="a", place="p", previous=["What is older still?"])
        if number == 0:
            feedback.judge("id0", judge="b", helpful=True)
    assert [number for number in range(6) if feedback.answer(f"id{number}")] == [0, 3, 4, 5]
    # Nobody could have it deleted any more: whose it was went with its answer.
    assert [feedback.answer(f"id{number}").previous for number in (0, 3)] == [("",), ("What is older still?",)]


def test_an_answer_of_another_version_is_passed_over(feedback, path):
    feedback.keep(answer(quote(), id="old", kind="abstention"), asker="a", place="p")
    feedback.judge("old", judge="b", helpful=True)
    with sqlite3.connect(path) as base:
        base.execute("""UPDATE answers SET answer = '{"id": "old", "quotes": [], "nearest": [], "mood": "good"}'""")
    assert (feedback.answer("old"), feedback.verdicts(), feedback.unanswered()) == (None, [], [])


def test_a_file_that_cannot_be_opened_now_is_not_called_damaged(tmp_path):
    with pytest.raises(StorageError, match="cannot be read now"), read_feedback(tmp_path):
        pass


def test_questions_that_ask_the_same_are_one_group():
    asked = [
        "How many moons has Jupiter?",
        "how many moons has jupiter",
        "Jupiter has how many moons ?",
        "Qui chante ?",
    ]
    assert [(group.question, group.count) for group in grouped(asked)] == [
        ("How many moons has Jupiter?", 3),
        ("Qui chante ?", 1),
    ]


def test_the_export_holds_what_was_only_called_helpful(feedback):
    feedback.keep(answer(quote("Before. The answer.", (8, 19)), id="good", question="Who?"), asker="a", place="p")
    feedback.keep(answer(quote(), id="disputed"), asker="a", place="p")
    feedback.keep(answer(quote(), id="follow-up"), asker="a", place="p", previous=["Who?"])
    feedback.keep(answer(quote(), id="rightly-none", kind="abstention"), asker="a", place="p")
    for name in ("good", "disputed", "follow-up", "rightly-none"):
        feedback.judge(name, judge="b", helpful=True)
    feedback.judge("disputed", judge="c", helpful=False)
    rows = {row["id"]: row for row in eval_rows(feedback.verdicts())}
    assert set(rows) == {"good", "rightly-none"}
    assert rows["good"] == {
        "id": "good",
        "lang": "en",
        "question": "Who?",
        "gold": [{"document": "folder/document.md", "text": "The answer."}],
    }
    assert rows["rightly-none"]["gold"] == []


def test_the_command_line_lists_groups_and_exports(feedback, path, capsys, tmp_path):
    shown = quote(document="folder/\x1b]0;gone\x07document.md")
    feedback.keep(answer(shown, id="one", question="Who\nkeeps \x1b[31mit?"), asker="a", place="p")
    feedback.keep(answer(id="two", kind="abstention", question="How many moons?"), asker="a", place="p")
    feedback.judge("one", judge="b", helpful=False)
    feedback.explain("one", judge="b", reason="wrong")
    feedback.judge("two", judge="b", helpful=True)
    assert main(["feedback", "--data", str(path.parent)]) == 0
    told = capsys.readouterr().out
    assert "not helpful  Who keeps [31mit?  [folder/ ]0;gone document.md ¶3] — wrong\n" in told
    assert main(["feedback", "--data", str(path.parent), "--unanswered"]) == 0
    assert capsys.readouterr().out == "    1  How many moons?\n"
    exported = tmp_path / "out.jsonl"
    assert main(["feedback", "--data", str(path.parent), "--export", str(exported)]) == 0
    assert [json.loads(line)["id"] for line in exported.read_text().splitlines()] == ["two"]


def test_without_feedback_or_with_a_damaged_file_one_line_says_so(path, capsys):
    assert main(["feedback", "--data", str(path.parent)]) == 1
    assert capsys.readouterr().err.startswith("There is no feedback in ")
    path.write_bytes(b"no database at all" * 100)
    assert main(["feedback", "--data", str(path.parent)]) == 3
    assert "cannot be read: file is not a database. Move it away" in capsys.readouterr().err

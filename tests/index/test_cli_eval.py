"""`eval` on the command line: its table, its JSON, and what it refuses."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ARTICLE
from tests.index.commands import SAMPLE, one_line


def test_eval_prints_a_table_and_json(command, article_settings, tmp_path):
    gold = [{"document": ARTICLE.name, "text": "Defense Production Act, datant de 1950"}]
    rows = [
        {"id": "1", "lang": "en", "question": SAMPLE, "gold": gold},
        {"id": "2", "lang": "fr", "question": "Qui est le maire de Lyon ?", "gold": []},
    ]
    file = tmp_path / "known.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    ran = command("eval", "--data", article_settings.data_dir, file)
    assert (ran.code, ran.err) == (0, "")
    head, *lines = ran.out.splitlines()
    for column in ("set", "lang", "questions", "hit@1", "hit@3", "highlight", "answered", "false answers", "ms"):
        assert column in head
    assert [line.split()[:3] for line in lines] == [["known", "en", "1"], ["known", "fr", "1"], ["known", "all", "2"]]
    ran = command("eval", "--data", article_settings.data_dir, "--json", file)
    assert json.loads(ran.out)[0]["hit_1"] == 1
    (tmp_path / "more").mkdir()
    alike = tmp_path / "more" / "known.jsonl"
    alike.write_text(json.dumps(rows[1]), "utf-8")
    ran = command("eval", "--data", article_settings.data_dir, "--json", file, alike)
    sets = {(row["set"], row["questions"]) for row in json.loads(ran.out) if row["lang"] == "fr"}
    assert sets == {(str(file), 1), (str(alike), 1)}


def test_eval_builds_a_folder_aside(command, corpus, tmp_path):
    (corpus / "a.txt").write_text("The ferry to the island leaves at nine. It takes an hour.", "utf-8")
    row = {"id": "1", "lang": "en", "question": "When does the ferry leave?"}
    row["gold"] = [{"document": "a.txt", "text": "leaves at nine"}]
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), "utf-8")
    ran = command("eval", "--json", tmp_path)
    assert ran.code == 0
    assert json.loads(ran.out)[0]["hit_1"] == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (None, "cannot be read"),
        (b"", "holds no questions"),
        (b"{}", "Line 1 of known.jsonl"),
        (b"[" * 100_000, "Line 1 of known.jsonl"),
        (b"\xff", "cannot be read"),
        (b'{"question": "a?", "gold": [{}]}', "Line 1 of known.jsonl"),
    ],
)
def test_eval_refuses_what_is_no_set_of_questions(command, built, tmp_path, data, part):
    if data is not None:
        (tmp_path / "known.jsonl").write_bytes(data)
    one_line(command("eval", "known.jsonl"), 1, part)


def test_the_article_set_is_measured(command, shared_eval):
    ran = command("eval", shared_eval / "article")
    assert ran.code == 0
    assert "article" in ran.out
    assert "hit@1" in ran.out

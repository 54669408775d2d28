"""The questions that come with the project are about their documents, and those that measure are kept apart."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from index.documents import corpus_files, read_document
from index.errors import VerbatimError
from index.evaluation import read_documents_with_questions, read_questions

ROOT = Path(__file__).parents[1]
# The documents of each folder, the questions about each, and how many of these have no answer.
FOLDERS = {
    "training/questions": (150, 24, 8),
    "training/held_out": (30, 24, 8),
    "benchmarks/questions": (30, 24, 8),
    "training/articles": (375, 24, 4),
    "training/held_out_articles": (46, 24, 4),
    "training/twins": (360, 20, 10),
    "training/held_out_twins": (71, 24, 12),
    "training/encyclopedia": (210, 24, 0),
    "benchmarks/articles": (23, 24, 4),
    "benchmarks/twins": (497, 24, 12),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_answer_stands_in_the_document_that_was_asked_about(folder):
    texts = {name: read_document(name, path).text for name, path in corpus_files(ROOT / folder / "corpus")}
    documents, asked, unanswered = FOLDERS[folder]
    assert len(texts) == documents
    questions = read_questions(ROOT / folder / "questions.jsonl")
    assert len(questions) == asked * documents
    assert len({known.id for known in questions}) == len(questions)
    for known in questions:
        for gold in known.gold:
            assert Path(gold.document).stem == known.id.rpartition("-")[0]
            assert gold.text in texts[gold.document], known.id
    assert sum(not known.gold for known in questions) == unanswered * documents


def test_no_document_is_in_two_folders():
    names = [path.stem for folder in FOLDERS for _, path in corpus_files(ROOT / folder / "corpus")]
    assert len(set(names)) == len(names)


def test_two_documents_of_one_name_are_refused(tmp_path):
    for name in ("bridge.txt", "old/bridge.txt"):
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("The bridge was built in 1901.", "utf-8")
    (tmp_path / "questions.jsonl").write_text('{"id": "bridge-01", "question": "How high?", "gold": []}', "utf-8")
    with pytest.raises(VerbatimError, match="the same name"):
        read_documents_with_questions(tmp_path)


def test_a_question_about_no_document_is_refused(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "bridge.txt").write_text("The bridge was built in 1901.", "utf-8")
    (tmp_path / "questions.jsonl").write_text('{"id": "tower-01", "question": "How high?", "gold": []}', "utf-8")
    ended = single(str(tmp_path))
    assert ended.returncode == 1
    assert "tower-01 is a question about no document" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_document_is_asked_the_questions_of_a_file_instead(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "bridge.txt").write_text("The bridge over the Lee was built by Anna Berg in 1901.", "utf-8")
    write_unanswered(tmp_path / "questions.jsonl", {"bridge-01": ("en", "How high is it?")})
    others = tmp_path / "others.jsonl"
    write_unanswered(others, {"1": ("en", "Who built the bridge?"), "2": ("fr", "Où dorment les chats ?")})
    asked = single("--questions", str(others), str(tmp_path))
    assert asked.returncode == 0
    shares = {tuple(line.split()[1:4]): line.split()[-3] for line in asked.stdout.splitlines() if " of " in line}
    assert shares == {("en", "of", "en"): "1.000", ("fr", "of", "en"): "0.000"}

    missing = single("--questions", str(tmp_path / "none.jsonl"), str(tmp_path))
    assert missing.returncode == 1
    assert "none.jsonl cannot be read" in missing.stderr


@pytest.mark.parametrize(("folder", "count"), [("benchmarks", 24), ("training", 48)])
def test_the_everyday_questions_are_in_both_languages_and_unanswered(folder, count):
    questions = read_questions(ROOT / folder / "everyday.jsonl")
    assert Counter(known.language for known in questions) == {"en": count, "fr": count}
    assert len({known.question for known in questions}) == 2 * count
    assert not any(known.gold for known in questions)


def test_no_everyday_question_that_is_measured_was_learnt_from():
    measured, learnt = (read_questions(ROOT / folder / "everyday.jsonl") for folder in ("benchmarks", "training"))
    assert not {known.question for known in measured} & {known.question for known in learnt}


def test_a_set_is_measured_with_the_names_of_its_files_as_titles(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "12-lee-bridge.txt").write_text("It was built in 1901 by Anna Berg.", "utf-8")
    gold = [{"document": "12-lee-bridge.txt", "text": "built in 1901"}]
    known = {"id": "1", "lang": "en", "question": "When was the Lee bridge built?", "gold": gold}
    (tmp_path / "questions.jsonl").write_text(json.dumps(known), "utf-8")
    asked = benchmark("titled.py", str(tmp_path))
    assert asked.returncode == 0
    [line] = [line.split() for line in asked.stdout.splitlines() if "titled" in line]
    assert line[2:5] == ["1", "1.000", "1.000"]
    assert line[6] == "1.000"  # Without the title no word says which bridge.

    (tmp_path / "corpus" / "page.html").write_text("<p>No plain text.", "utf-8")
    refused = benchmark("titled.py", str(tmp_path))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "page.html is no plain text" in refused.stderr


def write_unanswered(path, questions):
    rows = [{"id": key, "lang": lang, "question": text, "gold": []} for key, (lang, text) in questions.items()]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")


def single(*arguments):
    return benchmark("single.py", *arguments)


def benchmark(name, *arguments):
    command = [sys.executable, f"benchmarks/{name}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

"""The questions that come with the project are about their documents, and those that measure are kept apart."""

from __future__ import annotations

import subprocess
import sys
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
    command = [sys.executable, "benchmarks/single.py", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "tower-01 is a question about no document" in ended.stderr
    assert "Traceback" not in ended.stderr

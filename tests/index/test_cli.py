"""The command line as people and scripts meet it: what is printed where, the exit codes, and nothing lost."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest

from tests.conftest import ARTICLE
from tests.index.commands import SAMPLE, current_folder, one_line

ANSWER_KEYS = ["id", "question", "answered", "confidence", "quotes", "nearest", "generation", "elapsed_ms"]
QUOTE_KEYS = ["document", "title", "source", "start", "end", "text", "highlights", "score"]
STORED = ARTICLE.read_text("utf-8").split("---\n", 2)[2]


# Answers


def check_answer(answer, question, question_id):
    assert list(answer) == ANSWER_KEYS
    assert (answer["id"], answer["question"]) == (question_id, question)
    assert bool(answer["quotes"]) == answer["answered"]
    assert not (answer["quotes"] and answer["nearest"])
    assert 0 <= answer["confidence"] <= 1
    for quote in answer["quotes"] + answer["nearest"]:
        assert list(quote) == QUOTE_KEYS
        assert quote["document"] == ARTICLE.name
        assert STORED[quote["start"] : quote["end"]] == quote["text"] != ""
        for lit in quote["highlights"]:
            assert list(lit) == ["start", "end", "text"]
            assert STORED[lit["start"] : lit["end"]] == lit["text"]
            assert quote["start"] <= lit["start"] < lit["end"] <= quote["end"]


def test_an_answer_is_json_with_quotes_that_stand_in_the_article(command, article_settings):
    question = "Qui est Dario Amodei ?"
    ran = command("ask", "--data", article_settings.data_dir, "--json", question)
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    check_answer(answer, question, "")
    shown = answer["quotes"] or answer["nearest"]
    assert any("Dario Amodei, boss d'Anthropic" in quote["text"] for quote in shown)


def test_the_sample_question_finds_the_paragraph_word_for_word(command, article_settings):
    ran = command("ask", "--data", article_settings.data_dir, SAMPLE)
    assert (ran.code, ran.err) == (0, "")
    paragraph = next(line for line in STORED.splitlines() if "Defense Production Act" in line)
    quote = next(line for line in ran.out.splitlines() if line.startswith("> "))
    assert quote == f"> {paragraph}"
    start = STORED.index(paragraph)
    assert f"characters {start}–{start + len(paragraph)}" in ran.out
    assert ARTICLE.name in ran.out


def test_a_batch_is_answered_line_by_line_in_order(command, article_settings, tmp_path):
    rows = [("b", "Who is Pete Hegseth?"), ("a", "Qui est Dario Amodei ?"), ("7", "Wann war das? 🔥")]
    file = tmp_path / "questions.jsonl"
    lines = [json.dumps({"id": key, "question": question, "more": 1}) for key, question in rows]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([lines[0], "", *lines[1:]]).encode())
    ran = command("ask", "--data", article_settings.data_dir, "--batch", file, "--json")
    assert (ran.code, ran.err) == (0, "")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert len(answers) == len(rows)
    for answer, (key, question) in zip(answers, rows, strict=True):
        check_answer(answer, question, key)


def test_bad_lines_of_a_batch_are_named_and_the_others_answered(command, article_settings, tmp_path):
    bad = ["not json", "[1]", '{"id": "x"}', '{"id": "x", "question": 7}', "[" * 100_000, '"text"', "null"]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join([*bad, json.dumps({"id": "good", "question": SAMPLE})]), "utf-8")
    ran = command("ask", "--data", article_settings.data_dir, "--batch", file, "--json")
    assert ran.code == 1
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["good"]
    assert [line.split(" of ")[0] for line in ran.err.splitlines()] == [f"Line {n}" for n in range(1, len(bad) + 1)]


def test_questions_of_a_batch_that_are_none_get_an_empty_answer(command, article_settings, tmp_path):
    questions = ["", "\u0000\u0007", "🔥🔥", "x" * 10_000, "\ud800", "‮"]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps({"id": str(n), "question": q}) for n, q in enumerate(questions)), "utf-8")
    ran = command("ask", "--data", article_settings.data_dir, "--batch", file, "--json")
    assert ran.code == 1
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [answer["id"] for answer in answers] == [str(n) for n in range(len(questions))]
    assert not any(answer["answered"] or answer["quotes"] for answer in answers)
    assert len(ran.err.splitlines()) == len(questions)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("", "The question is empty."),
        ("   \n", "The question is empty."),
        ("\x00\x07\x1b", "The question is empty."),
        ("\u200b\u202e", "The question is empty."),
        ("🔥 👩‍👩‍👧", "no letter and no digit"),
        ("?!", "no letter and no digit"),
        ("x" * 10_000, "10,000 characters"),
    ],
)
def test_what_is_no_question_is_refused_in_one_line(command, built, question, part):
    one_line(command("ask", question), 1, part)
    one_line(command("ask", "--json", question), 1, part)


@pytest.mark.parametrize(
    "question", ["Amodei\ud800 ?", "who\x00is\x07Amodei", "a", "' OR 1=1 --", "é" * 1_000, "NEAR(*"]
)
def test_odd_questions_are_answered(command, article_settings, question):
    ran = command("ask", "--data", article_settings.data_dir, "--json", question)
    assert (ran.code, ran.err) == (0, "")
    assert list(json.loads(ran.out)) == ANSWER_KEYS


def test_chat_answers_lines_until_they_end(command, article_settings, monkeypatch):
    lines = "Qui est Dario Amodei ?\n\n🔥\n\udcff who?\nbye\n".encode("utf-8", "surrogateescape")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines), "ascii"))
    ran = command("chat", "--data", article_settings.data_dir)
    assert ran.code == 0
    assert "> Ce mardi 24 février" in ran.out
    assert ran.err.splitlines() == ["The question has no letter and no digit. Ask it in words."]


# Building


def test_a_build_says_what_it_did_in_one_line(command, corpus):
    (corpus / "a.txt").write_text("Some text of two sentences. This is the second.", "utf-8")
    first = command("build")
    assert (first.code, first.err) == (0, "")
    assert first.out.count("\n") == 1
    assert "1 documents, 1 passages; embedded 3 of 3 texts" in first.out
    assert "up to date" in command("build").out
    assert "embedded 3 of 3 texts" in command("build", "--force").out


def test_a_file_that_cannot_be_read_is_named_and_counted(command, corpus):
    (corpus / "good.txt").write_text("Some text.", "utf-8")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (corpus / "words.docx").write_bytes(b"PK")
    (corpus / "matter.md").write_text("---\na: b: c\n---\nText.", "utf-8")
    ran = command("build")
    assert ran.code == 0
    assert "1 documents, 3 left out" in ran.out
    lines = ran.err.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"left out {n}" for n in ("broken.pdf", "matter.md", "words.docx")
    ]
    assert "3 files left out" in command("stats").out


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_name_that_would_steer_the_terminal_does_not(command, corpus):
    (corpus / "good.txt").write_text("Some text.", "utf-8")
    (corpus / "bad\x1b[2J\nname.txt").write_bytes(b"\0")
    (corpus / os.fsdecode(b"caf\xe9.txt")).write_text("A text with a name that is not UTF-8.", "utf-8")
    ran = command("build")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert "\x1b" not in ran.err
    assert "2 documents, 1 left out" in ran.out
    assert command("verify").code == 0


@pytest.mark.parametrize(
    "files", [{}, {"a.txt": b""}, {"a.txt": b"..."}, {"a.md": b"# Only a heading"}, {"b.jpg": b"x"}]
)
def test_a_corpus_without_words_is_one_line_and_leaves_the_index(command, built, corpus_of, files):
    before = (built / "CURRENT").read_bytes()
    one_line(command("build", "--corpus", corpus_of(files)), 1, "no document that can be read", "python -m index build")
    assert (built / "CURRENT").read_bytes() == before


@pytest.fixture
def corpus_of(tmp_path):
    def make(files):
        folder = tmp_path / "other"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder

    return make


def test_a_missing_corpus_is_one_line(command):
    one_line(command("build", "--corpus", "nothing"), 1, "There is no corpus folder nothing.")


def test_the_settings_come_from_the_environment_and_from_a_file(command, article_settings, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(f"DATA_DIR={article_settings.data_dir}\n", "utf-8")
    assert command("stats").code == 0
    monkeypatch.setenv("DATA_DIR", "elsewhere")
    one_line(command("stats"), 1, "There is no index in elsewhere yet.")
    assert command("stats", "--data", article_settings.data_dir).code == 0
    (tmp_path / ".env").write_text("DATA_DIR=a\n", "utf-16")
    one_line(command("stats"), 1, ".env is not UTF-8.")


def test_a_data_folder_that_is_none_is_one_line(command, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    one_line(command("stats", "--data", tmp_path / "file"), 1, "cannot be read: Not a directory")


# No index, another index, a damaged one


@pytest.mark.parametrize("arguments", [("ask", SAMPLE), ("stats",), ("verify",), ("chat",)])
def test_without_an_index_one_line_says_how_to_make_one(command, arguments):
    one_line(command(*arguments), 1, "There is no index in data yet. Run: python -m index build")


def test_an_index_of_another_model_is_one_line_and_build_mends_it(command, built):
    manifest = current_folder(built) / "manifest.json"
    rewrite(manifest, fingerprint="0" * 32, model="another")
    one_line(command("ask", SAMPLE), 1, "made by the model another", "Run: python -m index build")
    assert command("build").code == 0
    assert command("ask", SAMPLE).code == 0


def rewrite(manifest, **fields):
    """Change a manifest as another version of the program would have written it."""
    import hashlib

    body = {**json.loads(manifest.read_bytes())["manifest"], **fields}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode("ascii")).hexdigest()
    manifest.write_text(json.dumps({"sha256": digest, "manifest": body}), "ascii")


@pytest.mark.parametrize("arguments", [("ask", SAMPLE), ("stats",), ("verify",)])
def test_an_index_of_an_older_format_is_one_line(command, built, arguments):
    rewrite(current_folder(built) / "manifest.json", format=0)
    one_line(command(*arguments), 1, "has format 0", "Run: python -m index build")


def test_build_replaces_an_index_of_an_older_format(command, built):
    rewrite(current_folder(built) / "manifest.json", format=0)
    assert command("build").code == 0
    assert command("verify").code == 0


def damages(folder):
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        yield path.name, "missing", None
        yield path.name, "empty", b""
        yield path.name, "cut off", data[: len(data) // 2]
        middle = len(data) // 2
        yield path.name, "a flipped bit", data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_any_damaged_file_is_one_line_with_code_3_and_build_mends_it(command, built, monkeypatch):
    folder = current_folder(built)
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    found = list(damages(folder))
    assert len(found) >= 16
    for name, what, data in found:
        if data is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(data)
        ran = command("verify")
        assert (ran.code, ran.out, "Traceback" in ran.err) == (3, "", False), (name, what)
        assert "Run: python -m index build" in ran.err
        for path, before in whole.items():
            path.write_bytes(before)
    assert command("verify").code == 0
    name = next(path for path in folder.iterdir() if path.suffix == ".npy")
    name.write_bytes(b"")
    one_line(command("ask", SAMPLE), 3, "Run: python -m index build")
    assert command("build").code == 0
    assert command("verify").code == 0


def test_a_pointer_to_nothing_is_one_line_with_code_3(command, built):
    for data in (b"", b"000009-abcdef\n", b"../../etc\n", b"\xff" * 50):
        (built / "CURRENT").write_bytes(data)
        one_line(command("stats"), 3, "Run: python -m index build")
    assert command("build").code == 0
    assert command("verify").code == 0


def test_a_second_writer_is_told_who_is_writing(command, built):
    from index.generation import writer_lock

    with writer_lock(built):
        one_line(command("build", "--force"), 1, f"being written by process {os.getpid()}", "try again")
        assert command("stats").code == 0


def test_verify_says_that_all_is_whole(command, article_settings):
    ran = command("verify", "--data", article_settings.data_dir)
    assert (ran.code, ran.err) == (0, "")
    assert "is whole" in ran.out
    assert "7 passages" in ran.out


def test_stats_tell_documents_passages_model_generation_age_and_size(command, article_settings):
    ran = command("stats", "--data", article_settings.data_dir)
    assert (ran.code, ran.err) == (0, "")
    names = [line.split()[0] for line in ran.out.splitlines()]
    for name in ("documents", "passages", "model", "generation", "age", "size"):
        assert name in names


# Usage


@pytest.mark.parametrize(
    "arguments",
    [(), ("nothing",), ("ask",), ("ask", "a", "--batch", "b"), ("build", "--nope"), ("eval",), ("stats", "x")],
)
def test_wrong_usage_ends_with_2(command, arguments):
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "usage" in ran.err


def test_debug_shows_the_traceback_that_is_kept_from_users(process):
    assert "Traceback" not in process("-m", "index", "stats").err
    ran = process("-m", "index", "stats", "--debug")
    assert "Traceback" in ran.err
    assert "NoIndexError" in ran.err
    assert ran.code == 1


@pytest.mark.parametrize("arguments", [("--help",), ("build", "--help"), ("stats",), ("verify",)])
def test_what_needs_no_model_does_not_load_torch(process, built, arguments):
    code = (
        "import sys; from index.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    ran = process("-c", code, *arguments)
    assert ran.code == 0
    loaded = ran.out.splitlines()[-1].split()
    assert "index.cli" in loaded
    assert not {"torch", "transformers", "sentence_transformers", "faiss"} & set(loaded)

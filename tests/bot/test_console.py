"""What a person sees in a terminal, and that a document cannot steer it."""

from __future__ import annotations

import io

import pytest

from bot.console import converse, print_answer
from index.answer import Answer, Highlight, Quote


class Terminal(io.StringIO):
    def isatty(self):
        return True


def quote(text, *highlights, **fields):
    default = {
        "document": "a.md",
        "title": "A title",
        "source": "https://example.org",
        "date": "",
        "language": "en",
        "heading": "",
        "paragraph": 2,
        "start": 100,
        "end": 100 + len(text),
        "text": text,
        "highlights": tuple(Highlight(100 + s, 100 + e, text[s:e]) for s, e in highlights),
        "score": 0.5,
    }
    return Quote(**{**default, **fields})


def answer(*quotes, kind="answer", language="en"):
    shown = {"quotes": quotes, "nearest": ()} if kind == "answer" else {"quotes": (), "nearest": quotes}
    return Answer("", "?", kind, language, 0.9, generation="000001-abcdef", elapsed_ms=1.0, **shown)


def printed(shown, out=None):
    out = out or io.StringIO()
    print_answer(shown, out)
    return out.getvalue()


def test_a_quote_is_printed_word_for_word_with_its_place():
    text = printed(answer(quote("One  line.\r\nAnother *line*.")))
    assert "> One  line.\n> Another *line*.\n" in text
    assert "— A title · a.md · paragraph 2, characters 100–127 · https://example.org" in text


def test_a_quote_is_printed_with_the_heading_it_stands_under():
    text = printed(answer(quote("Yes, for children.", heading="Is the card free?")))
    assert "— A title · Is the card free? · a.md" in text


def test_no_answer_says_so_in_the_language_of_the_question():
    assert printed(answer(quote("Near."), kind="abstention")).startswith("The corpus does not say.\nThe nearest")
    assert printed(answer(quote("Near."), kind="abstention", language="fr")).startswith("Le corpus ne le dit pas.\n")
    assert "> Near." in printed(answer(quote("Near."), kind="abstention"))


def test_what_answers_is_bold_on_a_terminal_and_only_there(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = answer(quote("First. Second. Third.", (7, 14)))
    assert "> First. \x1b[1mSecond.\x1b[22m Third.\n" in printed(shown, Terminal())
    pictures = answer(quote("␀ One.\r\n␁ Two.", (8, 14)))
    assert "> ␀ One.\n> \x1b[1m␁ Two.\x1b[22m\n" in printed(pictures, Terminal())
    assert "\x1b" not in printed(shown)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(shown, Terminal())


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_a_document_does_not_steer_the_terminal(out):
    evil = "a\x1b[2Jb\x07c\x9bd\u202ee\x00f\x08g\x01h"
    text = printed(answer(quote(evil, title="t\x1b]0;x\x07", document="d\n.md", source="https://e\x1b[31m")), out())
    body = text.replace("\x1b[1m", "").replace("\x1b[22m", "").replace("\x1b[2m", "")
    assert not set(body) & set("\x1b\x07\x9b\u202e\x00\x08\x01")
    assert "a␛[2Jb␇c" in body


def test_a_conversation_goes_on_after_what_is_no_question(article_index, capsys):
    out = io.StringIO()
    lines = converse(article_index, io.StringIO("\n🔥\nQui est Dario Amodei ?\nbonjour\n"), out)
    assert lines == 4
    assert "> Ce mardi 24 février, Dario Amodei, boss d'Anthropic" in out.getvalue()
    assert "Posez-moi une question" in out.getvalue()
    assert capsys.readouterr().err == "The question has no letter and no digit. Ask it in words.\n"


def test_the_bot_without_a_token_answers_the_sample_question(process, bot_folder):
    ran = process("-m", "bot", stdin="")
    assert ran.code == 0
    assert "What is the Defense Production Act?" in ran.out
    assert "> Le Pentagone pourrait ainsi invoquer le Defense Production Act, datant de 1950" in ran.out
    assert any("DISCORD_TOKEN" in line for line in ran.err.splitlines())


@pytest.mark.slow
def test_the_bot_without_a_token_answers_every_line(process, bot_folder):
    ran = process("-m", "bot", stdin="Qui est Dario Amodei ?\nWho is Pete Hegseth?\n")
    assert ran.code == 0
    assert "Defense Production Act?" not in ran.out
    assert ran.out.count("\n> ") >= 2


def test_the_bot_without_a_corpus_says_so_in_one_line(process):
    ran = process("-m", "bot")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "There is no corpus folder corpus. Create it, put documents into it, and try again.\n"


@pytest.fixture
def bot_folder(article_settings, tmp_path):
    import shutil

    shutil.copytree(article_settings.corpus_dir, tmp_path / "corpus")
    shutil.copytree(article_settings.data_dir, tmp_path / "data")

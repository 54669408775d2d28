"""The language of a question decides in which one the bot speaks."""

import pytest

from index.language import detect, detect_question


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is the Defense Production Act?", "en"),
        ("Who is Dario Amodei?", "en"),
        ("Qui est Dario Amodei ?", "fr"),
        ("Quel ultimatum a été lancé à Anthropic ?", "fr"),
        ("Que refuse Anthropic ?", "fr"),
        ("Pourquoi a-t-on refusé le premier scénario ?", "fr"),
        ("Combien d'amendes Azur-Jet a-t-elle payées ?", "fr"),
        ("A-t-il refusé ?", "fr"),
        ("Can Jean Valjean return?", "en"),
    ],
)
def test_a_question_is_english_or_french(question, language):
    assert detect_question(question) == language


@pytest.mark.parametrize("text", ["", "?", "42", "🔥", "Привет, как дела?", "a" * 10_000])
def test_any_question_gets_one_of_the_two(text):
    assert detect_question(text) in ("en", "fr")


def test_a_document_may_be_in_any_language():
    assert detect("Der Ausschuss tagte an einem Dienstag in einem Saal, den niemand geheizt hatte.") == "de"
    assert len(detect("")) == 2

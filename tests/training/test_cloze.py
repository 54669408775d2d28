"""Questions made by rule have an answer where they say so, and none where they lost it or ask for something else."""

from __future__ import annotations

from itertools import islice

import pytest

from training.cloze import Clozes, _spans


@pytest.fixture
def made(data):
    return list(islice(Clozes(data, 1), 300))


def test_a_question_is_asked_of_a_passage_with_or_without_its_answer(made):
    answered = [example for example in made if example.right]
    assert 0.4 < len(answered) / len(made) < 0.8
    for example in answered:
        (right,) = example.right
        assert 0 <= right < len(example.sentences)


def test_a_question_holds_words_of_what_answers_it_but_not_the_answer(made):
    shared = 0
    for example in made:
        for place in example.right:
            asked, answer = set(example.question.lower().split()), example.sentences[place].lower().split()
            shared += bool(asked.intersection(answer))
            assert example.question.lower() not in example.sentences[place].lower()
    assert shared > 50


def test_the_same_seed_makes_the_same_questions(data, made):
    assert list(islice(Clozes(data, 1), 300)) == made
    assert list(islice(Clozes(data, 2), 300)) != made


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("the port was closed in 1998", ("date", 5, 6)),
        ("le port fermera en août comme en janvier", ("date", 7, 8)),
        ("they paid 3,000 to each of us", ("number", 2, 3)),
        ("we met Paula Verdier at the quay", ("name", 2, 4)),
        ("the quay stays closed because a crane fell", ("reason", 4, 8)),
    ],
)
def test_what_can_be_asked_about_is_found(sentence, expected):
    assert expected in list(_spans(sentence.split()))

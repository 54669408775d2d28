"""The cross-encoder learns which sentence answers, or that none does; a run that was cut off ends as a whole one."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from index.evaluation import read_questions
from training import reading, stages
from training.written import FOLDER, Example, read_written

STAGES = [
    stages.Stage("clozes", steps=4, learning_rate=0.003, warm_up=1),
    stages.Stage("written", steps=4, learning_rate=0.003, warm_up=1),
]


@pytest.fixture(autouse=True)
def small(monkeypatch, model, few_documents, few_articles):
    """A model of two small layers, and a few documents."""
    monkeypatch.setattr(reading, "builtin_folder", lambda: model)
    monkeypatch.setattr(reading, "FOLDER", few_documents)
    monkeypatch.setattr(reading, "ARTICLES", few_articles)


@pytest.mark.slow
@pytest.mark.parametrize("steps_before", [3, 7])
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(data, tmp_path, monkeypatch, cut_off, steps_before):
    monkeypatch.setattr(stages, "CHECKPOINT_EVERY", 2)
    reading.train(data, tmp_path / "whole.safetensors", tmp_path / "other.pt", STAGES)

    checkpoint, out = tmp_path / "checkpoint.pt", tmp_path / "out.safetensors"
    cut_off(steps_before, lambda: reading.train(data, out, checkpoint, STAGES))
    assert not out.exists()
    reading.train(data, out, checkpoint, STAGES)
    assert not checkpoint.exists()
    expected, found = load_file(tmp_path / "whole.safetensors"), load_file(out)
    assert {"heads.sentence.weight", "encoder.layer.0.output.dense.weight"} < expected.keys() == found.keys()
    assert not any(name.startswith("embeddings.") for name in found)
    assert all(torch.allclose(found[name].float(), weight.float(), atol=2e-3) for name, weight in expected.items())


def test_what_is_learnt_is_told_apart_better():
    learner = reading._Learner()
    sentences = ["The bridge was built by Anna Berg.", "It is blue.", "Nobody knows why."]
    examples = [
        Example("Who built it?", "", sentences, frozenset({0})),
        Example("How long is it?", "", sentences, frozenset()),
    ]
    optimizer = torch.optim.AdamW([one for one in learner.parameters() if one.requires_grad], lr=0.01)
    losses = []
    for _ in range(30):
        loss = learner(examples)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.slow
def test_a_written_question_is_asked_of_what_answers_it_and_of_what_comes_near():
    examples = reading.written_examples()
    some = [next(examples) for _ in range(2 * 24 * (6 + 3))]
    asked = {known.question for folder in (reading.FOLDER, reading.ARTICLES) for known in questions_of(folder)}
    assert {example.question for example in some} == asked
    # Of 24 questions 16 have an answer, and 20 of those about a longer document.
    assert sum(bool(example.right) for example in some) == 6 * 16 + 3 * 20


def questions_of(folder):
    return read_questions(folder / "questions.jsonl")


def test_a_third_of_the_written_questions_has_no_answer():
    written = read_written(lambda texts: [len(text.split()) for text in texts], FOLDER)
    assert len(written) == 150
    for document in written:
        assert [bool(question.places) for question in document.questions].count(False) == 8
        assert all(place in document.sentences for question in document.questions for place in question.places)

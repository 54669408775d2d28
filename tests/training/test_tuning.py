"""A model is tuned in two stages, and a run that was cut off ends as one that was not."""

from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file

from index.evaluation import read_questions
from tests.written import some_of
from training import stages, tuning, written

LEARNT = "encoder.layer.1.output.dense.weight"
STAGES = [
    tuning.Stage("laws", steps=6, learning_rate=0.01, warm_up=1, layers=1, share=0.5),
    tuning.Stage("questions", steps=4, learning_rate=0.01, warm_up=1, layers=2, share=0.25),
]


@pytest.fixture(autouse=True)
def few_questions(few_documents, few_articles, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "FOLDER", few_documents)
    monkeypatch.setattr(tuning, "HELD_OUT", some_of(written.HELD_OUT, 3, tmp_path / "held_out"))
    monkeypatch.setattr(tuning, "ARTICLES", few_articles)


def weights(folder):
    return {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}


def test_only_the_layers_of_a_stage_learn(model, data, tmp_path):
    before = weights(model)
    tuning.tune(model, data, tmp_path / "checkpoint.pt", STAGES[:1])
    after = weights(model)
    changed = {name for name in before if not torch.allclose(before[name], after[name], atol=1e-4)}
    assert len(changed) > 5
    assert all(name.startswith("encoder.layer.1.") for name in changed)


@pytest.mark.slow
@pytest.mark.parametrize("steps_before", [3, 6, 9])
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(model, data, tmp_path, monkeypatch, cut_off, steps_before):
    monkeypatch.setattr(stages, "CHECKPOINT_EVERY", 2)
    before = weights(model)
    whole = tmp_path / "whole"
    shutil.copytree(model, whole)
    tuning.tune(whole, data, tmp_path / "other.pt", STAGES)

    checkpoint = tmp_path / "checkpoint.pt"
    cut_off(steps_before, lambda: tuning.tune(model, data, checkpoint, STAGES))
    assert checkpoint.exists()
    tuning.tune(model, data, checkpoint, STAGES)
    assert not checkpoint.exists()
    expected = weights(whole)
    assert not torch.allclose(expected[LEARNT], before[LEARNT], atol=1e-3)
    assert all(torch.allclose(found, expected[name], atol=1e-3) for name, found in weights(model).items())


@pytest.mark.slow
def test_a_run_that_was_cut_off_while_it_wrote_the_weights_takes_no_mean_twice(model, data, tmp_path, monkeypatch):
    whole = tmp_path / "whole"
    shutil.copytree(model, whole)
    tuning.tune(whole, data, tmp_path / "other.pt", STAGES)

    checkpoint, write = tmp_path / "checkpoint.pt", tuning._write

    def write_and_stop(weights, folder):
        write(weights, folder)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tuning, "_write", write_and_stop)
        tuning.tune(model, data, checkpoint, STAGES)
    tuning.tune(model, data, checkpoint, STAGES)
    expected = weights(whole)
    assert all(torch.allclose(found, expected[name], atol=1e-3) for name, found in weights(model).items())


def test_every_written_question_with_an_answer_is_learnt_from(model, data):
    batches = tuning.Batches(data, tuning._Encoder(model, 0).count_tokens)
    asked = [question for _ in range(12 // tuning._DOCUMENTS) for question in batches.questions()[0].questions]
    known = [
        question
        for folder in (tuning.FOLDER, tuning.HELD_OUT, tuning.ARTICLES)
        for question in read_questions(folder / "questions.jsonl")
    ]
    assert sorted(asked) == sorted(f"query: {question.question}" for question in known if question.gold)


@pytest.mark.slow
def test_a_question_comes_nearer_to_the_passage_that_answers_it(model, data, tmp_path):
    tuned = tmp_path / "tuned"
    shutil.copytree(model, tuned)
    stage = tuning.Stage("questions", steps=20, learning_rate=0.003, warm_up=2, layers=2, share=0.5)
    tuning.tune(tuned, data, tmp_path / "checkpoint.pt", [stage])
    before, after = (loss_of_questions(folder, data) for folder in (model, tuned))
    assert after < before - 0.1


def loss_of_questions(folder, data):
    encoder = tuning._Encoder(folder, 0)
    batches = tuning.Batches(data, encoder.count_tokens)
    return sum(float(tuning._loss(encoder, batches.questions()[0])) for _ in range(3))

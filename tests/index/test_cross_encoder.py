"""A question and a passage are read together: which sentence answers, and whether one does."""

from __future__ import annotations

import numpy as np
import pytest

from index import cross_encoder as module
from index.cross_encoder import CrossEncoder, cross_encoder
from index.errors import ModelError
from index.quantized import quantized_layers

ENGLISH = [
    "The harbour of Calderon Bay was closed on 3 May after a crane fell onto the quay.",
    "Two dockers were hurt, and were taken to the hospital of Saint-Vivien.",
    "The mayor, Paula Verdier, asked the ministry for an inquiry.",
    "It is to end in September.",
]
FRENCH = [
    "Le port de Calderon a été fermé le 3 mai après la chute d'une grue sur le quai.",
    "Deux dockers ont été blessés, et transportés à l'hôpital de Saint-Vivien.",
    "La maire, Paula Verdier, a demandé une enquête au ministère.",
    "Elle doit s'achever en septembre.",
]
ANSWERED = [
    ("Who asked for an inquiry?", 2),
    ("How many dockers were injured?", 1),
    ("Why was the harbour closed?", 0),
    ("Qui a demandé une enquête ?", 2),
    ("Combien de dockers ont été blessés ?", 1),
    ("Quand le port a-t-il été fermé ?", 0),
]


@pytest.mark.parametrize("passage", [ENGLISH, FRENCH], ids=["of English", "of French"])
@pytest.mark.parametrize(("question", "answer"), ANSWERED)
def test_the_sentence_that_answers_is_told_from_the_others(question, answer, passage):
    assert int(cross_encoder().read(question, "", passage).argmax()) == answer


def odds(question, passage):
    return float(np.logaddexp.reduce(cross_encoder().read(question, "The harbour", passage)))


@pytest.mark.parametrize("passage", [ENGLISH, FRENCH], ids=["of English", "of French"])
def test_what_a_passage_answers_is_likelier_than_what_it_comes_near(passage):
    answered = np.mean([odds(question, passage) for question, _ in ANSWERED])
    near = [
        "Who built the crane?",
        "How old is Paula Verdier?",
        "Comment s'appelle le ministre ?",
        "Qui dirige l'hôpital ?",
    ]
    assert answered > np.mean([odds(question, passage) for question in near]) + 1


def test_a_passage_without_its_answer_answers_less():
    for question, answer in ANSWERED:
        rest = [sentence for place, sentence in enumerate(ENGLISH) if place != answer]
        assert odds(question, ENGLISH) > odds(question, rest)


def test_of_a_passage_that_is_too_long_the_first_sentences_are_read():
    long = [*ENGLISH, *["The quay was repaired again and again, and nobody knows what that has cost."] * 60]
    found = cross_encoder().read("Who asked for an inquiry?", "", long)
    assert found.shape == (64,)
    assert int(found.argmax()) == 2
    assert set(found[-10:].tolist()) == {-20.0}
    one_sentence = ["word " * 2000]
    assert cross_encoder().read("what " * 500, "title " * 500, one_sentence).shape == (1,)


def test_weights_that_are_none_are_said_to_be(tmp_path, monkeypatch):
    broken = tmp_path / "model.safetensors"
    broken.write_bytes(b"nothing")
    monkeypatch.setattr(module, "WEIGHTS", broken)
    with pytest.raises(ModelError, match="cross-encoder cannot be loaded"):
        CrossEncoder()


def test_whole_numbers_read_as_the_library_does(monkeypatch):
    monkeypatch.setattr(module, "quantized_layers", lambda _bert, **_: None)
    slow = CrossEncoder()
    assert slow._layers is not cross_encoder()._layers
    expected, found = (it.read("Who asked for an inquiry?", "The harbour", ENGLISH) for it in (slow, cross_encoder()))
    assert np.allclose(found, expected, atol=0.3)
    assert np.allclose(found - found.max(), expected - expected.max(), atol=0.3)
    assert np.allclose(all_read(cross_encoder()), all_read(slow), atol=1.0)


def test_a_scale_for_each_token_reads_as_the_library_does_better_than_one_for_all(monkeypatch):
    monkeypatch.setattr(module, "quantized_layers", lambda _bert, **_: None)
    slow = CrossEncoder()
    monkeypatch.setattr(module, "quantized_layers", lambda bert, **_: quantized_layers(bert))
    one_scale = CrossEncoder()
    off, off_with_one = (np.std(all_read(it) - all_read(slow)) for it in (cross_encoder(), one_scale))
    assert off < off_with_one / 2


def all_read(reader):
    """What is found of every sentence for every question."""
    return np.concatenate(
        [reader.read(question, "The harbour", passage) for question, _ in ANSWERED for passage in (ENGLISH, FRENCH)]
    )

"""A model is tuned in part, and a run that was cut off ends as one that was not."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from index.embedding import builtin_folder
from training import tuning
from training.written import FOLDER, read_written

LEARNT = "encoder.layer.1.output.dense.weight"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    sections = [
        {
            "act": f"Fisheries Act {act}",
            "acte": f"Loi sur les pêches {act}",
            "note_en": f"Vessels {number}",
            "note_fr": f"Navires {number}",
            "en": f"No vessel of class {number} shall leave port {act} without a licence of that class.",
            "fr": f"Aucun navire de classe {number} ne quitte le port {act} sans permis de cette classe.",
        }
        for act in range(4)
        for number in range(20)
    ]
    with gzip.open(folder / "laws.sections.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(section) + "\n" for section in sections)
    with gzip.open(folder / "pairs.notes.tsv.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"The ship number {n} is at sea\tLe navire numéro {n} est en mer\n" for n in range(120))
    return folder


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=20_500, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    shutil.copy(builtin_folder() / "tokenizer.json", folder)
    return folder


@pytest.fixture(autouse=True)
def few_documents(tmp_path, monkeypatch):
    """Six of the written documents, as reading all of them takes a while."""
    folder = tmp_path / "written"
    (folder / "corpus").mkdir(parents=True)
    documents = sorted((FOLDER / "corpus").iterdir())[:6]
    for document in documents:
        shutil.copy(document, folder / "corpus")
    lines = (FOLDER / "questions.jsonl").read_text("utf-8").splitlines(keepends=True)
    ours = [line for line in lines if any(json.loads(line)["id"].startswith(f"{path.stem}-") for path in documents)]
    (folder / "questions.jsonl").write_text("".join(ours), "utf-8")
    monkeypatch.setattr(tuning, "read_written", lambda count_tokens: read_written(count_tokens, folder))


STAGES = [
    tuning.Stage("laws", steps=6, learning_rate=0.01, warm_up=1, layers=1),
    tuning.Stage("questions", steps=4, learning_rate=0.01, warm_up=1, layers=2),
]


def weights(folder):
    return {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}


def test_only_the_upper_layers_learn(model, data, tmp_path):
    before = weights(model)
    tuning.tune(model, data, tmp_path / "checkpoint.pt", STAGES[:1])
    after = weights(model)
    changed = {name for name in before if not torch.allclose(before[name], after[name], atol=1e-4)}
    assert len(changed) > 5
    assert all(name.startswith("encoder.layer.1.") for name in changed)


@pytest.mark.parametrize("steps_before", [3, 6, 9])
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(model, data, tmp_path, monkeypatch, steps_before):
    monkeypatch.setattr(tuning, "_CHECKPOINT_EVERY", 2)
    before = weights(model)
    whole = tmp_path / "whole"
    shutil.copytree(model, whole)
    tuning.tune(whole, data, tmp_path / "other.pt", STAGES)

    checkpoint = tmp_path / "checkpoint.pt"
    step = torch.optim.AdamW.step
    steps = iter(range(steps_before))

    def cut_off(self, *arguments, **options):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(self, *arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(torch.optim.AdamW, "step", cut_off)
        tuning.tune(model, data, checkpoint, STAGES)
    assert checkpoint.exists()
    tuning.tune(model, data, checkpoint, STAGES)
    assert not checkpoint.exists()
    expected = weights(whole)
    assert not torch.allclose(expected[LEARNT], before[LEARNT], atol=1e-3)
    assert all(torch.allclose(found, expected[name], atol=1e-3) for name, found in weights(model).items())


def test_a_question_comes_nearer_to_the_passage_that_answers_it(model, data, tmp_path):
    losses = []
    for folder in (model, tuned(model, data, tmp_path)):
        encoder = tuning._Encoder(folder, 0)
        batches = tuning.Batches(data, encoder.count_tokens)
        losses.append(sum(float(tuning._loss(encoder, batches.questions()[0])) for _ in range(3)))
    assert losses[1] < losses[0] - 0.1


def tuned(model, data, tmp_path):
    folder = tmp_path / "tuned"
    shutil.copytree(model, folder)
    stage = tuning.Stage("questions", steps=20, learning_rate=0.003, warm_up=2, layers=2)
    tuning.tune(folder, data, tmp_path / "checkpoint.pt", [stage])
    return folder


def test_the_written_questions_each_have_a_sentence_that_answers():
    written = read_written(lambda texts: [len(text.split()) for text in texts])
    assert len(written) == 180
    assert all(14 <= len(document.questions) <= 16 for document in written)
    assert all(question.places for document in written for question in document.questions)
    for document in written[:20]:
        for question in document.questions:
            for passage, sentence in question.places:
                assert document.sentences[passage, sentence] in document.passages[passage]

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

STEPS = 6
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
def in_a_hurry(monkeypatch):
    monkeypatch.setattr(tuning, "_LEARNING_RATE", 0.01)
    monkeypatch.setattr(tuning, "_WARM_UP", 1)


def weights(folder):
    return {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}


def test_only_the_upper_layers_learn(model, data, tmp_path):
    before = weights(model)
    tuning.tune(model, data, tmp_path / "checkpoint.pt", STEPS)
    after = weights(model)
    changed = {name for name in before if not torch.allclose(before[name], after[name], atol=1e-4)}
    assert len(changed) > 5
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(model, data, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "_CHECKPOINT_EVERY", 2)
    before = weights(model)
    whole = tmp_path / "whole"
    shutil.copytree(model, whole)
    tuning.tune(whole, data, tmp_path / "other.pt", STEPS)

    checkpoint = tmp_path / "checkpoint.pt"
    step = torch.optim.AdamW.step
    steps = iter(range(3))

    def cut_off(self, *arguments, **options):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(self, *arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(torch.optim.AdamW, "step", cut_off)
        tuning.tune(model, data, checkpoint, STEPS)
    assert checkpoint.exists()
    tuning.tune(model, data, checkpoint, STEPS)
    assert not checkpoint.exists()
    expected = weights(whole)
    assert not torch.allclose(expected[LEARNT], before[LEARNT], atol=1e-3)
    assert all(torch.allclose(found, expected[name], atol=1e-3) for name, found in weights(model).items())

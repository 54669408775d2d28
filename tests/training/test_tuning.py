"""A model is tuned in part, and a run that was cut off ends as one that was not."""

from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file

from training import tuning

STEPS = 6
LEARNT = "encoder.layer.1.output.dense.weight"


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


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(model, data, tmp_path, monkeypatch, cut_off):
    monkeypatch.setattr(tuning, "_CHECKPOINT_EVERY", 2)
    before = weights(model)
    whole = tmp_path / "whole"
    shutil.copytree(model, whole)
    tuning.tune(whole, data, tmp_path / "other.pt", STEPS)

    checkpoint = tmp_path / "checkpoint.pt"
    cut_off(3, lambda: tuning.tune(model, data, checkpoint, STEPS))
    assert checkpoint.exists()
    tuning.tune(model, data, checkpoint, STEPS)
    assert not checkpoint.exists()
    expected = weights(whole)
    assert not torch.allclose(expected[LEARNT], before[LEARNT], atol=1e-3)
    assert all(torch.allclose(found, expected[name], atol=1e-3) for name, found in weights(model).items())

"""A little of the data that the models learn from."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest
import torch
from transformers import BertConfig, BertModel

from index.embedding import builtin_folder
from tests.written import some_of
from training import written


@pytest.fixture
def data(tmp_path):
    """Sections of laws and pairs of sentences, as `python -m training` reads them."""
    folder = tmp_path / "data"
    folder.mkdir()
    sections = [
        {
            "act": f"Fisheries Act {act}",
            "acte": f"Loi sur les pêches {act}",
            "note_en": f"Vessels {number}",
            "note_fr": f"Navires {number}",
            "en": f"No vessel of class {number} shall leave port {act} without a licence of that class. "
            f"The Minister shall inform the owner within {number + 3} days. The owner may appeal to the Federal Court.",
            "fr": f"Aucun navire de classe {number} ne quitte le port {act} sans permis de cette classe. "
            f"Le ministre en informe le propriétaire dans les {number + 3} jours. "
            "Le propriétaire peut en appeler à la Cour fédérale.",
        }
        for act in range(4)
        for number in range(20)
    ]
    with gzip.open(folder / "laws.sections.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(section) + "\n" for section in sections)
    with gzip.open(folder / "pairs.notes.tsv.gz", "wt", encoding="utf-8") as file:
        file.writelines(
            f"The ship number {n} is at sea since January 2019\tLe navire numéro {n} est en mer depuis janvier 2019\n"
            for n in range(120)
        )
    return folder


@pytest.fixture
def few_documents(tmp_path):
    """A folder of six of the written documents."""
    return some_of(written.FOLDER, 6, tmp_path / "written")


@pytest.fixture
def few_articles(tmp_path):
    """A folder of three of the longer ones."""
    return some_of(written.ARTICLES, 3, tmp_path / "articles")


@pytest.fixture
def model(tmp_path):
    """A folder with a model of two small layers."""
    folder = tmp_path / "model"
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=20_500, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    shutil.copy(builtin_folder() / "tokenizer.json", folder)
    return folder


@pytest.fixture
def cut_off(monkeypatch):
    """Runs a training that is stopped, as by Ctrl-C, after so many steps."""

    def run(steps, train):
        step = torch.optim.AdamW.step
        left = iter(range(steps))

        def stop(self, *arguments, **options):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return step(self, *arguments, **options)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(torch.optim.AdamW, "step", stop)
            train()

    return run

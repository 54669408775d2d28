"""A little of the data that the models learn from."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest

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
    """A folder of six of the written documents, as reading all of them takes a while."""
    folder = tmp_path / "written"
    (folder / "corpus").mkdir(parents=True)
    documents = sorted((written.FOLDER / "corpus").iterdir())[:6]
    for document in documents:
        shutil.copy(document, folder / "corpus")
    lines = (written.FOLDER / "questions.jsonl").read_text("utf-8").splitlines(keepends=True)
    ours = [line for line in lines if any(json.loads(line)["id"].startswith(f"{path.stem}-") for path in documents)]
    (folder / "questions.jsonl").write_text("".join(ours), "utf-8")
    return folder

"""A few of the documents that were written to learn from and to measure with, as all of them take a while."""

from __future__ import annotations

import json
import shutil


def some_of(source, number, folder):
    """Copy the first documents of the set in `source`, with the questions about them, and return the folder."""
    (folder / "corpus").mkdir(parents=True)
    documents = sorted((source / "corpus").iterdir())[:number]
    for document in documents:
        shutil.copy(document, folder / "corpus")
    lines = (source / "questions.jsonl").read_text("utf-8").splitlines(keepends=True)
    ours = [line for line in lines if any(json.loads(line)["id"].startswith(f"{path.stem}-") for path in documents)]
    (folder / "questions.jsonl").write_text("".join(ours), "utf-8")
    return folder

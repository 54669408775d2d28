"""A set's questions are put into the other language, and its corpus stays."""

from __future__ import annotations

import gzip
import json

from training import crossing


def test_questions_are_put_into_the_other_language_word_for_word(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    nouns = {"ship": "navire", "bridge": "pont", "bird": "oiseau", "school": "école", "river": "fleuve"}
    pairs = [
        f"The {one} and the {two}\tLe {nouns[one]} et le {nouns[two]}" for one in nouns for two in nouns if one != two
    ]
    for source in ("laws", "notes"):
        with gzip.open(data / f"pairs.{source}.tsv.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(pairs))
    asked = tmp_path / "birds"
    (asked / "corpus").mkdir(parents=True)
    (asked / "corpus" / "birds.txt").write_text("Birds\n\nA bird sat on the bridge in Paris.", "utf-8")
    question = {"id": "1", "lang": "en", "question": "Which bird and school did Paris zorble?", "gold": []}
    (asked / "questions.jsonl").write_text(json.dumps(question) + "\n", "utf-8")

    crossing.make([asked], data, tmp_path / "out")

    made = tmp_path / "out" / "birds-fr"
    assert (made / "corpus" / "birds.txt").read_bytes() == (asked / "corpus" / "birds.txt").read_bytes()
    (row,) = map(json.loads, (made / "questions.jsonl").read_text("utf-8").splitlines())
    assert row == {"id": "1-fr", "lang": "fr", "question": "quel oiseau et école Paris zorble ?", "gold": []}

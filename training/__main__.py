"""Make the model: `python -m training --data DIR --checkpoints DIR --out index/model [--hours H]`."""

from __future__ import annotations

import argparse
import json
import logging
import random
from dataclasses import asdict
from pathlib import Path

import torch

from training import alignment, data, student, vocabulary
from training.examples import Sampler
from training.measure import keep, measure
from training.train import Run, Settings, Teacher

log = logging.getLogger("training")
NEW_WORDS = 18_000


def start(pairs: dict[str, list[data.Pair]], folder: Path, seed: int) -> None:
    """Write the extended tokenizer and the untrained student to `folder`."""
    teacher = student.teacher_folder()
    tokenizer = student.load_tokenizer(teacher)
    weights = {"freedict": 2.0, "lexicon": 4.0}
    rows = [(pair, weights.get(source, 1.0)) for source, some in pairs.items() if source != "laws" for pair in some]
    laws = random.Random(seed).sample(pairs["laws"], min(len(pairs["laws"]), 250_000))
    links = alignment.link(rows + [(pair, 0.3) for pair in laws])
    translations = alignment.translations(links, alignment.align(links))
    added = vocabulary.new_words(vocabulary.usage(pairs), tokenizer.get_vocab(), NEW_WORDS)
    numbers = vocabulary.extend_tokenizer(teacher, added, folder)
    state = student.load(teacher).state_dict()
    again = [word for word in vocabulary.FRENCH if word in translations]
    first = vocabulary.initial_rows(state[student.WORD_ROWS], tokenizer, translations, added + again)
    state[student.WORD_ROWS] = vocabulary.extend_embeddings(state[student.WORD_ROWS], numbers, first)
    torch.save(state, folder / "start.pt")


def main() -> None:
    """Run what is missing: the vocabulary, the training, the export."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of pairs.*.tsv.gz and laws.sections.jsonl.gz")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of the run; continued if not empty")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model to write")
    parser.add_argument("--hours", type=float, default=1.5, help="time to train for (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    settings = Settings(hours=arguments.hours)
    folder: Path = arguments.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    pairs, kept_pairs = data.split_pairs(data.read_pairs(arguments.data))
    sections, kept_sections = data.split_sections(data.read_sections(arguments.data))
    log.info("pairs: %s; sections: %d", {source: len(rows) for source, rows in pairs.items()}, len(sections))
    if not (folder / "start.pt").exists():
        start(pairs, folder, settings.seed)
    state = torch.load(folder / "start.pt", weights_only=True)
    home = student.teacher_folder()
    tokenizer = student.load_tokenizer(folder)
    teacher = Teacher(student.load(home), student.load_tokenizer(home))
    model = student.load(home, tokenizer.get_vocab_size(), state)
    kept = keep(kept_pairs, kept_sections, teacher.model, teacher.tokenizer)
    sampler = Sampler(pairs, sections, tokenizer, settings.seed)
    run = Run(model, teacher, sampler, kept, tokenizer, folder, settings)
    log.info("kept aside, at the start: %s", asdict(measure(model, tokenizer, kept)))
    averaged = run.train()
    model.load_state_dict(averaged)
    measured = asdict(measure(model, tokenizer, kept))
    log.info("kept aside, averaged weights: %s", measured)
    student.save(averaged, folder / "tokenizer.json", arguments.out)
    summary = {"steps": run.steps, "sequences": run.sequences, "seconds": round(run.elapsed), "kept_aside": measured}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

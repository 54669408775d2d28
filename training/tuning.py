"""Tune the embedding model: bring a marginal note near its section, and a sentence near its translation.

Only the upper half of the layers learns, and what comes out is a mean of the weights before and after: it keeps what
the model could do and gains most of what it has learnt (Wortsman et al. 2022, arXiv 2109.01903).
"""

from __future__ import annotations

import gzip
import json
import logging
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from index.threads import available_threads
from training.data import DICTIONARIES, read_pairs
from training.encoder import PADDING, Encoder

log = logging.getLogger(__name__)

STEPS = 300
SHARE = 0.5
"""How much the tuned weights count in the mean."""

SEED = 1
_LEARNING_RATE = 5e-5
_WARM_UP = 50
_TEMPERATURE = 0.03
_SECTIONS, _SENTENCES = 64, 96  # in a batch
_OF_ONE_ACT = 16
_MOST_OF_ONE_ACT = 400
_QUESTION_TOKENS, _PASSAGE_TOKENS = 64, 112
_CHECKPOINT_EVERY = 100
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, the passage of each, and a key: of two with the same key neither is a wrong passage of the other."""

    questions: list[str]
    passages: list[str]
    keys: list[tuple[str, ...]]


class Batches:
    """The training data, in batches without end."""

    def __init__(self, folder: Path) -> None:
        """Read `laws.sections.jsonl.gz` and the pairs of `folder`."""
        self._chance = random.Random(SEED)
        self._acts: dict[str, list[dict[str, str]]] = defaultdict(list)
        with gzip.open(folder / "laws.sections.jsonl.gz", "rt", encoding="utf-8") as lines:
            for section in map(json.loads, lines):
                if len(section["fr"]) > 40 and section["note_fr"] and section["note_en"]:
                    self._acts[section["act"]].append(section)
        left_out = DICTIONARIES | {"laws"}
        self._pairs = [pair for source, some in read_pairs(folder).items() if source not in left_out for pair in some]
        self._groups = self._endless_groups()

    def sections(self) -> Batch:
        """Marginal notes, most with the act's title, and their sections; many of the same act, so near misses."""
        sections: list[dict[str, str]] = []
        while len(sections) < _SECTIONS:
            sections += next(self._groups)
        batch = Batch([], [], [])
        for section in sections[:_SECTIONS]:
            asked = self._chance.choices(["en", "fr"])[0]
            read = self._chance.choices(["fr", "en"], [0.75, 0.25])[0]
            titles = {"en": section["act"], "fr": section["acte"]}
            note = section[f"note_{asked}"]
            form = self._chance.random()
            question = (
                f"{titles[asked]} : {note}" if form < 0.7 else note if form < 0.85 else f"{note} ({titles[asked]})"
            )
            title = f"{titles[read]}\n" if self._chance.random() < 0.8 else ""
            batch.questions.append(f"query: {question}")
            batch.passages.append(f"passage: {title}{section[read]}")
            batch.keys.append((section["act"], section["note_en"].lower()))
        return batch

    def sentences(self) -> Batch:
        """Sentences and their translations."""
        batch = Batch([], [], [])
        for pair in self._chance.sample(self._pairs, _SENTENCES):
            sides = (pair.english, pair.french) if self._chance.random() < 0.7 else (pair.french, pair.english)
            batch.questions.append(f"query: {sides[0]}")
            batch.passages.append(f"passage: {sides[1]}")
            batch.keys.append((pair.french.lower(),))
        return batch

    def _endless_groups(self) -> Iterator[list[dict[str, str]]]:
        while True:
            groups: list[list[dict[str, str]]] = []
            for act in self._acts.values():
                sections = self._chance.sample(act, min(len(act), _MOST_OF_ONE_ACT))
                groups += [sections[at : at + _OF_ONE_ACT] for at in range(0, len(sections), _OF_ONE_ACT)]
            self._chance.shuffle(groups)
            yield from groups


class _Encoder(Encoder):
    """The model of which the upper half learns. What that learns is little, and is averaged with what was known."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        layers = self.bert.encoder.layer
        for layer in layers[: len(layers) // 2]:
            layer.requires_grad_(False)

    def __call__(self, texts: Sequence[str], most_tokens: int) -> Tensor:
        """Vectors of length 1; shape (texts, dimension)."""
        self.tokenizer.enable_truncation(most_tokens)
        vectors: dict[int, Tensor] = {}
        for part, states, ids in self.states([encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]):
            mask = (ids != PADDING).long()
            means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            vectors |= zip(part, functional.normalize(means, dim=1), strict=True)
        return torch.stack([vectors[number] for number in range(len(texts))])


def tune(folder: Path, data: Path, checkpoint: Path, steps: int = STEPS) -> None:
    """Tune the model in `folder` on the data, in its place; a run that was cut off goes on from `checkpoint`."""
    torch.set_num_threads(available_threads())
    batches = Batches(data)
    encoder = _Encoder(folder)
    learning = [parameter for parameter in encoder.bert.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=_LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / _WARM_UP) * max(0.02, 1 - step / steps)
    )
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        done = state["done"]
        encoder.bert.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    for step in range(steps):
        sections, sentences = batches.sections(), batches.sentences() if step % 3 == 0 else None
        if step < done:
            continue
        loss = _loss(encoder, sections)
        loss.backward()  # type: ignore[no-untyped-call]
        if sentences:
            (0.5 * _loss(encoder, sentences)).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 10 == 0:
            log.info("step %d: loss %.3f", step, loss.item())
        if (step + 1) % _CHECKPOINT_EVERY == 0:
            states = {"model": encoder.bert, "optimizer": optimizer, "schedule": schedule}
            torch.save({"done": step + 1} | {name: part.state_dict() for name, part in states.items()}, checkpoint)
    before = load_file(folder / _WEIGHTS)
    after = encoder.bert.state_dict()
    mean = {name: torch.lerp(weight.float(), after[name], SHARE).half() for name, weight in before.items()}
    save_file(mean, folder / _WEIGHTS, metadata={"format": "pt"})
    checkpoint.unlink(missing_ok=True)


def _loss(encoder: _Encoder, batch: Batch) -> Tensor:
    """How far each question is from being nearest to its own passage of all in the batch (InfoNCE)."""
    questions = encoder(batch.questions, _QUESTION_TOKENS)
    passages = encoder(batch.passages, _PASSAGE_TOKENS)
    keys = batch.keys
    same = torch.tensor([[one == other for other in keys] for one in keys]).fill_diagonal_(False)
    cosines = (questions @ passages.T).masked_fill(same, -1)
    return functional.cross_entropy(cosines / _TEMPERATURE, torch.arange(len(keys)))

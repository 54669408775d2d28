"""Tune the embedding model in two stages.

First a marginal note comes near its section and a sentence near its translation, then a question near the passage and
the sentence that answer it, away from the others of the same document.
What comes out of each stage is a weighted mean of the weights before and after: it keeps what the model could do and
gains most of what it has learnt (Wortsman et al. 2022, arXiv 2109.01903).
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from index.passages import TokenCounter
from index.threads import available_threads
from training import stages
from training.data import DICTIONARIES, read_pairs
from training.encoder import PADDING, Encoder
from training.written import ARTICLES, FOLDER, HELD_OUT, WrittenDocument, read_written

SEED = 1
_TEMPERATURE = 0.03
_SECTIONS, _SENTENCES = 64, 96  # in a batch
_OF_ONE_ACT = 16
_MOST_OF_ONE_ACT = 400
_DOCUMENTS, _MOST_SENTENCES = 4, 120  # in a batch of questions
_QUESTION_TOKENS, _PASSAGE_TOKENS = 64, 160
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Stage(stages.Stage):
    """A stage in which the upper `layers` learn; `share` is how much the weights after it count in the mean."""

    layers: int
    share: float


STAGES = (
    Stage("laws", steps=300, learning_rate=5e-5, warm_up=50, layers=6, share=0.5),
    Stage("questions", steps=240, learning_rate=3e-5, warm_up=20, layers=12, share=0.5),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions and passages; `right` says which passages answer, `wrong` which do not; (questions, passages) both.

    The batch's loss is multiplied by what it `counts`.
    """

    questions: list[str]
    passages: list[str]
    right: Tensor
    wrong: Tensor
    counts: float = 1.0


def _own_passages(questions: list[str], passages: list[str], keys: list[tuple[str, ...]], counts: float) -> Batch:
    """Each question with its own passage; those with the same key are no wrong passages of each other."""
    same = torch.tensor([[one == other for other in keys] for one in keys])
    return Batch(questions, passages, torch.eye(len(keys), dtype=torch.bool), ~same, counts)


class Batches:
    """The training data, in batches without end."""

    def __init__(self, folder: Path, count_tokens: TokenCounter) -> None:
        """Read `laws.sections.jsonl.gz` and the pairs of `folder`, and the written questions."""
        self._chance = random.Random(SEED)
        self._acts: dict[str, list[dict[str, str]]] = defaultdict(list)
        with gzip.open(folder / "laws.sections.jsonl.gz", "rt", encoding="utf-8") as lines:
            for section in map(json.loads, lines):
                if len(section["fr"]) > 40 and section["note_fr"] and section["note_en"]:
                    self._acts[section["act"]].append(section)
        left_out = DICTIONARIES | {"laws"}
        self._pairs = [pair for source, some in read_pairs(folder).items() if source not in left_out for pair in some]
        self._groups = self._endless_groups()
        folders = (FOLDER, HELD_OUT, ARTICLES)
        written = [one for folder in folders for one in read_written(count_tokens, folder)]
        self._written = self._endless_documents(written)

    def of(self, stage: Stage, step: int) -> list[Batch]:
        """The batches of a step."""
        if stage.name == "laws":
            return [self.sections(), *([self.sentences(0.5)] if step % 3 == 0 else [])]
        batches = [*self.questions()]
        if step % 2 == 0:
            batches.append(self.sections(0.5))
        if step % 4 == 1:
            batches.append(self.sentences(0.5))
        return batches

    def questions(self) -> tuple[Batch, Batch]:
        """The questions of a few documents with all their passages, and with most of their sentences."""
        documents = [next(self._written) for _ in range(_DOCUMENTS)]
        asked = [(number, one) for number, document in enumerate(documents) for one in document.questions]
        asked = [(number, one) for number, one in asked if one.places]
        texts = [f"query: {one.question}" for _, one in asked]
        passages = [(number, at) for number, document in enumerate(documents) for at in range(len(document.passages))]
        right = torch.tensor(
            [
                [of == number and any(at == place[0] for place in one.places) for number, at in passages]
                for of, one in asked
            ]
        )
        by_passage = Batch(texts, [f"passage: {documents[n].passages[at]}" for n, at in passages], right, ~right)
        answers = {(number, place) for number, one in asked for place in one.places}
        others = sorted({(n, at) for n, document in enumerate(documents) for at in document.sentences} - answers)
        room = max(0, _MOST_SENTENCES - len(answers))
        sentences = [*sorted(answers), *self._chance.sample(others, min(len(others), room))]
        right = torch.tensor([[of == number and at in one.places for number, at in sentences] for of, one in asked])
        by_sentence = Batch(texts, [f"passage: {documents[n].sentences[at]}" for n, at in sentences], right, ~right)
        return by_passage, by_sentence

    def sections(self, counts: float = 1.0) -> Batch:
        """Marginal notes, most with the act's title, and their sections; many of the same act, so near misses."""
        sections: list[dict[str, str]] = []
        while len(sections) < _SECTIONS:
            sections += next(self._groups)
        questions, passages, keys = [], [], []
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
            questions.append(f"query: {question}")
            passages.append(f"passage: {title}{section[read]}")
            keys.append((section["act"], section["note_en"].lower()))
        return _own_passages(questions, passages, keys, counts)

    def sentences(self, counts: float = 1.0) -> Batch:
        """Sentences and their translations."""
        questions, passages, keys = [], [], []
        for pair in self._chance.sample(self._pairs, _SENTENCES):
            sides = (pair.english, pair.french) if self._chance.random() < 0.7 else (pair.french, pair.english)
            questions.append(f"query: {sides[0]}")
            passages.append(f"passage: {sides[1]}")
            keys.append((pair.french.lower(),))
        return _own_passages(questions, passages, keys, counts)

    def _endless_groups(self) -> Iterator[list[dict[str, str]]]:
        while True:
            groups: list[list[dict[str, str]]] = []
            for act in self._acts.values():
                sections = self._chance.sample(act, min(len(act), _MOST_OF_ONE_ACT))
                groups += [sections[at : at + _OF_ONE_ACT] for at in range(0, len(sections), _OF_ONE_ACT)]
            self._chance.shuffle(groups)
            yield from groups

    def _endless_documents(self, written: list[WrittenDocument]) -> Iterator[WrittenDocument]:
        while True:
            yield from self._chance.sample(written, len(written))


class _Encoder(Encoder):
    """The model of which some layers learn. What they learn is little, and is averaged with what was known."""

    def __init__(self, folder: Path, learning: int) -> None:
        """Load the model of `folder`, of which the upper `learning` layers learn."""
        super().__init__(folder)
        layers = self.bert.encoder.layer
        for layer in layers[: max(0, len(layers) - learning)]:
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


def tune(folder: Path, data: Path, checkpoint: Path, plan: Sequence[Stage] = STAGES) -> None:
    """Tune the model in `folder` on the data, in its place; a run that was cut off goes on from `checkpoint`."""
    torch.set_num_threads(available_threads())
    start = stages.progress(checkpoint)
    if "mean" in start:  # The run before may have been cut off while it wrote the weights.
        _write(start["mean"], folder)
    for number, stage in enumerate(plan):
        if number >= start["stage"]:
            encoder = _Encoder(folder, stage.layers)
            batches = Batches(data, encoder.count_tokens)
            draw, loss = partial(batches.of, stage), partial(_loss, encoder)
            stages.learn(stage, encoder.bert, draw, loss, start, checkpoint)
            before, after = load_file(folder / _WEIGHTS), encoder.bert.state_dict()
            mean = {
                name: torch.lerp(weight.float(), after[name], stage.share).half() for name, weight in before.items()
            }
            start = {"stage": number + 1, "done": 0, "mean": mean}
            stages.save(start, checkpoint)
            _write(mean, folder)
    checkpoint.unlink()


def _write(weights: dict[str, Tensor], folder: Path) -> None:
    save_file(weights, folder / _WEIGHTS, metadata={"format": "pt"})


def _loss(encoder: _Encoder, batch: Batch) -> Tensor:
    """How far each question is from being nearest to a passage that answers it, of all in the batch (InfoNCE)."""
    questions = encoder(batch.questions, _QUESTION_TOKENS)
    passages = encoder(batch.passages, _PASSAGE_TOKENS)
    cosines = questions @ passages.T / _TEMPERATURE
    among_all = cosines.masked_fill(~(batch.right | batch.wrong), -torch.inf).logsumexp(1)
    among_right = cosines.masked_fill(~batch.right, -torch.inf).logsumexp(1)
    return batch.counts * (among_all - among_right).mean()

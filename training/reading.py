"""Train the cross-encoder: of a question and a passage, which sentence answers it, or none.

First on questions made by rule (`cloze.py`), of which there are as many as one likes, then on those that were written,
some of which come near and have no answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from index.cross_encoder import Heads, layout
from index.embedding import Embedder, builtin_folder, find_model
from index.settings import BUILTIN_MODEL
from index.threads import available_threads
from training.cloze import Clozes
from training.encoder import Encoder
from training.stages import Stage, learn, progress, save
from training.written import ARTICLES, FOLDER, Asked, Example, WrittenDocument, read_written

SEED = 1
_BATCH = 16
_NEAREST = 3


STAGES = (
    Stage("clozes", steps=1000, learning_rate=1e-4, warm_up=50),
    Stage("written", steps=2400, learning_rate=5e-5, warm_up=50),
)


class _Learner(nn.Module):
    """The builtin model's layers, under two heads."""

    def __init__(self) -> None:
        super().__init__()
        self._encoder = Encoder(builtin_folder())
        self.bert = self._encoder.bert
        torch.manual_seed(SEED)
        self.heads = Heads(self.bert.config.hidden_size)

    def forward(self, examples: Sequence[Example]) -> Tensor:
        """How far the right sentences, or none, are from being the likeliest; one number."""
        self._encoder.tokenizer.no_truncation()
        read = [layout(self._encoder.tokenizer, one.question, one.context, one.sentences) for one in examples]
        losses = []
        for part, states, _ in self._encoder.states([ids for ids, _ in read]):
            for number, of_text in zip(part, states, strict=True):
                segments = torch.tensor(read[number][1])
                scores = self.heads(of_text[: len(segments)], segments)
                right = [place + 1 for place in examples[number].right if place + 1 < len(scores)] or [0]
                losses.append(scores.logsumexp(0) - scores[right].logsumexp(0))
        return torch.stack(losses).mean()


def train(data: Path, out: Path, checkpoint: Path, stages: Sequence[Stage] = STAGES) -> None:
    """Train on the data and write the weights to `out`; a run that was cut off goes on from `checkpoint`."""
    torch.set_num_threads(available_threads())
    learner = _Learner()
    start = progress(checkpoint)
    if "model" in start:
        learner.load_state_dict(start["model"])
    for number, stage in enumerate(stages):
        if number >= start["stage"]:
            examples = iter(Clozes(data, SEED)) if stage.name == "clozes" else written_examples()
            learn(stage, learner, partial(_batch, examples), learner, start, checkpoint)
            start = {"stage": number + 1, "done": 0, "model": learner.state_dict()}
            save(start, checkpoint)
    learnt = {
        name.removeprefix("bert."): weight.half().contiguous()
        for name, weight in learner.state_dict().items()
        if not name.startswith("bert.embeddings.")
    }
    save_file(learnt, out, metadata={"format": "pt"})
    checkpoint.unlink()


def _batch(examples: Iterator[Example], _step: int) -> list[list[Example]]:
    return [list(islice(examples, _BATCH))]


def written_examples() -> Iterator[Example]:
    """The written questions, again and again: each asked of a passage that answers, and of one that comes near.

    One that has no answer is asked of two that are near.
    """
    chance = random.Random(SEED)
    embedder = Embedder(find_model(BUILTIN_MODEL))
    written = [one for folder in (FOLDER, ARTICLES) for one in read_written(embedder.count_tokens, folder)]
    asked = [(document, *pair) for document in written for pair in _near(document, embedder)]
    while True:
        some = []
        for document, question, near in asked:
            right = sorted({passage for passage, _ in question.places})
            passages = [chance.choice(right)] if right else []
            passages += chance.sample(near, min(len(near), 2 - len(passages)))
            some += [document.example(question, passage) for passage in passages]
        chance.shuffle(some)
        yield from some


def _near(document: WrittenDocument, embedder: Embedder) -> Iterator[tuple[Asked, list[int]]]:
    """Each question, and the passages that are nearest to it of those that do not answer."""
    passages = embedder.embed_passages(document.passages)
    for question in document.questions:
        right = {passage for passage, _ in question.places}
        order = np.argsort(-(passages @ embedder.embed_query(question.question))).tolist()
        yield question, [passage for passage in order if passage not in right][:_NEAREST]

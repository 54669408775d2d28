"""Reads a question and a passage together, and says which sentence answers it, if one does.

The layers are in `model.safetensors` beside this file, made by `python -m training reading`; the embeddings and the
vocabulary are the builtin model's, whatever model the vectors of an index come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from index.embedding import builtin_folder
from index.errors import ModelError
from index.quantized import quantized_layers
from index.threads import threads_at_most, uninterrupted

Vectors = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "model.safetensors"

_QUESTION_TOKENS, _CONTEXT_TOKENS, _MOST_TOKENS = 64, 48, 400
_START, _END = 0, 2  # <s> and </s>
_UNREAD = -20.0

QUESTION, CONTEXT = 0, -1
"""The segments of the question and of what stands above the passage; its sentences are numbered from 1."""


def layout(tokenizer: Tokenizer, question: str, context: str, sentences: Sequence[str]) -> tuple[list[int], list[int]]:
    """What is read: token ids, and the segment of each.

    `tokenizer` must neither cut nor pad. What goes beyond the most that is read is left out, so that the last sentences
    may be missing among the segments.
    """
    encoded = tokenizer.encode_batch([question, context, *sentences], add_special_tokens=False)
    asked, above, *read = (encoding.ids for encoding in encoded)
    parts = [(QUESTION, [_START, *asked[:_QUESTION_TOKENS], _END]), (CONTEXT, [*above[:_CONTEXT_TOKENS], _END])]
    parts += [(number, [*ids, _END]) for number, ids in enumerate(read, start=1)]
    ids = [token for _, tokens in parts for token in tokens]
    segments = [segment for segment, tokens in parts for _ in tokens]
    return ids[:_MOST_TOKENS], segments[:_MOST_TOKENS]


class Heads(nn.Module):
    """From the mean state of a sentence how much it answers, and from that of the question that none does."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.sentence = nn.Linear(dimension, 1)
        self.none = nn.Linear(dimension, 1)

    def forward(self, states: Tensor, segments: Tensor) -> Tensor:
        """The scores of none and of each sentence that was read; `states` (tokens, dimension), `segments` (tokens,)."""
        count = int(segments.max()) + 1
        members = nn.functional.one_hot(segments.clamp_min(0), count).float() * (segments >= 0)[:, None]
        means = members.T @ states / members.sum(0)[:, None]
        return torch.cat([self.none(means[:1]), self.sentence(means[1:])])[:, 0]


class CrossEncoder:
    """A loaded cross-encoder. Not safe to call from several threads at once."""

    @uninterrupted()
    def __init__(self) -> None:
        """Load the weights; raises `ModelError` where they cannot be loaded."""
        folder = builtin_folder()
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            bert: Any = BertModel(BertConfig(**config), add_pooling_layer=False)
            self._heads = Heads(config["hidden_size"])
            weights = load_file(WEIGHTS)
            with safe_open(folder / "model.safetensors", framework="pt") as file:
                names = [name for name in file.keys() if name.startswith("embeddings.")]  # noqa: SIM118 - no dictionary
                embeddings = {name: file.get_tensor(name) for name in names}
            heads = {name: weights.pop(f"heads.{name}").float() for name in self._heads.state_dict()}
            bert.load_state_dict({name: weight.float() for name, weight in (embeddings | weights).items()})
            self._heads.load_state_dict(heads)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # A broken file makes the libraries raise errors of many kinds.
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"The cross-encoder cannot be loaded ({reason}).", "Install Verbatim again.") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        bert.eval()
        self._embeddings = bert.embeddings
        self._layers: Callable[[Tensor], Tensor] = quantized_layers(bert, scale_each_token=True) or (
            lambda states: bert.encoder(states[None]).last_hidden_state[0]
        )

    def read(self, question: str, context: str, sentences: Sequence[str]) -> Vectors:
        """The log-odds of each sentence that it answers, over that none of the passage does; shape (sentences,).

        `context` is the passage's title and heading.
        """
        ids, segments = layout(self._tokenizer, question, context, sentences)
        # A passage is long enough for a second thread to pay, unlike a question; more are left to the rest of the bot.
        with threads_at_most(2), torch.inference_mode():
            scores = self._heads(self._states(torch.tensor([ids])), torch.tensor(segments)).numpy()
        found = np.full(len(sentences), _UNREAD, dtype=np.float32)
        found[: len(scores) - 1] = scores[1:] - scores[0]
        return found

    def _states(self, ids: Tensor) -> Tensor:
        """The states of one text; shape (tokens, dimension)."""
        states: Tensor = self._layers(self._embeddings(ids)[0])
        return states


@cache
def cross_encoder() -> CrossEncoder:
    """The cross-encoder, loaded once."""
    return CrossEncoder()

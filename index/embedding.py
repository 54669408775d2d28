"""Turns text into vectors with a SentenceTransformer, and knows exactly which model that is.

Finding a model and taking its fingerprint cost no import of torch; only `Embedder` does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.passages import CUTTING_RULES
from index.settings import BUILTIN_MODEL
from index.threads import available_threads, threads_at_most, uninterrupted

Vectors = NDArray[np.float32]

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_E5 = re.compile(r"(?:^|[/_-])e5-(?!.*instruct)", re.IGNORECASE)
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
_LONGEST_SEQUENCE = 512


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model in a folder. The prompts are put before every text, also when they are empty.

    `fingerprint` covers the weights, the tokenizer, the prompts and the cutting rules: two indexes with the same
    fingerprint hold comparable vectors of the same passages.
    """

    name: str
    folder: Path
    query_prompt: str
    passage_prompt: str
    fingerprint: str


def find_model(name: str) -> Model:
    """The model that a setting names: `builtin`, a folder, or a hub name (fetched once, then read from the cache).

    Raises `ModelError` in words; nothing is left to be guessed by the library, which takes any `a/b` for a hub name
    and gives a folder without `modules.json` mean pooling.
    """
    folder = builtin_folder() if name == BUILTIN_MODEL else _expanded(Path(name))
    if not folder.is_dir():
        if not _HUB_NAME.fullmatch(name):
            raise ModelError(
                f"There is no model folder {name}.",
                "Set EMBEDDING_MODEL to a folder, a hub name (owner/model), or builtin.",
            )
        folder = _from_hub(name)
    if not _is_complete(folder):
        raise ModelError(
            f"{name} is not a sentence-transformers model: {folder} needs a modules.json and safetensors weights.",
            "Set EMBEDDING_MODEL to another model, or to builtin.",
        )
    query_prompt, passage_prompt = _prompts(name, folder)
    return Model(name, folder, query_prompt, passage_prompt, _fingerprint(folder, query_prompt, passage_prompt))


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # The ~ of nobody.
        return path


def builtin_folder() -> Path:
    """The folder of the model that comes with the project: `training/` says how it was made."""
    return Path(__file__).parent / "model"


class Embedder:
    """A loaded model. Not safe to call from several threads at once."""

    @uninterrupted()
    def __init__(self, model: Model) -> None:
        """Load the weights; seconds, most of them for importing torch."""
        _quiet()
        from sentence_transformers import SentenceTransformer

        from index.quantized import quantized

        self.model = model
        try:
            self._transformer = SentenceTransformer(
                str(model.folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": "float32"},
            )
        except Exception as error:  # A broken file makes the libraries raise errors of many kinds.
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"The model {model.name} cannot be loaded ({reason}).",
                "Fetch it again, or set EMBEDDING_MODEL=builtin.",
            ) from error
        self._transformer.eval()
        self._quantized = quantized(self._transformer)
        self._tokenizer: Any = self._transformer.tokenizer
        self.dimension = int(self._transformer.get_embedding_dimension() or 0)
        longest = min(self._transformer.get_max_seq_length() or _LONGEST_SEQUENCE, _LONGEST_SEQUENCE)
        special = int(self._tokenizer.num_special_tokens_to_add())
        self.max_tokens = longest - special - self.count_tokens([model.passage_prompt])[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special ones left out and nothing cut."""
        encoded = self._tokenizer(
            list(texts), add_special_tokens=False, truncation=False, return_attention_mask=False, verbose=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1, one a text; shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prompt = self.model.passage_prompt
        if self._quantized is not None:
            with threads_at_most(1), ThreadPoolExecutor(available_threads()) as pool:
                return np.stack(list(pool.map(self._vector, [self._features(text, prompt) for text in texts])))
        # The prompt is always passed: left to itself the library prefers an empty "document" prompt to "passage".
        with threads_at_most(available_threads()):
            vectors = self._transformer.encode(
                list(texts), prompt=prompt, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        """The question's vector of length 1; shape (dimension,)."""
        with threads_at_most(1):  # A second one is called up anew for each question, which costs more than it brings.
            return self._vector(self._features(text, self.model.query_prompt))

    def _features(self, text: str, prompt: str) -> Any:
        return self._transformer.preprocess([text], prompt=prompt)

    def _vector(self, features: Any) -> Vectors:
        """The vector of one text; of the parts of this class the only one that may run in several threads at once."""
        import torch

        with torch.inference_mode():
            vector = (self._quantized or self._transformer)(features)["sentence_embedding"][0].numpy()
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def _is_complete(folder: Path) -> bool:
    return (folder / "modules.json").is_file() and any(folder.rglob("*.safetensors"))


def _prompts(name: str, folder: Path) -> tuple[str, str]:
    """The query's and the passage's prompt: the model's own where it stores any that are not empty."""
    stored: dict[str, str] = {}
    config = folder / "config_sentence_transformers.json"
    try:
        if config.is_file():
            found = json.loads(config.read_text("utf-8")).get("prompts") or {}
            stored = {str(key): str(value) for key, value in found.items() if value}
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{config} is not JSON that can be read.", "Fetch the model again.") from error
    query = next((stored[key] for key in ("query", "search_query") if key in stored), "")
    passage = next((stored[key] for key in ("passage", "document", "search_document", "corpus") if key in stored), "")
    # The E5 models were trained with these two and do not store them.
    if not stored and _E5.search(name):
        return "query: ", "passage: "
    return query, passage


def _fingerprint(folder: Path, query_prompt: str, passage_prompt: str) -> str:
    digest = hashlib.sha256(json.dumps([CUTTING_RULES, query_prompt, passage_prompt]).encode())
    for path in sorted({path for pattern in _MODEL_FILES for path in folder.rglob(pattern)}):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    _quiet()
    with suppress(OSError, ValueError):  # Not in the cache yet, or only a part of it.
        folder = Path(snapshot_download(name, allow_patterns=list(_MODEL_FILES), local_files_only=True))
        if _is_complete(folder):
            return folder
    try:
        return Path(snapshot_download(name, allow_patterns=list(_MODEL_FILES)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            f"The model {name} is neither a folder nor could it be fetched from the hub.",
            "Check the name and the network, or set EMBEDDING_MODEL=builtin, which needs none.",
        ) from error


def _quiet() -> None:
    """Keep the libraries' own progress bars and advice away from people who ask questions."""
    from huggingface_hub.utils.tqdm import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    disable_progress_bars()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)

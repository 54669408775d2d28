"""What single English and French words mean: a table of vectors in one space for both, whatever the embedding model.

`training/` says how the table was made. Its commonest words are those that are spelt right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.vectors import check_array

Vectors = NDArray[np.float32]

FOLDER = Path(__file__).parent / "words"
WORDS_FILE = "words.txt"
VECTORS_FILE = "vectors.npy"


# The list holds common mistakes too ("teh"), but none so early.
_SPELT_RIGHT = 40_000


@cache
def words_spelt_right() -> frozenset[str]:
    """Common words, folded (`lexical.fold`)."""
    rows, _ = _table()
    return frozenset(islice(rows, _SPELT_RIGHT))


def word_vectors(words: Sequence[str]) -> Vectors:
    """The vectors of folded words, of length 1, and of 0 for a word that is not in the table; shape (len(words), n)."""
    rows, table = _table()
    vectors = np.zeros((len(words), table.shape[1]), dtype=np.float32)
    places = [(place, rows[word]) for place, word in enumerate(words) if word in rows]
    if places:
        at, found = (list(numbers) for numbers in zip(*places, strict=True))
        some = table[found].astype(np.float32)
        vectors[at] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return vectors


@cache
def table_digest() -> str:
    """Tells one table from another."""
    return hashlib.sha256((FOLDER / WORDS_FILE).read_bytes() + (FOLDER / VECTORS_FILE).read_bytes()).hexdigest()


@cache
def _table() -> tuple[dict[str, int], NDArray[np.int8]]:
    words = (FOLDER / WORDS_FILE).read_text("utf-8").split()
    shape, kind, offset = check_array(FOLDER / VECTORS_FILE)
    table = np.fromfile(FOLDER / VECTORS_FILE, dtype=kind, offset=offset).reshape(shape)
    return {word: row for row, word in enumerate(words)}, table

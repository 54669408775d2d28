"""No text is embedded twice, whatever happened between two builds."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from index.cache import EmbeddingCache, text_key

FINGERPRINT, DIMENSION = "f" * 32, 8


def vectors(count):
    made = np.random.default_rng(7).standard_normal((count, DIMENSION)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def open_cache(folder, fingerprint=FINGERPRINT):
    return closing(EmbeddingCache(folder, fingerprint, DIMENSION))


KEYS = [text_key(f"text {number}") for number in range(2_500)]


def test_what_was_added_is_there_after_opening_again(tmp_path):
    made = vectors(len(KEYS))
    with open_cache(tmp_path) as cache:
        assert cache.missing(KEYS) == list(range(len(KEYS)))
        cache.add(KEYS, made)
    with open_cache(tmp_path) as cache:
        assert cache.missing(KEYS) == []
        assert cache.missing([KEYS[3], text_key("another"), KEYS[1]]) == [1]
        assert np.allclose(np.concatenate(list(cache.batches(KEYS))), made, atol=1e-3)


def test_the_same_text_twice_is_two_rows(tmp_path):
    with open_cache(tmp_path) as cache:
        cache.add(KEYS[:2], vectors(2))
        rows = np.concatenate(list(cache.batches([KEYS[1], KEYS[0], KEYS[1]])))
    assert np.array_equal(rows[0], rows[2])
    assert not np.array_equal(rows[0], rows[1])


@pytest.mark.parametrize("damage", ["a flipped bit", "cut off", "nothing"])
def test_a_damaged_vector_is_computed_again(tmp_path, damage):
    with open_cache(tmp_path) as cache:
        cache.add(KEYS[:2], vectors(2))
    with closing(sqlite3.connect(next(tmp_path.glob("*.sqlite3")))) as database:
        (blob,) = database.execute("SELECT vector FROM vectors WHERE key = ?", [KEYS[0]]).fetchone()
        broken = {"a flipped bit": blob[:1] + bytes([blob[1] ^ 64]) + blob[2:], "cut off": blob[:4], "nothing": b""}
        database.execute("UPDATE vectors SET vector = ? WHERE key = ?", [broken[damage], KEYS[0]])
        database.commit()
    with open_cache(tmp_path) as cache:
        assert cache.missing(KEYS[:2]) == [0]


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_begun_anew(tmp_path, data):
    with open_cache(tmp_path) as cache:
        cache.add(KEYS[:2], vectors(2))
    next(tmp_path.glob("*.sqlite3")).write_bytes(data)
    with open_cache(tmp_path) as cache:
        assert cache.missing(KEYS[:2]) == [0, 1]
        cache.add(KEYS[:2], vectors(2))
        assert cache.missing(KEYS[:2]) == []

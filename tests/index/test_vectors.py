"""The FAISS index: it finds what is nearest, and what is broken is named instead of searched."""

from __future__ import annotations

import numpy as np
import pytest

from index.errors import DamagedIndexError
from index.vectors import VectorIndex, kind_for, read_matrix, write_matrix, write_vectors

DIMENSION = 32


def unit_vectors(count, seed=7):
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def batches(vectors, size=1000):
    return (vectors[start : start + size] for start in range(0, len(vectors), size))


def test_the_kind_of_index_grows_with_the_corpus():
    counts = (1, 200_000, 200_001, 1_000_001, 5_000_001, 50_000_000)
    kinds = [kind_for(count) for count in counts]
    assert kinds == ["Flat", "Flat", "SQfp16", "IVF4096,SQfp16", "IVF16384_HNSW32,SQ8", "IVF16384_HNSW32,SQ8"]


@pytest.mark.parametrize("kind", ["Flat", "SQfp16", "IVF16,SQfp16", "IVF16_HNSW8,SQ8"])
def test_a_vector_is_nearest_to_itself_in_every_kind_of_index(tmp_path, kind):
    vectors = unit_vectors(3_000)
    write_vectors(tmp_path / "a", batches(vectors), len(vectors), DIMENSION, kind)
    index = VectorIndex(tmp_path / "a", len(vectors), DIMENSION)
    for row in (0, 1_234, 2_999):
        scores, rows = index.search(vectors[row], 5)
        assert rows[0] == row
        assert scores[0] == pytest.approx(1, abs=0.02)
        assert list(scores) == sorted(scores, reverse=True)


def test_more_neighbours_than_there_are_vectors_are_all_of_them(tmp_path):
    vectors = unit_vectors(3)
    write_vectors(tmp_path / "a", batches(vectors), 3, DIMENSION)
    scores, rows = VectorIndex(tmp_path / "a", 3, DIMENSION).search(vectors[0], 10)
    assert sorted(rows) == [0, 1, 2]
    assert len(scores) == 3


def test_searches_side_by_side_find_the_same(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    vectors = unit_vectors(3_000)
    write_vectors(tmp_path / "a", batches(vectors), len(vectors), DIMENSION, "IVF16,SQfp16")
    index = VectorIndex(tmp_path / "a", len(vectors), DIMENSION)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: index.search(vectors[row], 1)[1][0], range(400)))
    assert found == list(range(400))


@pytest.mark.parametrize("data", [b"", b"no index", b"IxF2" + b"\xff" * 100])
def test_what_is_no_index_is_named(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(DamagedIndexError, match="python -m index build"):
        VectorIndex(tmp_path / "a", 3, DIMENSION)
    with pytest.raises(DamagedIndexError, match="python -m index build"):
        read_matrix(tmp_path / "a", 3, DIMENSION)


def test_an_index_of_other_vectors_is_named(tmp_path):
    vectors = unit_vectors(3)
    write_vectors(tmp_path / "a", batches(vectors), 3, DIMENSION)
    write_matrix(tmp_path / "b", batches(vectors), 3, DIMENSION)
    for count, dimension in ((4, DIMENSION), (3, 2 * DIMENSION)):
        with pytest.raises(DamagedIndexError, match="does not hold the vectors"):
            VectorIndex(tmp_path / "a", count, dimension)
        with pytest.raises(DamagedIndexError, match="does not hold the vectors"):
            read_matrix(tmp_path / "b", count, dimension)


def test_a_matrix_comes_back_as_it_was_written(tmp_path):
    vectors = unit_vectors(2_500)
    write_matrix(tmp_path / "a", batches(vectors), len(vectors), DIMENSION)
    assert np.array_equal(read_matrix(tmp_path / "a", len(vectors), DIMENSION), vectors.astype(np.float16))


def test_a_pickle_is_not_opened(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DamagedIndexError):
        read_matrix(tmp_path / "a.npy", 1, 1)

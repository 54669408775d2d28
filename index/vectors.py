"""The FAISS index over passage vectors: which kind for how many, how it is stored, and how it is searched."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index import storage
from index.errors import BUILD_COMMAND, DamagedIndexError
from index.threads import available_threads

if TYPE_CHECKING:
    from index.embedding import Vectors

Halves = NDArray[np.float16]
Rows = NDArray[np.int64]

# Up to so many vectors, this kind (recall and milliseconds measured at 384 dimensions; exact search while it is fast).
_KINDS = ((200_000, "Flat"), (1_000_000, "SQfp16"), (5_000_000, "IVF4096,SQfp16"), (None, "IVF16384_HNSW32,SQ8"))
_PROBES = 64
_TRAINING_VECTORS_PER_LIST = 64
_MAPPED_FROM_BYTES = 512 * 1024 * 1024


def kind_for(count: int) -> str:
    """The FAISS factory string for an index of `count` vectors."""
    return next(kind for limit, kind in _KINDS if limit is None or count <= limit)


def write_vectors(path: Path, batches: Iterable[Vectors], count: int, dimension: int, kind: str | None = None) -> None:
    """Index `count` vectors of length 1, given in batches of shape (n, dimension), and write the index to `path`."""
    faiss = _faiss()
    index = faiss.index_factory(dimension, kind or kind_for(count), faiss.METRIC_INNER_PRODUCT)
    waiting: list[Vectors] = []
    if not index.is_trained:
        wanted = min(count, faiss.extract_index_ivf(index).nlist * _TRAINING_VECTORS_PER_LIST)
        batches = iter(batches)
        while sum(map(len, waiting)) < wanted:
            waiting.append(next(batches))
        index.train(np.concatenate(waiting))
    for batch in (*waiting, *batches):
        index.add(np.ascontiguousarray(batch, dtype=np.float32))
    # faiss.write_index can lose a full disk without an error, so the bytes are written here.
    storage.write_file(path, [memoryview(faiss.serialize_index(index))])


class VectorIndex:
    """A loaded FAISS index; searches may run side by side."""

    def __init__(self, path: Path, count: int, dimension: int) -> None:
        """Read the index of `count` vectors at `path`; raises `DamagedIndexError` when it is none."""
        faiss = _faiss()
        try:
            # No array in the file can be larger than the file: without this a made-up length allocates terabytes.
            faiss.set_deserialization_vector_byte_limit(path.stat().st_size)
            self._index: Any = faiss.deserialize_index(np.fromfile(path, dtype=np.uint8))
        except (RuntimeError, OSError, MemoryError) as error:
            raise DamagedIndexError(f"{path} is not a FAISS index.", BUILD_COMMAND) from error
        if (self._index.ntotal, self._index.d) != (count, dimension):
            raise DamagedIndexError(f"{path} does not hold the vectors it should.", BUILD_COMMAND)
        ivf = faiss.try_extract_index_ivf(self._index)
        if ivf is not None:
            ivf.make_direct_map()  # So that `vectors_of` finds them.
        self._parameters = faiss.SearchParametersIVF(nprobe=min(_PROBES, ivf.nlist)) if ivf is not None else None

    def search(self, query: Vectors, limit: int) -> tuple[Vectors, Rows]:
        """The cosines and row numbers of the `limit` nearest vectors, best first; fewer where there are fewer."""
        scores, rows = self._index.search(query[None, :], min(limit, self._index.ntotal), params=self._parameters)
        found = rows[0] >= 0
        return scores[0][found], rows[0][found]

    def vectors_of(self, rows: Rows) -> Vectors:
        """The vectors at some rows; shape (len(rows), dimension)."""
        found: Vectors = self._index.reconstruct_batch(rows)
        return found


def _faiss() -> Any:
    """FAISS with one thread a search: for one query two threads were 27 times slower on a busy machine."""
    # Loads torch: in the other order the OpenMP of one of them breaks the other's.
    available_threads()
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def write_matrix(path: Path, batches: Iterable[Vectors], count: int, dimension: int) -> None:
    """Write vectors, given in batches of shape (n, dimension), as a half-precision `.npy` array."""
    header = io.BytesIO()
    description = {"descr": "<f2", "fortran_order": False, "shape": (count, dimension)}
    np.lib.format.write_array_header_1_0(header, description)
    rows = (np.ascontiguousarray(batch, dtype="<f2").tobytes() for batch in batches)
    storage.write_file(path, chain([header.getvalue()], rows))


def read_matrix(path: Path, count: int, dimension: int) -> Halves:
    """The array that `write_matrix` wrote; raises `DamagedIndexError` when it is none.

    A large one is mapped into memory. A small one is read: a file that is cut short later on then harms nobody, where
    a mapped one would end the process.
    """
    shape, kind, offset = check_array(path)
    if (shape, kind) != ((count, dimension), np.dtype("<f2")):
        raise DamagedIndexError(f"{path} does not hold the vectors it should.", BUILD_COMMAND)
    if path.stat().st_size >= _MAPPED_FROM_BYTES:
        return np.memmap(path, dtype="<f2", mode="r", offset=offset, shape=(count, dimension))
    return np.fromfile(path, dtype="<f2", offset=offset, count=count * dimension).reshape(count, dimension)


def check_array(path: Path) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """The shape, kind and offset of the numbers in an `.npy` file, from its head; `DamagedIndexError` when it is none.

    Nothing is allocated for an array before its file has been seen to be of the size that its head claims.
    """
    wrong = DamagedIndexError(f"{path} is not an array of numbers.", BUILD_COMMAND)
    try:
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise wrong
            shape, by_column, kind = np.lib.format.read_array_header_1_0(file)
            size = kind.itemsize * math.prod(shape)
            if by_column or kind.hasobject or path.stat().st_size != file.tell() + size:
                raise wrong
            return shape, kind, file.tell()
    except (OSError, ValueError) as error:
        raise wrong from error

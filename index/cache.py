"""Vectors that were computed once: kept by the model's fingerprint and the embedded text, across builds and crashes."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from index.embedding import Vectors

_BATCH = 1000
_CHECKSUM_BYTES = 4


def text_key(text: str) -> bytes:
    """What a text's vector is kept under."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def cache_path(data_dir: Path, fingerprint: str) -> Path:
    """Where the vectors of one model are kept."""
    return data_dir / f"embeddings-{fingerprint}.sqlite3"


def known_keys(data_dir: Path, fingerprint: str) -> set[bytes]:
    """The keys of all vectors kept for a model, read without changing anything; none where nothing can be read."""
    path = cache_path(data_dir, fingerprint)
    # Without a log beside it nobody writes the file, and only then can SQLite read it without making files of its own.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as database:
            return {bytes(key) for (key,) in database.execute("SELECT key FROM vectors")}
    except sqlite3.DatabaseError:
        return set()


class EmbeddingCache:
    """An SQLite file of half-precision vectors; a batch is on the disk when `add` returns, also after a kill.

    Every vector has a checksum: one that does not match counts as missing.
    """

    def __init__(self, data_dir: Path, fingerprint: str, dimension: int) -> None:
        """Open the cache of one model; one that is damaged is begun anew, since it can always be computed again."""
        self._path = cache_path(data_dir, fingerprint)
        self._dimension = dimension
        try:
            self._database = _open(self._path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            for path in data_dir.glob(f"{self._path.name}*"):
                path.unlink()
            self._database = _open(self._path)

    def missing(self, keys: Sequence[bytes]) -> list[int]:
        """Which of `keys`, by position, have no usable vector."""
        positions = []
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            found = self._find(batch)
            positions += [start + offset for offset, key in enumerate(batch) if key not in found]
        return positions

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep the vectors, shape (len(keys), dimension)."""
        halves = vectors.astype("<f2")
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, 0)",
                [(key, _packed(half.tobytes())) for key, half in zip(keys, halves, strict=True)],
            )

    def batches(self, keys: Sequence[bytes]) -> Iterator[Vectors]:
        """The vectors of `keys`, all of which must be there, in their order, as arrays of shape (n, dimension)."""
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            found = self._find(batch)
            yield np.stack([found[key] for key in batch])

    def forget_unused(self, keys: Sequence[bytes], number: int, previous: int) -> None:
        """Mark `keys` as used by generation `number`; drop what neither it nor the `previous` one used.

        The caches of other models go too.
        """
        with self._database:
            self._database.executemany("UPDATE vectors SET used = ? WHERE key = ?", [(number, key) for key in keys])
            self._database.execute("DELETE FROM vectors WHERE used < ?", [previous])
        for other in self._path.parent.glob("embeddings-*.sqlite3*"):
            if not other.name.startswith(self._path.name):
                other.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _find(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        marks = ",".join("?" * len(keys))
        rows = self._database.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", keys)
        found = {}
        for key, blob in rows:
            data, checksum = blob[:-_CHECKSUM_BYTES], blob[-_CHECKSUM_BYTES:]
            if len(data) == 2 * self._dimension and zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "little") == checksum:
                found[bytes(key)] = np.frombuffer(data, dtype="<f2").astype(np.float32)
        return found


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            " (key BLOB PRIMARY KEY, vector BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"
        )
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")
    except BaseException:
        database.close()
        raise
    return database


def _packed(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "little")

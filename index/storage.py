"""Writes that are on the disk when they return, and the words for when the disk refuses.

Every write, sync, rename and removal of the index goes through here, so that a test can make each of them fail.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.errors import StorageError

Buffer = bytes | memoryview

_ALMOST_NOTHING = 64 * 1024


def write_file(path: Path, chunks: Iterable[Buffer]) -> None:
    """Write a new file and sync it."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder, and those above it; one that is there already is fine."""
    path.mkdir(parents=True, exist_ok=True)


def sync_file(path: Path) -> None:
    """Sync a file that something else wrote."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make renames and new names in a folder last; a no-op where folders cannot be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Rename a file or folder, over `target` where it is a file; readers see the old or the new one."""
    source.replace(target)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; one that is gone already is fine."""
    if path.is_dir() and not path.is_symlink():
        with suppress(FileNotFoundError):
            shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn the disk's refusals into a `StorageError` that names `folder`."""
    import sqlite3

    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = "the disk is full" if _is_full(folder, error) else " ".join(str(error).split())
        raise StorageError(
            f"The index in {folder} could not be written: {reason}.",
            "The last published index still answers; make room or mend the folder, then run: python -m index build",
        ) from error


def _is_full(folder: Path, error: Exception) -> bool:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error):
        return True
    # SQLite calls a disk that has no room for its shared memory an I/O error.
    return "I/O error" in str(error) and shutil.disk_usage(folder).free < _ALMOST_NOTHING

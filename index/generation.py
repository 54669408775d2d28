"""Generations of the index: immutable folders, one pointer that says which is current, and nothing half-written.

A generation is written aside, synced, opened and checked, renamed into place, and only then does `CURRENT` name it.
Whatever fails before that leaves the last good generation as it was.

    data/CURRENT                          the current generation's name; under it the one before, or the one undone
    data/generations/000012-5f1e2a/       manifest.json with the size and SHA-256 of every other file
    data/lock                             held by the one writer, with its process id inside
"""

from __future__ import annotations

import os
import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import portalocker

from index import storage
from index.errors import BUILD_COMMAND, BusyError, DamagedIndexError, NoIndexError, StaleIndexError, StorageError
from index.manifest import FileRecord, Manifest, check_files, number_of, parse_manifest, serialize_manifest, sha256_of

_NAME = re.compile(r"\d{6,12}-[0-9a-f]{6}", re.ASCII)
_POINTER = "CURRENT"
_POINTER_TEXT = re.compile(
    rf"(?P<names>(?P<current>{_NAME.pattern})\n"
    rf"(?:previous (?P<previous>{_NAME.pattern})\n)?"
    rf"(?:undone (?P<undone>{_NAME.pattern})\n)?)"
    r"check (?P<check>[0-9a-f]{8})\n",
    re.ASCII,
)
_NEW_POINTER = "CURRENT.new"
_MAX_POINTER_BYTES = 200
_MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_BUILDING = ".building-"
_REMOVING = ".removing-"


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `CURRENT` says: the current generation, the one to fall back to, and the one that a rollback left."""

    current: str
    previous: str = ""
    undone: str = ""


class Held:
    """A generation that a reader holds: it is not removed before `close`."""

    def __init__(self, folder: Path, manifest: Manifest, lock: IO[bytes]) -> None:
        """`lock` is the open manifest, under a shared lock."""
        self.folder = folder
        self.manifest = manifest
        self._lock = lock

    def close(self) -> None:
        """Let the generation be removed once it is no longer kept."""
        self._lock.close()


def hold_current(data_dir: Path) -> Held:
    """The current generation, held. Raises `NoIndexError`, `StaleIndexError` or `DamagedIndexError`."""
    while True:
        name = current_name(data_dir)
        with suppress(FileNotFoundError):
            return hold(data_dir, name)
        # A writer may have published and cleaned up between the two steps: then CURRENT names another one now.
        if current_name(data_dir) == name:
            folder = data_dir / "generations" / name
            missing = folder / _MANIFEST if folder.is_dir() else folder
            raise DamagedIndexError(f"The index is damaged: {missing} is missing.", BUILD_COMMAND)


def hold(data_dir: Path, name: str) -> Held:
    """A generation by its name, held; raises `FileNotFoundError` when it is gone."""
    folder = data_dir / "generations" / name
    with _refusals_in_words(data_dir):
        file = (folder / _MANIFEST).open("rb")
    try:
        portalocker.lock(file, portalocker.LockFlags.SHARED)
        if not (folder / _MANIFEST).exists():  # It was removed while this waited for the lock.
            raise FileNotFoundError(folder)
        return Held(folder, parse_manifest(folder / _MANIFEST, name, file.read(_MAX_MANIFEST_BYTES)), file)
    except BaseException:
        file.close()
        raise


@contextmanager
def _refusals_in_words(data_dir: Path) -> Iterator[None]:
    """Turn what the disk refuses to read into a `StorageError`; what is missing stays a `FileNotFoundError`."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(
            f"The index in {data_dir} cannot be read: {reason}.", "Mend the folder, or run this as the user it is of."
        ) from error


def pointer(data_dir: Path) -> Pointer:
    """What `CURRENT` says; raises `NoIndexError`, `DamagedIndexError`, or `StorageError` where it cannot be read."""
    path = data_dir / _POINTER
    try:
        with _refusals_in_words(data_dir), path.open("rb") as file:
            text = file.read(_MAX_POINTER_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        # The first generation is in place a moment before it is pointed to.
        if any(number_of(name) > 1 for name in names(data_dir)):
            raise DamagedIndexError(f"The index is damaged: {path} is missing.", BUILD_COMMAND) from None
        raise NoIndexError(f"There is no index in {data_dir} yet.", BUILD_COMMAND) from None
    match = _POINTER_TEXT.fullmatch(text)
    if match is None or match["check"] != _check(match["names"]):
        raise DamagedIndexError(f"The index is damaged: {path} does not name a generation.", BUILD_COMMAND)
    return Pointer(match["current"], match["previous"] or "", match["undone"] or "")


def current_name(data_dir: Path) -> str:
    """The name that `CURRENT` holds."""
    return pointer(data_dir).current


def stand_ins(data_dir: Path, name: str) -> list[str]:
    """The generations that may serve instead of a damaged one, the best first; not the one that was rolled back."""
    try:
        known = pointer(data_dir)
    except (NoIndexError, DamagedIndexError):
        known = Pointer("")
    others = [other for other in reversed(names(data_dir)) if other not in (known.previous, known.undone)]
    return [other for other in (known.previous, *others) if other not in ("", name)]


def names(data_dir: Path) -> list[str]:
    """The names of the generations there are, oldest first."""
    folder = data_dir / "generations"
    with _refusals_in_words(data_dir):
        if not folder.is_dir():
            return []
        return sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=number_of)


def publish(
    data_dir: Path, write: Callable[[Path], dict[str, Any]], check: Callable[[Path, Manifest], None]
) -> Manifest:
    """Write a generation and make it the current one; the caller holds the writer's lock.

    `write` fills an empty folder and returns the fields of the manifest that it knows; `check` opens the finished
    folder and raises when it would not serve.
    """
    generations = data_dir / "generations"
    storage.make_folder(generations)
    number = 1 + max(map(number_of, names(data_dir)), default=0)
    name = f"{number:06d}-{secrets.token_hex(3)}"
    building = generations / f"{_BUILDING}{name}"
    storage.make_folder(building)
    try:
        fields = write(building)
        files = {}
        for path in sorted(building.iterdir()):
            storage.sync_file(path)
            files[path.name] = FileRecord(path.stat().st_size, sha256_of(path))
        written = Manifest(name=name, created=time.time(), files=files, **fields)
        storage.write_file(building / _MANIFEST, [serialize_manifest(written)])
        storage.sync_folder(building)
        # From here on it is read as every reader will read it.
        manifest = parse_manifest(building / _MANIFEST, name, (building / _MANIFEST).read_bytes())
        check_files(building, manifest)
        check(building, manifest)
        storage.rename(building, generations / name)
        storage.sync_folder(generations)
    except BaseException:
        with suppress(OSError):
            storage.remove(building)
        raise
    _point(data_dir, Pointer(name, previous=_last_whole(data_dir)))
    return manifest


def roll_back(data_dir: Path) -> Manifest:
    """Make the generation before the current one current again; the caller holds the writer's lock.

    The one that is left stays on the disk and in `CURRENT`, so that a build does not bring it back by itself. Raises
    `NoIndexError` where there is none to go back to, `DamagedIndexError` where that one is damaged.
    """
    known = pointer(data_dir)
    nothing = NoIndexError(
        f"There is no generation before {known.current} to go back to.",
        "To build anew from the corpus, run: python -m index build --force" if known.undone else BUILD_COMMAND,
    )
    if not known.previous:
        raise nothing
    try:
        with closing(hold(data_dir, known.previous)) as held:
            check_files(held.folder, held.manifest)
            _point(data_dir, Pointer(known.previous, undone=known.current))
            return held.manifest
    except FileNotFoundError:
        raise nothing from None


def _point(data_dir: Path, to: Pointer) -> None:
    """Replace `CURRENT` in one step."""
    text = f"{to.current}\n"
    text += f"previous {to.previous}\n" if to.previous else ""
    text += f"undone {to.undone}\n" if to.undone else ""
    aside = data_dir / _NEW_POINTER
    storage.write_file(aside, [f"{text}check {_check(text)}\n".encode("ascii")])
    storage.rename(aside, data_dir / _POINTER)
    storage.sync_folder(data_dir)


def _check(text: str) -> str:
    return f"{zlib.crc32(text.encode('ascii')):08x}"


def _last_whole(data_dir: Path) -> str:
    """The current generation, or else the one before it, if it is whole; empty when neither is."""
    try:
        known = pointer(data_dir)
    except (NoIndexError, DamagedIndexError):
        return ""
    for name in (known.current, known.previous):
        with suppress(FileNotFoundError, StaleIndexError, DamagedIndexError):
            if name:
                with closing(hold(data_dir, name)) as held:
                    check_files(held.folder, held.manifest)
                    return name
    return ""


def clean_up(data_dir: Path) -> None:
    """Remove leftovers, and the generations that `CURRENT` does not name; the caller holds the writer's lock.

    One that a reader still holds stays until the next time; when `CURRENT` is damaged, every generation stays.
    """
    try:
        known = pointer(data_dir)
        kept = {known.current, known.previous, known.undone}
    except NoIndexError:
        kept = set()
    except DamagedIndexError:
        kept = set(names(data_dir))
    storage.remove(data_dir / _NEW_POINTER)
    generations = data_dir / "generations"
    for path in list(generations.iterdir()) if generations.is_dir() else []:
        if path.name not in kept:
            _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    aside = path.with_name(_REMOVING + path.name.removeprefix(_REMOVING))
    try:
        with (path / _MANIFEST).open("rb+") as file:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
            if os.name == "nt":  # A folder with an open file in it cannot be renamed there.
                file.close()
            # A kill in the middle of the removal must not leave half a generation under its name.
            storage.rename(path, aside)
    except portalocker.LockException:
        return
    except (FileNotFoundError, NotADirectoryError):
        aside = path
    storage.remove(aside)


@contextmanager
def writer_lock(data_dir: Path) -> Iterator[None]:
    """Be the one writer of `data_dir`; raises `BusyError` that says who is. The lock dies with its process."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a+b") as file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            raise BusyError(
                f"The index in {data_dir} is being written by {_holder(file)}.", "Wait for it to end, then try again."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}".encode("ascii"))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _holder(lock: IO[bytes]) -> str:
    """Who holds the writer's lock, as far as it can be told."""
    # Windows lets nobody else read what is locked.
    with suppress(OSError):
        lock.seek(0)
        if written := lock.read(100).decode("ascii", "replace").strip():
            return written
    return "another process"

"""Generations of the index: immutable folders, one pointer that says which is current, and nothing half-written.

A generation is written aside, synced, opened and checked, renamed into place, and only then does `CURRENT` name it.
Whatever fails before that leaves the last good generation as it was.

    data/CURRENT                          the current generation's name; under it the one before, or the one undone
    data/generations/000012-5f1e2a/       manifest.json with the size and SHA-256 of every other file
    data/lock                             held by the one writer, with its process id inside
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import portalocker

from index import storage
from index.errors import BusyError, DamagedIndexError, NoIndexError, StaleIndexError

FORMAT = 3

BUILD_COMMAND = "Run: python -m index build"
FORCE_COMMAND = "python -m index build --force"
_NAME = re.compile(r"\d{6,12}-[0-9a-f]{6}", re.ASCII)
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
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
class FileRecord:
    """The size in bytes and the SHA-256 of a file as it was written."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself; `created` is in seconds since the epoch.

    `corpus` is a digest of the files it was built from and `settings` what else shaped it, so that a build can tell
    that nothing changed; `rejected` holds the files that could not be read, each with the reason.
    """

    name: str
    created: float
    documents: int
    passages: int
    sentences: int
    dimension: int
    word_dimension: int
    model: str
    fingerprint: str
    corpus: str
    settings: dict[str, str]
    rejected: dict[str, str]
    files: dict[str, FileRecord]

    @property
    def number(self) -> int:
        """The number in the name; later generations have higher ones."""
        return number_of(self.name)


def number_of(name: str) -> int:
    """The number in a generation's name."""
    return int(name.partition("-")[0])


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
    file = (folder / _MANIFEST).open("rb")
    try:
        portalocker.lock(file, portalocker.LockFlags.SHARED)
        if not (folder / _MANIFEST).exists():  # It was removed while this waited for the lock.
            raise FileNotFoundError(folder)
        return Held(folder, _parse(folder / _MANIFEST, name, file.read(_MAX_MANIFEST_BYTES)), file)
    except BaseException:
        file.close()
        raise


def pointer(data_dir: Path) -> Pointer:
    """What `CURRENT` says; raises `NoIndexError` or `DamagedIndexError`."""
    path = data_dir / _POINTER
    try:
        with path.open("rb") as file:
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
    if not folder.is_dir():
        return []
    return sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=number_of)


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """The files of a generation that are missing or not what was written, each with what is wrong."""
    damage = []
    for file_name, record in sorted(manifest.files.items()):
        path = folder / file_name
        try:
            size = path.stat().st_size
            if size != record.size:
                damage.append(f"{file_name} has {size:,} bytes instead of {record.size:,}")
            elif _sha256(path) != record.sha256:
                damage.append(f"{file_name} is not what was written (its SHA-256 differs)")
        except OSError as error:
            damage.append(f"{file_name}: {error.strerror or error}")
    return damage


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise `DamagedIndexError` that names the first damaged file, if there is one."""
    damage = damaged_files(folder, manifest)
    if damage:
        raise DamagedIndexError(f"The index is damaged: {folder / damage[0]}.", BUILD_COMMAND)


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
            files[path.name] = FileRecord(path.stat().st_size, _sha256(path))
        written = Manifest(name=name, created=time.time(), files=files, **fields)
        storage.write_file(building / _MANIFEST, [_unparse(written)])
        storage.sync_folder(building)
        # From here on it is read as every reader will read it.
        manifest = _parse(building / _MANIFEST, name, (building / _MANIFEST).read_bytes())
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
        f"To build anew from the corpus, run: {FORCE_COMMAND}" if known.undone else BUILD_COMMAND,
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
            file.seek(0)
            holder = file.read(100).decode("ascii", "replace").strip() or "another process"
            raise BusyError(
                f"The index in {data_dir} is being written by {holder}.", "Wait for it to end, then try again."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}".encode("ascii"))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _unparse(manifest: Manifest) -> bytes:
    body = {"format": FORMAT, **asdict(manifest)}
    return json.dumps({"sha256": _body_digest(body), "manifest": body}, indent=1).encode("ascii")


def _parse(path: Path, name: str, data: bytes) -> Manifest:
    """The manifest of generation `name`; every field is checked, since anything can stand in a file."""
    try:
        whole = json.loads(data)
        body = whole["manifest"]
        if body["format"] != FORMAT:
            raise StaleIndexError(
                f"The index has format {body['format']}, and this program reads format {FORMAT}.", BUILD_COMMAND
            )
        if whole["sha256"] != _body_digest(body):
            raise ValueError("digest")
        del body["format"]
        files = {str(file): FileRecord(**record) for file, record in body.pop("files").items()}
        manifest = Manifest(files=files, **body)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged_manifest(path) from error
    if not _is_sound(manifest) or manifest.name != name:
        raise _damaged_manifest(path)
    return manifest


def _is_sound(manifest: Manifest) -> bool:
    texts = (manifest.model, manifest.fingerprint, manifest.corpus)
    counts = (manifest.documents, manifest.passages, manifest.sentences, manifest.dimension, manifest.word_dimension)
    words = (manifest.settings, manifest.rejected)
    return (
        isinstance(manifest.name, str)
        and isinstance(manifest.created, float)
        and all(isinstance(text, str) for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(isinstance(entry, dict) and all(isinstance(text, str) for text in entry.values()) for entry in words)
        # A file's name leads nowhere but into the generation's folder.
        and all(_FILE_NAME.fullmatch(name) for name in manifest.files)
        and all(type(r.size) is int and r.size >= 0 and isinstance(r.sha256, str) for r in manifest.files.values())
    )


def _damaged_manifest(path: Path) -> DamagedIndexError:
    return DamagedIndexError(f"The index is damaged: {path} is not what was written.", BUILD_COMMAND)


def _body_digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode("ascii")).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

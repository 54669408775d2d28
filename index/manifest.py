"""What a generation says of itself, and whether its files are still what it says."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.errors import BUILD_COMMAND, DamagedIndexError, StaleIndexError

FORMAT = 6

_LATEST_EPOCH_SECONDS = 1e11  # Of much later ones no date can be made.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


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


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """The files of a generation that are missing or not what was written, each with what is wrong."""
    damage = []
    for file_name, record in sorted(manifest.files.items()):
        path = folder / file_name
        try:
            size = path.stat().st_size
            if size != record.size:
                damage.append(f"{file_name} has {size:,} bytes instead of {record.size:,}")
            elif sha256_of(path) != record.sha256:
                damage.append(f"{file_name} is not what was written (its SHA-256 differs)")
        except OSError as error:
            damage.append(f"{file_name}: {error.strerror or error}")
    return damage


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise `DamagedIndexError` that names the first damaged file, if there is one."""
    damage = damaged_files(folder, manifest)
    if damage:
        raise DamagedIndexError(f"The index is damaged: {folder / damage[0]}.", BUILD_COMMAND)


def serialize_manifest(manifest: Manifest) -> bytes:
    """The manifest as the bytes of its file, with a digest of itself."""
    body = {"format": FORMAT, **asdict(manifest)}
    return json.dumps({"sha256": body_digest(body), "manifest": body}, indent=1).encode("ascii")


def parse_manifest(path: Path, name: str, data: bytes) -> Manifest:
    """The manifest of generation `name`, read from `path`; every field is checked, as anything can stand in a file.

    Raises `StaleIndexError` or `DamagedIndexError`.
    """
    try:
        whole = json.loads(data)
        body = whole["manifest"]
        if body["format"] != FORMAT:
            raise StaleIndexError(
                f"The index has format {body['format']}, and this program reads format {FORMAT}.", BUILD_COMMAND
            )
        if whole["sha256"] != body_digest(body):
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
        and 0 <= manifest.created < _LATEST_EPOCH_SECONDS
        and all(isinstance(text, str) for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(isinstance(entry, dict) and all(isinstance(text, str) for text in entry.values()) for entry in words)
        # A file's name leads nowhere but into the generation's folder.
        and all(_FILE_NAME.fullmatch(name) for name in manifest.files)
        and all(type(r.size) is int and r.size >= 0 and isinstance(r.sha256, str) for r in manifest.files.values())
    )


def _damaged_manifest(path: Path) -> DamagedIndexError:
    return DamagedIndexError(f"The index is damaged: {path} is not what was written.", BUILD_COMMAND)


def body_digest(body: dict[str, Any]) -> str:
    """The SHA-256 of what a manifest says, in hexadecimal."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode("ascii")).hexdigest()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Reads the corpus: files of five formats become documents, with their text, title, source, date and language.

Nothing here follows a symbolic link out of the corpus folder, and a file that cannot be read is named with the reason
while the others go on. The formats themselves are read in `formats/`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.errors import CorpusError
from index.formats import READERS
from index.formats.extract import Extract, Heading, UnreadableError
from index.language import detect

MAX_FILE_BYTES = 64 * 1024 * 1024
# Each stands beside every quote, in messages, logs and what is kept of answers.
_LONGEST_TITLE, _LONGEST_DATE, _LONGEST_SOURCE = 300, 100, 2000


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is stored and quoted.

    `name` is its path inside the corpus, with `/`. `text` is what every offset counts in, in characters. `title` is
    empty when neither the file nor its first line gives one. `headings` are those that the format itself marks;
    None when the format marks none (plain text), so that they are to be told from the lines.
    """

    name: str
    title: str
    source: str
    date: str
    language: str
    text: str
    headings: tuple[Heading, ...] | None

    @property
    def shown_title(self) -> str:
        """The title, or the file's name where there is none."""
        return self.title or Path(self.name).stem


def corpus_files(corpus: Path) -> list[tuple[str, Path]]:
    """The files of `corpus` that a reader exists for, as (name, path), sorted by name; hidden ones are left out.

    Links that lead out of the folder, folders behind links, and what is no regular file are left out too. Raises
    `CorpusError` where the folder, or one inside it, is missing or cannot be listed.
    """
    if not corpus.is_dir():
        raise CorpusError(f"There is no corpus folder {corpus}.", "Create it, put documents into it, and try again.")
    root = corpus.resolve()
    found: list[tuple[str, Path]] = []
    for folder, folders, files in os.walk(corpus, onerror=_unlisted):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            path = Path(folder, file)
            if file.startswith(".") or path.suffix.lower() not in READERS:
                continue
            if not _belongs(path, root):
                continue
            found.append((path.relative_to(corpus).as_posix(), path))
    return sorted(found)


def _unlisted(error: OSError) -> None:
    """Pass over a folder that has gone; one that cannot be listed would else be taken for one that was emptied."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return
    reason = error.strerror or type(error).__name__
    raise CorpusError(f"The folder {error.filename} cannot be listed: {reason}.", "Make it readable, or move it away.")


def _belongs(path: Path, root: Path) -> bool:
    """Whether a path is a regular file, or a link to one in the folder `root`."""
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root):
            return False
        return stat.S_ISREG(path.stat().st_mode)
    except RuntimeError:  # A link in a circle, before Python 3.13.
        return False
    except OSError as error:
        # A link to nowhere or in a circle is none of the corpus; whoever reads another is told why that cannot be.
        return error.errno not in (errno.ENOENT, errno.ELOOP)


def read_here(suffix: str, data: bytes) -> Extract:
    """What a file says, read in this process and without limits (see `sandbox.py` for the other way)."""
    return READERS[suffix](data)


def read_document(name: str, path: Path, read: Callable[[str, bytes], Extract] = read_here) -> Document:
    """Read one file; raises `UnreadableError` with the reason in words."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
            if len(data) > MAX_FILE_BYTES:
                size = path.stat().st_size
                raise UnreadableError(f"it has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}")
        extract = read(path.suffix.lower(), data)
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from error
    if not extract.text.strip():
        raise UnreadableError("it holds no text")
    return _document(name, extract)


def _document(name: str, extract: Extract) -> Document:
    text = _storable(extract.text)
    source = _storable(extract.source)
    return Document(
        name=_storable(name),
        title=" ".join(_storable(extract.title[:_LONGEST_TITLE]).split()),
        source=source if source.startswith(("https://", "http://")) and len(source) <= _LONGEST_SOURCE else "",
        date=_storable(extract.date[:_LONGEST_DATE]),
        language=extract.language or detect(text),
        text=text,
        headings=extract.headings,
    )


def _storable(text: str) -> str:
    """The text without lone surrogates and NULs, of which neither can be stored; only a broken file has one."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")

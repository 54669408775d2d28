"""Tells when the corpus changed, after a quiet second, so that `build --watch` can build again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from index.documents import corpus_files
from index.errors import CorpusError
from index.formats import READERS
from index.settings import IndexSettings

QUIET_MS = 1_000
LONGEST_WAIT_MS = 30_000
"""Documents that change without a pause are built after so long all the same."""


def corpus_changes(settings: IndexSettings, stop: Event) -> Iterator[bool]:
    """Whether documents changed: True at once, then about every second, until `stop` is set.

    What changes while the caller builds is told afterwards. A corpus folder that is replaced by another one is
    followed; one that is not there at the beginning, or cannot be watched, is a `CorpusError`.
    """
    from watchfiles import watch

    corpus_files(settings.corpus_dir)
    data_dir = settings.data_dir.resolve()

    def is_document(_: object, changed: str) -> bool:
        # A folder that was moved in or away is told by its own name alone; one that is gone can have been a folder.
        path = Path(changed)
        is_folder = not path.name.startswith(".") and not _is_file(path)
        return (is_folder or path.suffix.lower() in {"", *READERS}) and not path.is_relative_to(data_dir)

    while not stop.is_set():
        watched = _identity(settings.corpus_dir)
        if watched is None:
            stop.wait(QUIET_MS / 1000)
            continue
        begun = False
        changes = watch(
            settings.corpus_dir.resolve(),  # As the data folder is: what changes is told by its path below this one.
            watch_filter=is_document,
            step=QUIET_MS,
            debounce=LONGEST_WAIT_MS,
            rust_timeout=QUIET_MS,
            yield_on_timeout=True,
            stop_event=stop,
        )
        try:
            for changed in changes:
                yield bool(changed) or not begun
                begun = True
                if _identity(settings.corpus_dir) != watched:
                    break
        except OSError as error:
            if settings.corpus_dir.is_dir():
                raise CorpusError(
                    f"{settings.corpus_dir} cannot be watched: {error}.",
                    "Raise the system's limit of watched folders, or build after every change.",
                ) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

"""A build as people see it: bars while it runs, a line of what came of it, and again after every change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, Any

from index.errors import BusyError, CorpusError, StorageError
from index.reporting import notice
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.build import BuildReport, LoadModel, Progress

_RETRY_SECONDS = 5.0
"""After so long a watched build that failed (a full disk, another writer, an empty corpus) is tried again."""


def build_with_progress(
    settings: IndexSettings, *, force: bool = False, load_model: LoadModel | None = None
) -> BuildReport:
    """Build, with a progress bar on a terminal, and tell what came of it on standard error."""
    from index.build import build
    from index.embedding import Embedder

    with _progress_bar() as progress:
        report = build(settings, force=force, progress=progress, load_model=load_model or Embedder)
    for name, reason in report.manifest.rejected.items():
        notice(f"left out {name}: {reason}")
    return report


def keep_building(settings: IndexSettings, stop: Event, *, force: bool = False) -> None:
    """Build now and after every change until `stop` is set; what goes wrong is told once, and tried again."""
    from index.embedding import Embedder
    from index.watch import corpus_changes

    load_model = lru_cache(maxsize=1)(Embedder)  # Loading it takes longer than most builds do.
    problem = ""
    for changed in corpus_changes(settings, stop):
        if not changed and not problem:
            continue
        try:
            print(summary(build_with_progress(settings, force=force, load_model=load_model)), flush=True)
            problem = ""
            force = False
        except (StorageError, BusyError, CorpusError) as error:
            if str(error) != problem:
                notice(str(error))
            problem = str(error)
            stop.wait(_RETRY_SECONDS)


def summary(report: BuildReport) -> str:
    """A build in one line."""
    manifest = report.manifest
    state = "up to date" if report.up_to_date else f"embedded {report.embedded:,} of {report.texts:,} texts"
    if report.undone:
        state = f"the corpus is that of {report.undone}, which was rolled back (--force builds it all the same)"
    left_out = f", {len(manifest.rejected):,} left out" if manifest.rejected else ""
    return (
        f"generation {manifest.name}: {manifest.documents:,} documents{left_out}, {manifest.passages:,} passages; "
        f"{state} in {report.seconds:.1f} s"
    )


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """Bars on standard error, when that is a terminal: one for reading, one for embedding."""
    from tqdm import tqdm

    bars: dict[str, tqdm[Any]] = {}

    def show(doing: str, done: int, total: int) -> None:
        if doing not in bars:
            bars[doing] = tqdm(total=total, desc=doing, unit="texts" if doing == "embedding" else "files", disable=None)
        bars[doing].update(done - bars[doing].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()

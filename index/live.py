"""The current generation, loaded with its model and ready to answer: what the bot and the terminal hold.

A new generation is taken up while questions are answered; a damaged one never is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import TypeVar

from index.answer import Answer, IndexStatus, Quote, Source
from index.answering import Answerer, quote_of
from index.embedding import Embedder, Model, find_model
from index.errors import BUILD_COMMAND, DamagedIndexError, NoIndexError, StaleIndexError, VerbatimError
from index.generation import current_name, hold, stand_ins
from index.manifest import Manifest, check_files
from index.search import Reader
from index.settings import IndexSettings

POLL_SECONDS = 0.5
"""How often `CURRENT` is looked at: reading so small a file costs less than being told of its changes."""

RETRY_SECONDS = 300.0
"""How long a refused generation is left alone: what it was refused for may pass, but to look reads all its files."""

# No word of it tells the language or is in a corpus, so that all that a question may need is loaded before the first.
_PROBE = "Verbatum 1604"

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Reload:
    """A newly published generation was taken up, in so many milliseconds; or refused, when there is an `error`."""

    generation: str
    milliseconds: float
    error: str = ""


class LiveIndex:
    """Answers from the current generation, and from the next one as soon as it is published. Its methods block.

    They may be called from several threads, and one at a time is served: the model is one, and a question takes
    milliseconds. A question that is being answered while a generation is replaced is answered by the old one.
    """

    def __init__(
        self,
        settings: IndexSettings,
        *,
        follow: bool = True,
        load_model: Callable[[Model], Embedder] = Embedder,
        on_reload: Callable[[Reload], None] = lambda _reload: None,
    ) -> None:
        """Load the current generation and the model; seconds, most of them for importing torch.

        Where the current generation is damaged the one before it serves, and the log says so. With `follow` a thread
        watches for new generations; `on_reload` is called in it. Raises a `VerbatimError` where nothing can serve.
        """
        self._settings = settings
        self._load_model = load_model
        self._on_reload = on_reload
        self._embedder: Embedder | None = None
        self._refused = ""
        self._refused_for: set[str] = set()
        self._retry_at = 0.0
        self._lock = threading.RLock()
        self._closing = threading.Event()
        try:
            name = ""
            name = current_name(settings.data_dir)
            self._serving = self._load(name)
        except (NoIndexError, DamagedIndexError, FileNotFoundError) as error:
            self._serving = self._stand_in(name, error)
        self._follower = threading.Thread(target=self._follow, name="index-follower", daemon=True)
        if follow:
            self._follower.start()

    def close(self) -> None:
        """Let go of the generation, and watch for no other."""
        self._closing.set()
        if self._follower.is_alive():
            self._follower.join()
        with self._lock:
            self._serving.close()

    def ask(self, question: str, *, previous: Sequence[str] = (), question_id: str = "") -> Answer:
        """See `Answerer.ask`."""
        return self._served(lambda it: it.answerer.ask(question, previous=previous, question_id=question_id))

    def more(self, question: str, *, previous: Sequence[str] = (), skip: int, limit: int) -> tuple[Quote, ...]:
        """See `Answerer.more`."""
        return self._served(lambda it: it.answerer.more(question, previous=previous, skip=skip, limit=limit))

    def passage(self, document: str, paragraph: int) -> Quote | None:
        """A document's passage by its number, from 1, without highlights; None where there is none."""
        passage = self._served(lambda it: it.reader.content.passage_of(document, paragraph))
        return quote_of(passage) if passage else None

    def sources(self) -> tuple[Source, ...]:
        """The documents, by name."""
        return self._served(lambda it: tuple(it.reader.content.sources()))

    def status(self) -> IndexStatus:
        """What there is to tell of the generation."""
        return status_of(self._serving.manifest)

    def poll(self) -> bool:
        """Take up the current generation if it is a new one; returns whether it was.

        One that cannot be loaded, or does not answer a question, is refused, logged once for each reason, and
        tried again after a while; the old one goes on.
        """
        started = time.perf_counter()
        name = ""
        try:
            name = current_name(self._settings.data_dir)
            if name == self._serving.manifest.name or (name == self._refused and time.monotonic() < self._retry_at):
                return False
            loaded = self._load(name)
        except FileNotFoundError:
            return False  # A still newer one has replaced it: the next look finds that.
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the new one, the old one goes on
            self._refuse(name or str(error), error)
            return False
        with self._lock:
            old, self._serving = self._serving, loaded
            old.close()
        self._refused = ""
        milliseconds = (time.perf_counter() - started) * 1000
        _log.info("generation=%s loaded ms=%.0f instead of=%s", name, milliseconds, old.manifest.name)
        self._on_reload(Reload(name, milliseconds))
        return True

    def _follow(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            self.poll()

    def _served(self, work: Callable[[_Serving], _Result]) -> _Result:
        with self._lock:
            try:
                return work(self._serving)
            except DamagedIndexError as error:
                # A file was damaged after it was checked and opened.
                damaged = self._serving
                self._serving = self._stand_in(damaged.manifest.name, error)
                damaged.close()
                return work(self._serving)

    def _load(self, name: str) -> _Serving:
        """Open a generation completely and ask it a question; raises `FileNotFoundError` when it is gone."""
        with ExitStack() as opened:
            held = opened.enter_context(closing(hold(self._settings.data_dir, name)))
            embedder = self._embedder
            if embedder is None or embedder.model.fingerprint != held.manifest.fingerprint:
                model = find_model(self._settings.embedding_model)
                check_model(held.manifest, model)
                embedder = self._load_model(model)
            check_files(held.folder, held.manifest)
            reader = opened.enter_context(closing(Reader(held.folder, held.manifest)))
            reader.probe()
            answerer = Answerer(reader, embedder, name)
            with self._lock:
                answerer.ask(_PROBE)
                self._embedder = embedder
            return _Serving(held.manifest, reader, answerer, opened.pop_all())

    def _stand_in(self, name: str, error: Exception) -> _Serving:
        """Another whole generation instead of the damaged one `name`; raises `error` where there is none."""
        for other in stand_ins(self._settings.data_dir, name):
            with suppress(VerbatimError, FileNotFoundError):
                serving = self._load(other)
                _log.error("%s Generation %s serves instead.", error, other)
                self._note_refusal(name or str(error), str(error))
                self._on_reload(Reload(name, 0.0, str(error)))
                return serving
        raise error

    def _refuse(self, name: str, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if self._note_refusal(name, reason):
            bug = None if isinstance(error, VerbatimError) else error
            old = self._serving.manifest.name
            _log.error("generation=%s refused, %s goes on: %s", name, old, reason, exc_info=bug)
            self._on_reload(Reload(name, 0.0, reason))

    def _note_refusal(self, name: str, reason: str) -> bool:
        """Let a generation alone for a while; returns whether it was not refused for this reason before."""
        if name != self._refused:
            self._refused, self._refused_for = name, set()
        self._retry_at = time.monotonic() + RETRY_SECONDS
        is_new = reason not in self._refused_for
        self._refused_for.add(reason)
        return is_new


@dataclass(frozen=True, slots=True)
class _Serving:
    """A generation with all that is open for it."""

    manifest: Manifest
    reader: Reader
    answerer: Answerer
    opened: ExitStack

    def close(self) -> None:
        self.opened.close()


def check_model(manifest: Manifest, model: Model) -> None:
    """Raise `StaleIndexError` when the index was not made by this model with these rules."""
    if manifest.fingerprint != model.fingerprint:
        made = f"the model {manifest.model}" if manifest.model != model.name else "another version of the model"
        raise StaleIndexError(
            f"The index was made by {made}, and the setting EMBEDDING_MODEL is {model.name}.", BUILD_COMMAND
        )


def status_of(manifest: Manifest) -> IndexStatus:
    """A manifest, as people ask for it."""
    return IndexStatus(
        generation=manifest.name,
        created=manifest.created,
        documents=manifest.documents,
        passages=manifest.passages,
        sentences=manifest.sentences,
        model=manifest.model,
        bytes_on_disk=sum(record.size for record in manifest.files.values()),
    )

"""Brings the index up to date with the corpus: reads, cuts, embeds what is new, and publishes a generation."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from index import storage
from index.cache import EmbeddingCache, known_keys, text_key
from index.calibration import DEFAULT_WEIGHTS
from index.content import Content, CutDocument, write_content
from index.documents import corpus_files, read_document
from index.embedding import Embedder, Model, find_model
from index.errors import BUILD_COMMAND, CorpusError, DamagedIndexError, NoIndexError, StaleIndexError
from index.formats.extract import TOO_SLOW, UnreadableError
from index.generation import (
    Held,
    clean_up,
    hold,
    hold_current,
    pointer,
    publish,
    roll_back,
    writer_lock,
)
from index.lexical import LEXICAL_RULES, write_lexical
from index.manifest import Manifest, check_files, number_of
from index.passages import CUTTING_RULES, check, cut
from index.sandbox import Sandbox
from index.search import CONTENT_FILE, PASSAGES_FILE, SENTENCES_FILE, WEIGHTS_FILE, WORDS_FILE, Reader
from index.settings import IndexSettings
from index.storage import in_words
from index.vectors import write_matrix, write_vectors
from index.word_vectors import table_digest, word_vectors

_CHUNK = 256

_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("reading" files, "embedding" texts), how many are done, and of how many."""

LoadModel = Callable[[Model], Embedder]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `texts` are passages and sentences, of which `embedded` were not known yet.

    `undone` names the generation that a rollback left, where the corpus and the settings are still those it was made
    of: then nothing is built, since that would bring it back.
    """

    manifest: Manifest
    up_to_date: bool
    texts: int
    embedded: int
    seconds: float
    undone: str = ""


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a build would do: names of documents, and how many of the texts (passages and sentences) it would embed."""

    up_to_date: bool
    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    rejected: dict[str, str]
    passages: int
    texts: int
    to_embed: int


@dataclass(frozen=True, slots=True)
class _CorpusFile:
    """A file of the corpus; the digest is that of its content, or of the reason why it cannot be opened."""

    name: str
    path: Path
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Cut:
    """The corpus, cut: what is embedded for each passage and sentence, in the order of their rows, as keys."""

    documents: list[CutDocument]
    rejected: dict[str, str]
    passage_keys: list[bytes]
    sentence_keys: list[bytes]
    texts: dict[bytes, str]


def build(
    settings: IndexSettings,
    *,
    force: bool = False,
    progress: Progress = lambda _doing, _done, _of: None,
    load_model: LoadModel = Embedder,
) -> BuildReport:
    """Publish a generation for the corpus as it is, unless the current one is that already.

    With `force` everything is read and embedded anew. Whatever goes wrong, the last published generation still
    answers, and the vectors computed so far are kept for the next build.
    """
    started = time.perf_counter()
    model = find_model(settings.embedding_model)
    files = _scan(settings)
    data = settings.data_dir
    with in_words(data), writer_lock(data), _sound_current(data) as current:
        with _housekeeping(data):
            clean_up(data)
        if current is not None and not force:
            settled, undone = _settled(data, current.manifest, model, files)
            if settled:
                texts = current.manifest.passages + current.manifest.sentences
                return BuildReport(current.manifest, True, texts, 0, time.perf_counter() - started, undone)
        embedder = load_model(model)
        pieces = _cut_corpus(files, settings.corpus_dir, embedder, None if force else current, progress)
        texts = len(pieces.passage_keys) + len(pieces.sentence_keys)
        corpus = _corpus_digest(files, pieces.rejected)
        if current is not None and not force and _is_of(current.manifest, model, corpus):
            return BuildReport(current.manifest, True, texts, 0, time.perf_counter() - started)
        with closing(EmbeddingCache(data, model.fingerprint, embedder.dimension)) as cache:
            embedded = _embed_missing(pieces, embedder, cache, force, progress)
            manifest = _publish(data, pieces, cache, embedder, corpus)
            with _housekeeping(data):
                previous = pointer(data).previous
                cache.forget_unused(
                    [*pieces.passage_keys, *pieces.sentence_keys],
                    manifest.number,
                    number_of(previous) if previous else manifest.number,
                )
                clean_up(data)
    return BuildReport(manifest, False, texts, embedded, time.perf_counter() - started)


def plan(settings: IndexSettings, *, force: bool = False, load_model: LoadModel = Embedder) -> BuildPlan:
    """What `build` would do now; nothing is written, not even a lock."""
    model = find_model(settings.embedding_model)
    files = _scan(settings)
    data = settings.data_dir
    with _sound_current(data) as current:
        if current is not None and not force and _settled(data, current.manifest, model, files)[0]:
            manifest = current.manifest
            texts = manifest.passages + manifest.sentences
            return BuildPlan(True, (), (), (), manifest.documents, manifest.rejected, manifest.passages, texts, 0)
        known: dict[str, bytes] = {}
        if current is not None:
            with closing(Content(current.folder / CONTENT_FILE)) as content:
                known = content.file_digests()
        pieces = _cut_corpus(files, settings.corpus_dir, load_model(model), None if force else current)
    kept = set() if force else known_keys(data, model.fingerprint)
    now = {entry.document.name: entry.file_digest for entry in pieces.documents}
    return BuildPlan(
        up_to_date=False,
        new=tuple(name for name in now if name not in known),
        changed=tuple(name for name in now if name in known and known[name] != now[name]),
        removed=tuple(name for name in known if name not in now),
        unchanged=sum(known.get(name) == digest for name, digest in now.items()),
        rejected=pieces.rejected,
        passages=len(pieces.passage_keys),
        texts=len(pieces.passage_keys) + len(pieces.sentence_keys),
        to_embed=sum(key not in kept for key in pieces.texts),
    )


def go_back(settings: IndexSettings) -> Manifest:
    """Make the generation before the current one current again, if it is whole and of the model that is set."""
    model = find_model(settings.embedding_model)
    with in_words(settings.data_dir), writer_lock(settings.data_dir):
        previous = pointer(settings.data_dir).previous
        if previous:
            with suppress(FileNotFoundError), closing(hold(settings.data_dir, previous)) as held:
                made_by = held.manifest.model
                if made_by != model.name:
                    raise StaleIndexError(
                        f"Generation {previous} was made by the model {made_by}.",
                        f"Set EMBEDDING_MODEL={made_by} first, then run: python -m index rollback",
                    )
                if held.manifest.fingerprint != model.fingerprint:
                    raise StaleIndexError(
                        f"Generation {previous} was made by another version of the model {made_by}, and cannot answer.",
                        f"Mend the corpus instead. {BUILD_COMMAND}",
                    )
        return roll_back(settings.data_dir)


def settings_of(model: Model) -> dict[str, str]:
    """What shapes a generation beside the corpus and the weights, kept in its manifest.

    A change makes a new generation; only one that changes the fingerprint embeds anything anew.
    """
    return {
        "cutting_rules": str(CUTTING_RULES),
        "query_prompt": model.query_prompt,
        "passage_prompt": model.passage_prompt,
        "lexical_rules": str(LEXICAL_RULES),
        "weights": hashlib.sha256(DEFAULT_WEIGHTS.read_bytes()).hexdigest(),
        "word_vectors": table_digest(),
    }


def _scan(settings: IndexSettings) -> list[_CorpusFile]:
    """The corpus's files; what the data folder holds is none of them, wherever it is."""
    corpus, data = settings.corpus_dir.resolve(), settings.data_dir.resolve()
    if data == corpus:
        raise CorpusError(
            f"{settings.corpus_dir} is the corpus and the data folder.", "Set DATA_DIR to another folder."
        )
    ours = f"{data.relative_to(corpus).as_posix()}/" if data.is_relative_to(corpus) else None
    found = []
    for name, path in corpus_files(settings.corpus_dir):
        if ours and name.startswith(ours):
            continue
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            digest = str(error.errno).encode()
        found.append(_CorpusFile(name, path, digest))
    return found


def _corpus_digest(files: list[_CorpusFile], rejected: Mapping[str, str]) -> str:
    """A digest of the names and the contents of the corpus's files, and of which were rejected as read too slowly.

    These are tried again by the next build, for which, before it has tried, this is another corpus.
    """
    digest = hashlib.sha256()
    for file in files:
        late = b"late" if rejected.get(file.name, "").startswith(TOO_SLOW) else b""
        digest.update(f"{len(file.name)}:{file.name}".encode("utf-8", "surrogateescape") + file.digest + late)
    return digest.hexdigest()


def _is_of(manifest: Manifest, model: Model, corpus: str) -> bool:
    """Whether a generation is what would be built of this corpus."""
    return (manifest.fingerprint, manifest.corpus, manifest.settings) == (model.fingerprint, corpus, settings_of(model))


def _settled(data_dir: Path, current: Manifest, model: Model, files: list[_CorpusFile]) -> tuple[bool, str]:
    """Whether there is nothing to build, and the generation that a rollback left if that is the reason."""
    if _is_of(current, model, _corpus_digest(files, {})):
        return True, ""
    undone = pointer(data_dir).undone
    if undone and current.fingerprint == model.fingerprint:
        try:
            with closing(hold(data_dir, undone)) as held:
                left = held.manifest
        except (FileNotFoundError, StaleIndexError, DamagedIndexError):
            return False, ""
        if _is_of(left, model, _corpus_digest(files, left.rejected)):
            return True, undone
    return False, ""


@contextmanager
def _housekeeping(data_dir: Path) -> Iterator[None]:
    """Log what goes wrong with removing what is no longer needed: it is no reason to fail, and is tried again."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        _log.warning("What is no longer needed in %s could not be removed: %s", data_dir, error)


@contextmanager
def _sound_current(data_dir: Path) -> Iterator[Held | None]:
    """The current generation, held, where there is one and it is whole."""
    with ExitStack() as opened:
        try:
            held = opened.enter_context(closing(hold_current(data_dir)))
            check_files(held.folder, held.manifest)
        except (NoIndexError, StaleIndexError, DamagedIndexError):
            opened.close()
            held = None
        yield held


def _cut_corpus(
    files: list[_CorpusFile],
    corpus: Path,
    embedder: Embedder,
    current: Held | None,
    progress: Progress = lambda _doing, _done, _of: None,
) -> _Cut:
    """Read and cut the corpus; a file that the current generation holds unchanged is taken from there."""
    pieces = _Cut([], {}, [], [], {})
    names: set[str] = set()
    with ExitStack() as opened:
        sandbox = opened.enter_context(closing(Sandbox()))
        known: dict[str, bytes] = {}
        if current is not None and current.manifest.fingerprint == embedder.model.fingerprint:
            content = opened.enter_context(closing(Content(current.folder / CONTENT_FILE)))
            known = content.file_digests()
        for done, file in enumerate(files, start=1):
            try:
                unchanged = known.get(file.name) == file.digest
                entry = content.cut_document(file.name) if unchanged else _read(file, embedder, sandbox)
                if entry.document.name in names:  # Names that are not UTF-8 may read alike.
                    raise UnreadableError(f"another file is named {entry.document.name} too")
                names.add(entry.document.name)
                pieces.documents.append(entry)
                _note_texts(pieces, entry)
            except UnreadableError as error:
                pieces.rejected[file.name] = str(error)
            progress("reading", done, len(files))
    if not pieces.documents:
        raise CorpusError(
            f"The corpus {corpus} has no document that can be read"
            + "".join(f"; {name}: {reason}" for name, reason in islice(pieces.rejected.items(), 3))
            + ".",
            "Put .md, .txt, .html, .pdf or .docx files into it, then run: python -m index build",
        )
    return pieces


def _read(file: _CorpusFile, embedder: Embedder, sandbox: Sandbox) -> CutDocument:
    document = read_document(file.name, file.path, sandbox.read)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    check(document, passages)
    if not passages:
        raise UnreadableError("it holds no words")
    return CutDocument(document, passages, file.digest)


def _note_texts(pieces: _Cut, entry: CutDocument) -> None:
    for passage in entry.passages:
        key = text_key(passage.embedded_text)
        pieces.texts[key] = passage.embedded_text
        pieces.passage_keys.append(key)
        for start, end in passage.sentences:
            sentence = entry.document.text[start:end]
            key = text_key(sentence)
            pieces.texts[key] = sentence
            pieces.sentence_keys.append(key)


def _embed_missing(pieces: _Cut, embedder: Embedder, cache: EmbeddingCache, force: bool, progress: Progress) -> int:
    """Embed the texts that the cache does not hold, a batch on the disk at a time; returns how many."""
    keys = list(pieces.texts)
    missing = keys if force else [keys[position] for position in cache.missing(keys)]
    # Texts of like length together: a batch is as slow as its longest one.
    missing.sort(key=lambda key: len(pieces.texts[key]), reverse=True)
    for start in range(0, len(missing), _CHUNK):
        batch = missing[start : start + _CHUNK]
        cache.add(batch, embedder.embed_passages([pieces.texts[key] for key in batch]))
        progress("embedding", min(start + _CHUNK, len(missing)), len(missing))
    return len(missing)


def _publish(data_dir: Path, pieces: _Cut, cache: EmbeddingCache, embedder: Embedder, corpus: str) -> Manifest:
    def write(folder: Path) -> dict[str, Any]:
        write_content(folder / CONTENT_FILE, pieces.documents)
        count = len(pieces.passage_keys)
        write_vectors(folder / PASSAGES_FILE, cache.batches(pieces.passage_keys), count, embedder.dimension)
        sentences = cache.batches(pieces.sentence_keys)
        write_matrix(folder / SENTENCES_FILE, sentences, len(pieces.sentence_keys), embedder.dimension)
        texts = [(passage.embedded_text, e.document.language) for e in pieces.documents for passage in e.passages]
        vectors = word_vectors(write_lexical(folder, texts))
        write_matrix(folder / WORDS_FILE, [vectors], *vectors.shape)
        storage.write_file(folder / WEIGHTS_FILE, [DEFAULT_WEIGHTS.read_bytes()])
        return {
            "documents": len(pieces.documents),
            "passages": count,
            "sentences": len(pieces.sentence_keys),
            "dimension": embedder.dimension,
            "word_dimension": vectors.shape[1],
            "model": embedder.model.name,
            "fingerprint": embedder.model.fingerprint,
            "corpus": corpus,
            "settings": settings_of(embedder.model),
            "rejected": pieces.rejected,
        }

    def opens(folder: Path, manifest: Manifest) -> None:
        with closing(Reader(folder, manifest)) as reader:
            reader.probe()

    return publish(data_dir, write, opens)

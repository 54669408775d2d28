"""Asks evaluation sets their questions, and more: those that they cannot answer, and of variations on them."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from index.answering import distinct
from index.build import build
from index.cache import cache_path
from index.documents import corpus_files, read_document
from index.embedding import Embedder, find_model
from index.errors import VerbatimError
from index.evaluation import KnownQuestion, holds, read_documents_with_questions, read_questions
from index.generation import hold_current
from index.questions import cleaned, is_small_talk
from index.search import Candidate, Reader, Searcher
from index.settings import IndexSettings

FOREIGN_QUESTIONS = 100
# Of each document that is alone.
QUESTIONS_ABOUT_OTHERS = 8
EVERYDAY_QUESTIONS = 12
SEED = 1
PART_DOCUMENTS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its `text` as it was read, and its candidates, each with whether it holds the answer, best first.

    It may be `foreign` to what was asked, `translated` by a machine, have `lost` its answer, be asked of a set that is
    `varied` (a part of it, or each document with a title), or of a document that is `alone`.
    """

    source: str
    known: KnownQuestion
    text: str
    foreign: bool
    varied: bool
    translated: bool
    candidates: list[tuple[Candidate, bool]]
    lost: bool = False
    alone: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the corpus that was asked has the answer."""
        return bool(self.known.gold)

    @property
    def strange(self) -> bool:
        """Whether it has nothing to do with the document, which is alone."""
        return self.alone and self.foreign

    @property
    def right(self) -> frozenset[int]:
        """The rows of the passages that hold the answer."""
        return frozenset(candidate.passage.row for candidate, is_right in self.candidates if is_right)

    @property
    def document(self) -> str:
        """The document of the answer, or of the passage that comes nearest."""
        gold = self.known.gold
        return gold[0].document if gold else self.candidates[0][0].passage.document


def name_sets(parser: argparse.ArgumentParser) -> None:
    """Let a command name the sets to fit to."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="corpus/ and questions.jsonl")
    parser.add_argument("--translated", nargs="*", default=[], type=Path, metavar="FOLDER", help="the same, translated")
    parser.add_argument(
        "--complete", nargs="*", default=[], type=Path, metavar="FOLDER", help="those of them that name every answer"
    )
    parser.add_argument(
        "--titled",
        nargs="*",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="those of them whose files' names are titles",
    )
    parser.add_argument(
        "--alone", nargs="*", default=[], type=Path, metavar="FOLDER", help="sets of which each document is a corpus"
    )
    parser.add_argument(
        "--everyday", type=Path, metavar="FILE", help="questions that no document has an answer to, for those alone"
    )
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where the sets' indexes are kept")


def ask_sets(
    parser: argparse.ArgumentParser, options: argparse.Namespace, model: str
) -> tuple[list[Asked], list[Asked]]:
    """What comes back when the named sets are asked, and when the documents are that stand alone."""
    for option in ("complete", "titled"):
        for folder in getattr(options, option):
            if folder not in (*options.folders, *options.translated):
                parser.error(f"--{option} {folder}: name it among the sets, too")
    if options.everyday and not options.alone:
        parser.error(f"--everyday {options.everyday}: name the documents to ask with --alone")
    embedder = Embedder(find_model(model))
    questions = {
        folder: read_questions(folder / "questions.jsonl") for folder in (*options.folders, *options.translated)
    }
    asked: list[Asked] = []
    for folder, own in questions.items():
        foreign = foreign_questions(folder, questions)
        kind = {"translated": folder in options.translated, "complete": folder in options.complete}
        settings = IndexSettings(folder / "corpus", options.work / folder.name, model)
        asked += ask_set(settings, own, foreign, embedder, **kind)
        if folder in options.titled:
            titled = options.work / f"{folder.name}-titled"
            write_titled(folder / "corpus", titled / "corpus")
            settings = IndexSettings(titled / "corpus", titled / "data", model)
            again = ask_set(settings, own, foreign, embedder, **kind)
            asked += [replace(question, source=folder.name, varied=True) for question in again]
    everyday = read_questions(options.everyday) if options.everyday else []
    alone: list[Asked] = []
    for folder in options.alone:
        settings = IndexSettings(folder / "corpus", options.work / folder.name, model)
        alone += ask_alone(settings, embedder, everyday)
    return asked, alone


def write_titled(corpus: Path, titled: Path) -> None:
    """Write the documents of a corpus, which are plain text, each with its file's name as its title.

    Where some sets have titles and others none, the weights take a title for a sign of the former's questions.
    """
    for name, path in corpus_files(corpus):
        if path.suffix != ".txt":
            raise VerbatimError(f"{path} is no plain text.", "Name sets of .txt files.")
        title = path.stem.lstrip("0123456789-").replace("-", " ").capitalize()
        target = titled / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = read_document(name, path).text
        target.write_text(f"---\ntitle: {json.dumps(title)}\n---\n{text}", "utf-8", newline="")


def foreign_questions(folder: Path, questions: dict[Path, list[KnownQuestion]]) -> list[KnownQuestion]:
    """Questions of the other sets, which this one cannot answer; those of one family, as `a-b` and `a-c`, it may."""
    return [
        replace(question, gold=())
        for other, theirs in questions.items()
        if other.name.split("-")[0] != folder.name.split("-")[0]
        for question in random.Random(SEED).sample(theirs, min(len(theirs), FOREIGN_QUESTIONS))  # noqa: S311
    ]


def ask_set(
    settings: IndexSettings,
    own: Sequence[KnownQuestion],
    foreign: Sequence[KnownQuestion],
    embedder: Embedder,
    *,
    translated: bool,
    complete: bool,
) -> Iterator[Asked]:
    """The questions of a set and those foreign to it, asked of the whole and of its parts.

    Where the set is `complete`, its questions once more without the passages that answer them.
    """
    source = settings.data_dir.name
    with _searching(settings, embedder) as searcher:
        whole = list(_ask(searcher, source, own, translated=translated))
        yield from whole
        yield from _ask(searcher, source, foreign, foreign=True, translated=translated)
    parts = list(_ask_parts(settings, whole, embedder))
    yield from parts
    if complete:
        yield from _without_answers([*whole, *parts])


def _ask(
    searcher: Searcher,
    source: str,
    questions: Iterable[KnownQuestion],
    *,
    foreign: bool = False,
    varied: bool = False,
    translated: bool = False,
) -> Iterator[Asked]:
    for known in questions:
        text = cleaned(known.question)
        if is_small_talk(text):
            continue
        query = searcher.query(text)
        candidates = list(distinct(searcher.candidates(query, 1)))
        right = [any(holds(candidate.passage, gold) for gold in known.gold) for candidate in candidates]
        found = list(zip(candidates, right, strict=True))
        yield Asked(source, known, query.text, foreign, varied, translated, found)


def _ask_parts(settings: IndexSettings, whole: Sequence[Asked], embedder: Embedder) -> Iterator[Asked]:
    """The questions of a set, asked again of parts of it that are as small as a newcomer's corpus.

    A question that nothing answers goes to the part that comes nearest to it. Each part is asked as many questions of
    the others: on the same matter, and without an answer here.
    """
    names = [name for name, _ in corpus_files(settings.corpus_dir)]
    parts = [names[start : start + PART_DOCUMENTS] for start in range(0, len(names), PART_DOCUMENTS)]
    if len(parts) == 1:
        return
    part_of = {name: number for number, part in enumerate(parts) for name in part}
    own: dict[int, list[KnownQuestion]] = defaultdict(list)
    for question in whole:
        own[part_of[question.document]].append(question.known)
    for number, part in enumerate(parts):
        others = [replace(known, gold=()) for other, theirs in own.items() if other != number for known in theirs]
        strange = random.Random(SEED).sample(others, min(len(others), len(own[number])))  # noqa: S311
        with _searching_part(settings, part, embedder) as searcher:
            yield from _ask(searcher, settings.data_dir.name, [*own[number], *strange], varied=True)


def ask_alone(settings: IndexSettings, embedder: Embedder, everyday: Sequence[KnownQuestion] = ()) -> Iterator[Asked]:
    """The questions about each document, asked of it alone; some about the others, and of the `everyday` ones.

    Among the few passages of one document even a question that has nothing to do with it has one that is nearest.
    """
    build(settings, load_model=lambda _: embedder)
    documents = read_documents_with_questions(settings.corpus_dir.parent)
    chance = random.Random(SEED)  # noqa: S311
    for name, _, questions in documents:
        others = [known for other, _, theirs in documents if other != name for known in theirs]
        strange = chance.sample(others, min(len(others), QUESTIONS_ABOUT_OTHERS))
        strange += chance.sample(everyday, min(len(everyday), EVERYDAY_QUESTIONS))
        with _searching_part(settings, [name], embedder) as searcher:
            own = _ask(searcher, settings.data_dir.name, questions, varied=True)
            unanswered = [replace(known, gold=()) for known in strange]
            foreign = _ask(searcher, settings.data_dir.name, unanswered, varied=True, foreign=True)
            for question in (*own, *foreign):
                yield replace(question, alone=True)


@contextmanager
def _searching_part(settings: IndexSettings, names: Iterable[str], embedder: Embedder) -> Iterator[Searcher]:
    """A searcher of some documents of a set, which was built."""
    with tempfile.TemporaryDirectory(prefix="verbatim-") as folder:
        small = IndexSettings(Path(folder, "corpus"), Path(folder, "data"), settings.embedding_model)
        for name in names:
            (small.corpus_dir / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings.corpus_dir / name, small.corpus_dir / name)
        small.data_dir.mkdir()
        cache = cache_path(settings.data_dir, embedder.model.fingerprint).name
        shutil.copy(settings.data_dir / cache, small.data_dir / cache)
        with _searching(small, embedder) as searcher:
            yield searcher


def _without_answers(asked: Iterable[Asked]) -> Iterator[Asked]:
    """The answerable questions again, as if the passages that answer them were not there."""
    for question in asked:
        left = [entry for entry in question.candidates if not entry[1]]
        if 0 < len(left) < len(question.candidates):
            known = replace(question.known, gold=())
            yield replace(question, known=known, lost=True, candidates=left)


@contextmanager
def _searching(settings: IndexSettings, embedder: Embedder) -> Iterator[Searcher]:
    build(settings, load_model=lambda _: embedder)
    with closing(hold_current(settings.data_dir)) as held, closing(Reader(held.folder, held.manifest)) as reader:
        yield Searcher(reader, embedder)

"""The command line: results on standard output, progress and notices on standard error.

The exit codes are in `index/reporting.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from bot.console import converse, harmless, print_answer
from index.answer import Answer
from index.errors import BUILD_COMMAND, DamagedIndexError, QuestionError, VerbatimError
from index.progress import build_with_progress, keep_building, summary
from index.reporting import notice, reporting
from index.settings import IndexSettings, environment, index_settings

if TYPE_CHECKING:
    from index.live import LiveIndex


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    with reporting(debug=options.debug) as status:
        values = environment()
        settings = index_settings(values, corpus_dir=options.corpus, data_dir=options.data)
        command: Callable[[argparse.Namespace, IndexSettings], int] = options.run
        status.code = command(options, settings)
    return status.code


def _build(options: argparse.Namespace, settings: IndexSettings) -> int:
    if options.dry_run:
        return _dry_run(options, settings)
    if options.watch:
        keep_building(settings, Event(), force=options.force)
        return 0
    print(summary(build_with_progress(settings, force=options.force)))
    return 0


def _dry_run(options: argparse.Namespace, settings: IndexSettings) -> int:
    from index.build import plan

    would = plan(settings, force=options.force)
    for sign, names in (("+", would.new), ("~", would.changed), ("-", would.removed)):
        for name in names:
            print(f"{sign} {harmless(name)}")
    for name, reason in would.rejected.items():
        notice(f"would leave out {name}: {reason}")
    changes = f"{len(would.new):,} new, {len(would.changed):,} changed, {len(would.removed):,} removed"
    costs = f"would embed {would.to_embed:,} of {would.texts:,} texts for {would.passages:,} passages"
    state = "up to date, nothing would be built" if would.up_to_date else costs
    print(f"dry run: {changes}, {would.unchanged:,} unchanged; {state}")
    return 0


def _rollback(_: argparse.Namespace, settings: IndexSettings) -> int:
    from index.build import go_back

    manifest = go_back(settings)
    print(f"generation {manifest.name} is current again: {manifest.documents:,} documents")
    notice("It stays so until the corpus or the settings change, or until: python -m index build --force")
    return 0


def _ask(options: argparse.Namespace, settings: IndexSettings) -> int:
    if (options.question is None) == (options.batch is None):
        notice('usage: python -m index ask "question" [--json], or: python -m index ask --batch FILE.jsonl --json')
        return 2
    if options.batch is not None:
        return _ask_batch(options.batch, settings)
    from index.questions import cleaned

    cleaned(options.question)  # What is no question is refused before the model is loaded.
    with _open(settings) as index:
        answer = index.ask(options.question, question_id=options.id)
        if options.json:
            print(json.dumps(answer.as_dict(), ensure_ascii=False))
        else:
            print_answer(answer, sys.stdout)
    return 0


def _ask_batch(path: Path, settings: IndexSettings) -> int:
    """Answer every line that holds a question; name those that do not, and end with 1 if there was one."""
    code = 0
    try:
        file = path.open(encoding="utf-8-sig", errors="strict")
    except OSError as error:
        raise VerbatimError(f"{path} cannot be read: {error.strerror}.", "Give a .jsonl file of questions.") from error
    with file, _open(settings) as index:
        for number, line in enumerate(_lines(path, file), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                question_id, question = str(row.get("id", number)), row["question"]
                if not isinstance(question, str):
                    raise TypeError(question)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                notice(f'Line {number} of {path} is left out: it should read {{"id": "1", "question": "…"}}')
                code = 1
                continue
            try:
                answer = index.ask(question, question_id=question_id)
            except QuestionError as error:
                notice(f"Line {number} of {path}: {error}")
                code = 1
                answer = Answer(question_id, question, "abstention", "en", 0.0, (), (), index.status().generation, 0.0)
            print(json.dumps(answer.as_dict(), ensure_ascii=False), flush=True)
    return code


def _lines(path: Path, file: Iterator[str]) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise VerbatimError(f"{path} is not UTF-8.", "Save it as UTF-8 and try again.") from error


def _eval(options: argparse.Namespace, settings: IndexSettings) -> int:
    from index.evaluation import by_language, measure, read_questions, table

    scores = {}
    stems = Counter(path.stem for path in options.paths)
    for path in options.paths:
        if path.is_dir():
            questions = read_questions(path / "questions.jsonl")
            with tempfile.TemporaryDirectory(prefix="verbatim-") as data:
                aside = IndexSettings(path / "corpus", Path(data), settings.embedding_model)
                notice(f"{path.name}: {summary(build_with_progress(aside))}")
                with _open(aside) as index:
                    outcomes = measure(index, questions)
        else:
            questions = read_questions(path)
            with _open(settings) as index:
                outcomes = measure(index, questions)
        scores.update(by_language(path.stem if stems[path.stem] == 1 else str(path), outcomes))
    if options.json:
        rows = [{"set": name, "lang": language, **line.as_dict()} for (name, language), line in scores.items()]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print(table(scores))
    return 0


def _stats(_: argparse.Namespace, settings: IndexSettings) -> int:
    from index.generation import hold_current
    from index.live import status_of

    with closing(hold_current(settings.data_dir)) as held:
        status = status_of(held.manifest)
        rejected = held.manifest.rejected
    age = time.time() - status.created
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.created))
    print(f"documents   {status.documents:,}" + (f" ({len(rejected):,} files left out)" if rejected else ""))
    print(f"passages    {status.passages:,} ({status.sentences:,} sentences)")
    print(f"model       {harmless(status.model)}")
    print(f"generation  {status.generation}")
    print(f"age         {_duration(age)} (built {made})")
    print(f"size        {status.bytes_on_disk / 1e6:,.1f} MB")
    return 0


def _verify(_: argparse.Namespace, settings: IndexSettings) -> int:
    from index.content import Content
    from index.generation import hold_current
    from index.manifest import damaged_files
    from index.search import CONTENT_FILE

    with closing(hold_current(settings.data_dir)) as held:
        wrong = damaged_files(held.folder, held.manifest)
        if not wrong:
            with closing(Content(held.folder / CONTENT_FILE)) as content:
                wrong = list(content.wrong_offsets())
        if wrong:
            for line in wrong[1:]:
                notice(line)
            raise DamagedIndexError(f"Generation {held.manifest.name} is damaged: {wrong[0]}.", BUILD_COMMAND)
        manifest = held.manifest
    print(
        f"generation {manifest.name} is whole: {len(manifest.files):,} files match their checksums, "
        f"{manifest.passages:,} passages and {manifest.sentences:,} sentences stand at their offsets"
    )
    return 0


def _chat(_: argparse.Namespace, settings: IndexSettings) -> int:
    with _open(settings) as index:
        converse(index, sys.stdin, sys.stdout)
    return 0


def _feedback(options: argparse.Namespace, settings: IndexSettings) -> int:
    from index.feedback import FEEDBACK_FILE, read_feedback
    from index.feedback_report import eval_rows, grouped, lines

    path = settings.data_dir / FEEDBACK_FILE
    if not path.is_file():
        raise VerbatimError(f"There is no feedback in {settings.data_dir} yet.", "The bot keeps it once it is asked.")
    with read_feedback(path) as feedback:
        if options.unanswered:
            for group in grouped(feedback.unanswered()):
                print(f"{group.count:5}  {group.question}")
        elif options.export is not None:
            rows = [json.dumps(row, ensure_ascii=False) + "\n" for row in eval_rows(feedback.verdicts())]
            try:
                options.export.write_text("".join(rows), encoding="utf-8")
            except OSError as error:
                raise VerbatimError(f"{options.export} cannot be written: {error.strerror}.", "") from error
            notice(f"{len(rows)} questions written to {options.export}")
        else:
            for line in lines(feedback.verdicts()):
                print(line)
    return 0


@contextmanager
def _open(settings: IndexSettings) -> Iterator[LiveIndex]:
    from index.generation import hold_current

    # Without an index there is no need to load a model first; instead of a damaged one the one before it answers.
    with suppress(DamagedIndexError):
        hold_current(settings.data_dir).close()
    from index.live import LiveIndex

    with closing(LiveIndex(settings)) as index:
        yield index


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} seconds"


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--corpus", type=Path, metavar="DIR", help="the documents (default: CORPUS_DIR, else corpus)")
    common.add_argument("--data", type=Path, metavar="DIR", help="the built index (default: DATA_DIR, else data)")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser = argparse.ArgumentParser(
        prog="python -m index", description="Build the index of a corpus, and answer questions by quoting it."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace, IndexSettings], int], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(run=run)
        return sub

    build = command("build", _build, "bring the index up to date with the corpus")
    build.add_argument("--force", action="store_true", help="start over: embed everything anew")
    how = build.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    how.add_argument("--watch", action="store_true", help="build again whenever documents change, until stopped")
    ask = command("ask", _ask, "answer a question with quotes")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--json", action="store_true", help="print an Answer object")
    ask.add_argument("--batch", type=Path, metavar="FILE", help='answer the {"id", "question"} lines of a file')
    ask.add_argument("--id", default="", help="the id of the Answer object")
    evaluate = command("eval", _eval, "measure on questions with known answers")
    evaluate.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a .jsonl file, or a folder with a corpus"
    )
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command("rollback", _rollback, "go back to the generation before the current one")
    command("stats", _stats, "tell how big and how old the index is")
    command("verify", _verify, "check every file of the index against its checksum, and every offset")
    command("chat", _chat, "ask questions in the terminal")
    feedback = command("feedback", _feedback, "list what people thought of the bot's answers")
    which = feedback.add_mutually_exclusive_group()
    which.add_argument("--unanswered", action="store_true", help="show the questions without an answer, grouped")
    which.add_argument(
        "--export", type=Path, metavar="FILE", help="write the helpful answers as a .jsonl file for eval"
    )
    return parser

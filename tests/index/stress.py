"""Builds that are killed, and readers beside writers, in forked processes: the imports are paid for once.

    python tests/index/stress.py kills MODEL FOLDER KILLS
    python tests/index/stress.py readers MODEL FOLDER SECONDS

Prints one line of JSON; a process that fails prints its traceback, and the exit code is 1.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

DOCUMENTS = 12
PARAGRAPHS = 8

LONGEST_SECONDS = 120
"""After so long a child says where it hangs, and ends."""


def main() -> int:
    mode, model, folder, amount = sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
    os.environ.update(TOKENIZERS_PARALLELISM="false", EMBEDDING_MODEL=model)
    import torch
    from tqdm import tqdm

    # A forked process has no threads but its own: none may be started before. And tqdm's own lock is shared by all that
    # are forked: one that is killed while it holds it would leave the others waiting for ever.
    torch.set_num_threads(1)
    tqdm.monitor_interval = 0
    tqdm.set_lock(threading.RLock())
    import index.build
    from index.embedding import Embedder, find_model
    from index.settings import IndexSettings
    from index.vectors import _faiss
    from tests.index.reading import ReadsHere

    _faiss()
    settings = IndexSettings(folder / "corpus", folder / "data", model)
    index.build.Sandbox = ReadsHere
    embedder = Embedder(find_model(model))
    Stress(IndexSettings(folder / "warm" / "corpus", folder / "warm" / "data", model), embedder).check_a_build()
    stress = Stress(settings, embedder)
    tasks = Path("/proc/self/task")
    assert not tasks.is_dir() or len(list(tasks.iterdir())) == 1, "there are threads already"
    result = stress.kills(int(amount)) if mode == "kills" else stress.readers(amount)
    print(json.dumps(result))
    return 0


class Stress:
    def __init__(self, settings, embedder) -> None:
        self.settings = settings
        self.embedder = embedder
        self.random = random.Random(2026)
        settings.corpus_dir.mkdir(parents=True)
        for number in range(DOCUMENTS):
            self.write(number, 0)

    def write(self, number: int, version: int) -> None:
        """A document whose every paragraph tells its version, so that a mixture would show."""
        text = "\n\n".join(
            f"Document {number} has version {version} in paragraph {paragraph}. It says nothing else."
            for paragraph in range(PARAGRAPHS)
        )
        path = self.settings.corpus_dir / f"{number}.md"
        aside = path.with_suffix(f".new{os.getpid()}")
        aside.write_text(text, "utf-8")
        aside.replace(path)

    def change(self, version: int) -> None:
        for number in self.random.sample(range(DOCUMENTS), 3):
            self.write(number, version)
        extra = self.settings.corpus_dir / "extra.txt"
        if version % 5 == 0:
            extra.write_text(f"An extra document of version {version}.", "utf-8")
        elif version % 5 == 3:
            extra.unlink(missing_ok=True)

    def build(self, *, force: bool = False):
        from index.build import build

        return build(self.settings, force=force, load_model=lambda _model: self.embedder)

    def check_a_build(self) -> None:
        """Everything once, so that every import is done and every cache is warm before the first fork."""
        self.build()
        self.check()

    def check(self) -> None:
        """`verify` passes, and the index answers with documents of one version each."""
        from index.cli import main as command
        from index.live import LiveIndex

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command(["verify", "--data", str(self.settings.data_dir)])
        assert code == 0, err.getvalue()
        with closing(LiveIndex(self.settings, load_model=lambda _model: self.embedder, follow=False)) as index:
            assert not index._refused, "a stand-in serves"
            self.ask(index)

    def ask(self, index) -> None:
        generation = index.status().generation
        answer = index.ask("Which version has the document?")
        assert answer.quotes or answer.nearest
        found = []
        for source in index.sources():
            passages = [index.passage(source.document, number) for number in range(1, source.passages + 1)]
            versions = {passage.text.split("version ")[1].split()[0].rstrip(".") for passage in passages if passage}
            found.append((source.document, len(passages), versions))
        # Between two of the calls above another generation may have come.
        if index.status().generation == generation:
            assert all(len(versions) == 1 for _, _, versions in found), found

    def kills(self, wanted: int) -> dict[str, object]:
        in_child(self.build)
        started = time.perf_counter()
        for version in range(1, 6):
            self.change(version)
            in_child(self.build)
        usual = (time.perf_counter() - started) / 5
        seen: Counter[str] = Counter()
        version = 6
        while seen["killed"] < wanted:
            version += 1
            self.change(version)
            child = fork(lambda force=version % 4 == 0: self.build(force=force))
            time.sleep(self.random.uniform(0, usual))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            if os.WIFSIGNALED(status):
                seen["killed"] += 1
            else:
                seen["ended before"] += 1
                usual *= 0.9  # The builds that were timed were slower than those to be killed.
            seen.update(self.leftovers())
            in_child(self.check)
            in_child(self.build if version % 4 else self.check_a_build)
            assert len(list((self.settings.data_dir / "generations").iterdir())) <= 2
        return {"usual build seconds": round(usual, 3), **seen}

    def leftovers(self) -> list[str]:
        """In the middle of what the kill came."""
        data = self.settings.data_dir
        inside = [path for path in (data / "generations").iterdir() if path.name.startswith(".")]
        found = [f"left {path.name.split('-')[0]} with {len(list(path.iterdir()))} files" for path in inside]
        found += ["left CURRENT.new"] if (data / "CURRENT.new").exists() else []
        found += ["left a log of the cache"] if list(data.glob("*.sqlite3-wal")) else []
        return found

    def readers(self, seconds: float) -> dict[str, object]:
        in_child(self.build)
        end = time.monotonic() + seconds
        counts = self.settings.data_dir.parent / "counts"
        counts.mkdir()
        works = [self.follow, self.follow, self.reopen, self.verify, self.publish, self.publish]

        def count(work, number: int) -> None:
            (counts / str(number)).write_text(json.dumps(work(end, number)))

        children = [fork(partial(count, work, number), seconds=seconds) for number, work in enumerate(works)]
        failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
        assert not failed, f"{len(failed)} of {len(children)} processes failed"
        total: Counter[str] = Counter()
        for path in counts.iterdir():
            total.update(json.loads(path.read_text()))
        in_child(self.check)
        return dict(total)

    def follow(self, end: float, _number: int) -> dict[str, int]:
        from index.live import LiveIndex, Reload

        reloads: list[Reload] = []
        asked = 0
        load_model = lambda _model: self.embedder  # noqa: E731
        with closing(LiveIndex(self.settings, load_model=load_model, on_reload=reloads.append)) as index:
            while time.monotonic() < end:
                self.ask(index)
                asked += 1
        errors = [reload.error for reload in reloads if reload.error]
        assert not errors, errors
        return {"asked of a following index": asked, "reloads": len(reloads)}

    def reopen(self, end: float, _number: int) -> dict[str, int]:
        opened = 0
        while time.monotonic() < end:
            self.check()
            opened += 1
        return {"opened anew": opened}

    def verify(self, end: float, _number: int) -> dict[str, int]:
        from index.content import Content
        from index.generation import hold_current
        from index.manifest import damaged_files
        from index.search import CONTENT_FILE

        verified = 0
        while time.monotonic() < end:
            with closing(hold_current(self.settings.data_dir)) as held:
                assert not damaged_files(held.folder, held.manifest)
                with closing(Content(held.folder / CONTENT_FILE)) as content:
                    assert not list(content.wrong_offsets())
            verified += 1
        return {"verified": verified}

    def publish(self, end: float, number: int) -> dict[str, int]:
        from index.build import go_back
        from index.errors import BusyError, NoIndexError

        self.random.seed(number)
        done: Counter[str] = Counter()
        version = number * 1_000_000
        while time.monotonic() < end:
            version += 1
            self.change(version)
            try:
                done["up to date" if self.build(force=version % 7 == 0).up_to_date else "published"] += 1
                if version % 5 == 0:
                    go_back(self.settings)
                    done["rolled back"] += 1
            except BusyError:
                done["found another writer"] += 1
                time.sleep(0.05)
            except NoIndexError:
                done["had nothing to roll back to"] += 1
        return done


def fork(work, *, seconds: float = 0) -> int:
    """A child that does `work`, meant to last `seconds`, and ends with 0, or prints its traceback and ends with 1."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    faulthandler.dump_traceback_later(LONGEST_SECONDS + seconds, exit=True)
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - it is printed, and told by the exit code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def in_child(work) -> None:
    _, status = os.waitpid(fork(work), 0)
    assert status == 0, "the child failed"


if __name__ == "__main__":
    sys.exit(main())

"""Reads files of the corpus in a process of its own, with limits on time and memory, since any of them may be hostile.

The process gets the bytes of a file and gives back text; it has no part of the environment, writes no file, and what
it says is checked. It keeps a bad file from harming a build; it is no jail for a program that breaks out of a parser.

`python -m index.sandbox BYTES` is that process: it reads requests from standard input until that ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from index.formats import READERS
from index.formats.extract import MAX_TEXT_CHARACTERS, TOO_SLOW, Extract, Heading, UnreadableError

MAX_SECONDS = 60.0
MAX_MEMORY_BYTES = 2 * 1024**3

_MAX_ANSWER_BYTES = 12 * MAX_TEXT_CHARACTERS + 1_000_000
_ROOT = Path(__file__).resolve().parents[1]
_TOO_MUCH_MEMORY = "reading it takes too much memory"


class Sandbox:
    """The process, begun when it is first needed and again after it had to be ended. Not for several threads."""

    def __init__(self, *, seconds: float = MAX_SECONDS, memory_bytes: int = MAX_MEMORY_BYTES) -> None:
        """The limits of one file; the memory is address space, and is limited on Linux alone."""
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, suffix: str, data: bytes) -> Extract:
        """What `READERS[suffix]` gives; raises `UnreadableError` with the reason, also when a limit is reached."""
        process = self._process = self._process or self._begin()
        late = threading.Event()

        def end_it() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, end_it)
        timer.start()
        try:
            answer = _exchange(process, suffix, data)
        except (OSError, ValueError, RecursionError):
            answer = None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        if answer is None or answer.get("ends") or late.is_set():
            self.close()
        if late.is_set():
            raise UnreadableError(f"{TOO_SLOW} {self._seconds:g} seconds")
        if answer is None:
            raise UnreadableError("reading it ended its reader (it is broken, or takes too much memory)")
        if "unreadable" in answer:
            raise UnreadableError(str(answer["unreadable"]))
        return _extract(answer)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _begin(self) -> subprocess.Popen[bytes]:
        # No setting and no token of ours is any business of a parser's.
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "index.sandbox", str(self._memory_bytes)],
            cwd=_ROOT,
            env={**kept, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _exchange(process: subprocess.Popen[bytes], suffix: str, data: bytes) -> dict[str, Any] | None:
    """Send a file and wait for the answer; None when the process ended instead. `ValueError` where it is no answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([suffix, len(data)]).encode("ascii") + b"\n")
    process.stdin.write(data)
    process.stdin.flush()
    length = process.stdout.readline(20)
    if not length:
        return None
    if not 0 <= int(length) <= _MAX_ANSWER_BYTES:
        raise ValueError(length)
    answer = json.loads(process.stdout.read(int(length)))
    return answer if isinstance(answer, dict) else None


def _extract(answer: dict[str, Any]) -> Extract:
    text = answer.get("text")
    headings = answer.get("headings")
    fields = {name: answer.get(name) for name in ("title", "source", "date", "language")}
    if not isinstance(text, str) or not all(isinstance(value, str) for value in fields.values()):
        raise UnreadableError("its reader gave no text")
    if headings is not None:
        try:
            found = tuple(Heading(*map(int, heading)) for heading in headings)
        except (TypeError, ValueError, OverflowError) as error:
            raise UnreadableError("its reader gave headings that are none") from error
        # What cuts the text relies on their order.
        ends = [0, *(heading.end for heading in found)]
        if not all(last <= start <= end <= len(text) for last, (start, end, _) in zip(ends, found, strict=False)):
            raise UnreadableError("its reader gave headings that are not in its text")
        headings = found
    return Extract(text=text, headings=headings, **{name: str(value) for name, value in fields.items()})


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until the requests end, or until memory runs short: then nothing that is kept can be relied on."""
    ends = False
    while not ends and (line := requests.readline()):
        suffix, size = json.loads(line)
        try:
            answer = _answer(suffix, requests.read(size))
            data = json.dumps(answer).encode("ascii")
        except MemoryError:
            ends = True
            data = json.dumps({"unreadable": _TOO_MUCH_MEMORY, "ends": True}).encode("ascii")
        answers.write(b"%d\n" % len(data) + data)
        answers.flush()


def _answer(suffix: str, data: bytes) -> dict[str, Any]:
    try:
        extract = READERS[suffix](data)
    except UnreadableError as error:
        if isinstance(error.__cause__, MemoryError):
            raise error.__cause__ from None
        return {"unreadable": str(error)}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a parser that a file brings down has said all there is to say
        return {"unreadable": f"its reader failed ({type(error).__name__}: {' '.join(str(error).split())[:200]})"}
    return {name: getattr(extract, name) for name in ("text", "title", "source", "date", "language", "headings")}


def _limit(memory_bytes: int) -> None:
    """Take the process's means: no more memory than this, no file of a single byte, no core dump."""
    try:
        import resource
    except ImportError:  # Windows has no such limits.
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _main() -> None:
    # What a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _limit(int(sys.argv[1]))
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _main()

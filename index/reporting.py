"""How a program ends: a user's problem in one line on standard error, and an exit code.

0 done, 1 a problem of the user's, 2 wrong usage, 3 a damaged index, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from bot.console import harmless
from index.errors import VerbatimError

_INTERRUPTED = 130


def leave(code: int) -> NoReturn:
    """End the process with an exit code; from here on no Ctrl-C disturbs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if code == _INTERRUPTED:
        # Python ends with another code when the interrupt fell into an `exec`, of which imports are full.
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


class _Status:
    code = 0


@contextmanager
def reporting(*, debug: bool = False) -> Iterator[_Status]:
    """Say a user's problem in one line on standard error and turn it into an exit code; `debug` lets it through."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    status = _Status()
    try:
        yield status
        sys.stdout.flush()
    except VerbatimError as error:
        if debug:
            raise
        notice(str(error))
        status.code = error.exit_code
    except KeyboardInterrupt:
        if debug:
            raise
        notice("Stopped. Nothing is lost: run the same command to go on.")
        status.code = _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); without this Python complains once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status.code = 1


def notice(text: str) -> None:
    """A line on standard error; what a file's name or a parser's message smuggles in does not steer the terminal."""
    print(harmless(" ".join(text.split())), file=sys.stderr, flush=True)

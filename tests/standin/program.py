"""The real program as a process of its own, with its output at hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Program:
    """`python -m bot`, or another module, with settings of its own and no others."""

    def __init__(self, settings: dict[str, str], *, module: str = "bot", arguments: Sequence[str] = ()) -> None:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ
        }
        self.output = ""
        # An empty folder, where no `.env` of the developer's is found.
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self._folder.name,
            env=kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"} | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, line: str, patience: float = 120.0, *, times: int = 1) -> None:
        """Wait until the output holds a text."""
        until = time.monotonic() + patience
        while self.output.count(line) < times:
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"no {line!r} in the output:\n{self.output}")
            time.sleep(0.02)

    def signal(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def end(self, patience: float = 60.0) -> int:
        """Wait for its end: the exit code."""
        code = self._process.wait(patience)
        self._reader.join(5)
        self._folder.cleanup()
        return code

    def stop(self) -> int:
        """Stop it as an operator would."""
        if self._process.poll() is None:
            self.signal()
        return self.end()

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.output += line

"""What a Ctrl-C does while something must not be broken off."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from index.threads import uninterrupted

_PROJECT = Path(__file__).parents[2]
# What loads a model is interrupted as soon as it has begun to, and tells what it had done by then.
_LOADING = """
import signal, sys
from index.embedding import Embedder, find_model
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
model = find_model("builtin")
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    Embedder(model)
except KeyboardInterrupt:
    print("torch" in sys.modules, "index.quantized" in sys.modules)
import index.cross_encoder as module
made, make = [], module.quantized_layers
module.quantized_layers = lambda *some, **more: made.append(make(*some, **more)) or made[0]
signal.setitimer(signal.ITIMER_REAL, 0.01)
try:
    module.CrossEncoder()
except KeyboardInterrupt:
    print(len(made))
"""


@pytest.fixture(autouse=True)
def interruptible():
    """A shell's background jobs ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_until_it_is_done():
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_error_is_told_before_the_interrupt():
    with pytest.raises(ZeroDivisionError), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        1 / 0  # noqa: B018


def test_who_ignores_interrupts_goes_on_ignoring_them():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
    finally:
        assert signal.signal(signal.SIGINT, before) == signal.SIG_IGN


def test_in_another_thread_nothing_is_held():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.skipif(sys.platform == "win32", reason="no such timer there")
def test_an_interrupt_while_a_model_loads_waits_until_it_has():
    done = subprocess.run(
        [sys.executable, "-c", _LOADING], cwd=_PROJECT, capture_output=True, encoding="utf-8", timeout=120
    )
    assert (done.returncode, done.stdout.split("\n")) == (0, ["True True", "1", ""]), done.stderr

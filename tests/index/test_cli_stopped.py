"""The command line when it is stopped: by Ctrl-C, by a reader that goes away, by a disk that is full."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.conftest import Ran
from tests.index.commands import SAMPLE, current_folder, one_line


@pytest.mark.slow
def test_output_may_be_cut_off(built, environment, tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m index ask --json '{SAMPLE}' | true",
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.stdout, done.stderr) == ("", "")


def interrupted(folder, environment, *arguments, after):
    running = subprocess.Popen(
        [sys.executable, "-m", "index", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # A shell's background jobs ignore it.
    )
    try:
        time.sleep(after)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    return Ran(running.returncode, out, err)


@pytest.fixture
def many(corpus):
    """A corpus that takes some seconds to embed."""
    for number in range(60):
        text = "\n\n".join(
            f"Sentence {number} of paragraph {part} tells of thing {number * part}." for part in range(20)
        )
        (corpus / f"{number}.txt").write_text(text, "utf-8")
    return corpus


def check_interrupted(ran):
    if ran.code == 0:  # It was done before.
        return False
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.startswith("Stopped.")
    assert ran.err.count("\n") == 1
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_ctrl_c_while_building_is_one_line_and_the_next_build_goes_on(many, environment, tmp_path, command):
    assert check_interrupted(interrupted(tmp_path, environment, "build", after=random.uniform(0.5, 5)))
    assert command("build").code == 0
    assert command("verify").code == 0


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_ctrl_c_at_any_moment_leaves_the_last_index(many, environment, tmp_path, command):
    assert command("build").code == 0
    stopped = 0
    for _ in range(20):
        (many / "0.txt").write_text(f"Another text, number {random.random()}.", "utf-8")
        stopped += check_interrupted(interrupted(tmp_path, environment, "build", after=random.uniform(0.3, 12)))
        assert command("verify").code == 0
    assert stopped
    assert command("build").code == 0


@contextmanager
def files_of_at_most(size):
    """Let no file of this process grow beyond so many bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def paragraphs(count):
    return "\n\n".join(f"Paragraph {part} tells of thing {part * part}. It has two sentences." for part in range(count))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
@pytest.mark.parametrize("limit", [1_000, 5_000, 20_000, 40_000, 60_000])
def test_a_disk_that_takes_no_more_is_one_line_and_the_last_index_answers(command, built, tmp_path, limit):
    shutil.rmtree(tmp_path / "corpus")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "new.txt").write_text(paragraphs(60), "utf-8")
    before, generation = (built / "CURRENT").read_bytes(), current_folder(built)
    with files_of_at_most(limit):
        ran = command("build")
    one_line(ran, 1, "could not be written", "The last published index still answers")
    assert (built / "CURRENT").read_bytes() == before
    assert command("verify").code == 0
    assert list((built / "generations").iterdir()) == [generation]
    assert command("build").code == 0
    assert command("verify").code == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named_and_nothing_is_lost(command, tmp_path, corpus):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        (corpus / "small.txt").write_text("A small text. It fits.", "utf-8")
        assert command("build", "--data", disk).code == 0
        before = (disk / "CURRENT").read_bytes()
        (corpus / "large.txt").write_text(paragraphs(120), "utf-8")
        one_line(command("build", "--data", disk), 1, "the disk is full", "python -m index build")
        assert (disk / "CURRENT").read_bytes() == before
        assert command("verify", "--data", disk).code == 0
        (corpus / "large.txt").unlink()
        assert command("build", "--data", disk).code == 0
    finally:
        subprocess.run(["umount", "-l", disk], check=True)

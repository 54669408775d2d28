"""What the tests of the command line share."""

from __future__ import annotations

from index.generation import current_name

SAMPLE = "What is the Defense Production Act?"


def one_line(ran, code, *parts):
    """Whether a command failed as it should: this code, one line on standard error, nothing else."""
    assert ran.code == code, ran
    assert ran.out == ""
    assert ran.err.endswith("\n")
    assert ran.err.count("\n") == 1, ran.err
    assert "Traceback" not in ran.err
    for part in parts:
        assert part in ran.err


def current_folder(data):
    return data / "generations" / current_name(data)

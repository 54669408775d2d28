"""The long ones: 200 killed builds, and a minute of four readers beside two writers (see `stress.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
]

KILLS = 200
SECONDS = 60


def stress(mode, model, folder, amount, environment) -> dict[str, int]:
    script = Path(__file__).with_name("stress.py")
    run = subprocess.run(
        [sys.executable, str(script), mode, str(model), str(folder), str(amount)],
        env={**environment, "OMP_NUM_THREADS": "1"},
        cwd=folder.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr[-4000:]
    print(run.stdout)
    return json.loads(run.stdout.splitlines()[-1])


def test_after_a_kill_at_any_moment_verify_passes_and_the_next_build_finishes(tiny_model, tmp_path, environment):
    seen = stress("kills", tiny_model, tmp_path / "stress", KILLS, environment)
    assert seen["killed"] == KILLS
    assert any(key.startswith("left .building") for key in seen), seen


def test_no_reader_fails_beside_two_writers(tiny_model, tmp_path, environment):
    seen = stress("readers", tiny_model, tmp_path / "stress", SECONDS, environment)
    assert min(seen[key] for key in ("asked of a following index", "reloads", "opened anew", "verified")) > 0, seen
    assert seen["published"] > 5, seen

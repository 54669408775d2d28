"""`python -m training` looks at what it is given before it makes anything."""

from __future__ import annotations

import sys

import pytest

from training.__main__ import main


@pytest.mark.parametrize("command", ["model", "reading", "words"])
def test_a_wrong_folder_of_data_costs_nothing_that_was_made(command, tmp_path, monkeypatch, capsys):
    out = tmp_path / "made"
    monkeypatch.setattr(sys, "argv", ["training", command, "--data", str(tmp_path / "wrong"), "--out", str(out)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "wrong: it holds no pairs" in capsys.readouterr().err
    assert not out.exists()

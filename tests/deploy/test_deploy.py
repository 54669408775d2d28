"""What is put on a server: the units hold in systemd's own judgement, the image is what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy").glob("*.service"))

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")


def test_there_are_units():
    assert [unit.name for unit in UNITS] == ["verbatim-watch.service", "verbatim.service"]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_no_fault(unit, tmp_path):
    """As it is, but for the user and the paths that are not on this machine."""
    text = unit.read_text().replace("/opt/verbatim/.venv/bin/python", shutil.which("true"))
    text = re.sub(r"^(User|Group)=verbatim$", r"\1=root", text, flags=re.MULTILINE)
    text = text.replace("WorkingDirectory=/opt/verbatim", f"WorkingDirectory={tmp_path}")
    changed = tmp_path / unit.name
    changed.write_text(text)
    run = subprocess.run(["systemd-analyze", "verify", str(changed)], capture_output=True, encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_judges_the_exposure_to_be_low(unit):
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15", str(unit)],
        capture_output=True,
        encoding="utf-8",
    )
    if "unrecognized option" in run.stderr:
        pytest.skip("this systemd-analyze knows no --offline")
    assert run.returncode == 0, run.stdout.splitlines()[-1]


def values_of(unit, name):
    return re.findall(rf"^{name}=(.*)$", (ROOT / "deploy" / unit).read_text(), re.MULTILINE)


def test_the_watcher_builds_with_the_settings_of_the_bot_and_without_its_token():
    (settings,) = values_of("verbatim.service", "EnvironmentFile")
    assert values_of("verbatim-watch.service", "EnvironmentFile") == [f"-{settings}"]
    assert values_of("verbatim-watch.service", "UnsetEnvironment") == ["DISCORD_TOKEN"]
    assert values_of("verbatim-watch.service", "Environment")[0] == values_of("verbatim.service", "Environment")[0]


def test_the_commands_of_the_page_build_the_index_of_the_units():
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (line,) = re.findall(r"sudo -u verbatim env (.*?) \.venv", page, re.DOTALL)
    folders = values_of("verbatim.service", "Environment")[0].split()
    assert {*folders, "EMBEDDING_MODEL=builtin"} <= set(line.split())


def test_an_upgrade_restarts_every_unit():
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (upgrade,) = re.findall(r"^## Upgrade$.*?(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"restart ([\w-]+)", upgrade)) == {unit.stem for unit in UNITS}


def test_the_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] == "USER 10001:10001"
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert "download.pytorch.org/whl/cpu" in "\n".join(lines)


def test_the_health_check_of_the_image_is_a_program():
    text = (ROOT / "Dockerfile").read_text().split("HEALTHCHECK", 1)[1].split("CMD ", 1)[1].splitlines()[0]
    command = json.loads(text)
    compile(command[2], "healthcheck", "exec")
    assert "/healthz" in command[2]


def test_what_the_image_copies_is_there():
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *sources, _ = line.split()[1:]
            assert all((ROOT / source).exists() for source in sources), line


def test_the_container_is_read_only_and_without_privileges():
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["bot"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "./corpus:/corpus:ro" in service["volumes"]
    assert not service.get("ports")
    assert service["environment"]["METRICS_PORT"] == "9464"

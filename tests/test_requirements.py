"""What the program imports is installed by its requirements, in one version."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires

import pytest

from tests.conftest import ROOT

OWN = {path.name for path in ROOT.iterdir() if path.is_dir()}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file):
    return {
        normal(name): version
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[\w+\])?==(\S+)", (ROOT / file).read_text("utf-8"), re.MULTILINE
        )
    }


def imported(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


@pytest.mark.parametrize("folder", ["index", "bot"])
def test_every_import_is_of_a_pinned_distribution(folder):
    distributions = packages_distributions()
    names = set(imported(folder)) - set(sys.stdlib_module_names) - OWN
    lacking = {
        name for name in names if not {normal(d) for d in distributions.get(name, [])} & set(pinned("requirements.txt"))
    }
    assert not lacking


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "training/requirements.txt"])
def test_every_requirement_is_pinned_once(file):
    lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    assert all("==" in line or line == "-r requirements.txt" for line in lines if line)
    assert len(pinned(file)) == sum("==" in line for line in lines)


def test_shared_locks_are_to_be_had_on_windows_too():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert [line.partition("==")[0] for line in lines if "portalocker" in line] == ["portalocker[win32]"]
    assert any(line.startswith("pywin32") for line in requires("portalocker"))

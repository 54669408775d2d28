"""The documentation holds: every command, option and setting is in it, and every file it links to is there."""

from __future__ import annotations

import argparse
import re

import pytest

from index.cli import _parser
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text("utf-8")


def commands():
    (action,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    return action.choices


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented(name):
    (section,) = re.findall(rf"^## `{name}\b.*?(?=^## |\Z)", COMMAND_LINE, re.MULTILINE | re.DOTALL)
    common = COMMAND_LINE.partition("## ")[0]
    for action in commands()[name]._actions:
        for option in action.option_strings:
            assert f"`{option}" in section + common, f"{name} {option}"
    assert f"`{name}" in (ROOT / "README.md").read_text("utf-8")


def test_nothing_is_documented_that_is_not_there():
    documented = set(re.findall(r"^## `(\w+)", COMMAND_LINE, re.MULTILINE))
    assert documented == set(commands())
    options = {
        option for parser in commands().values() for action in parser._actions for option in action.option_strings
    }
    assert set(re.findall(r"`(--[a-z-]+)", COMMAND_LINE)) <= options


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_readme_pins_what_the_requirements_pin():
    (pinned,) = re.findall(r"^torch==\S+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"torch==[\w.]+", readme)) == {pinned}


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "CORPUS_DIR", "DATA_DIR", "EMBEDDING_MODEL"])
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text("utf-8")

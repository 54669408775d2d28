"""A small corpus, a bot on it, and a Discord for the bot: each test module shares one of each."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from index.build import build
from index.settings import IndexSettings
from tests.standin import Discord
from tests.standin.program import Program

LIGHTHOUSE = """---
title: The lighthouse of Ploumanac'h
source: https://example.org/lighthouse
date: 2026-02-24
language: en
---
The village of Ploumanac'h lies on the coast of pink granite in Brittany, and people come from far to see its rocks.

The lighthouse of Ploumanac'h was built in 1946 by the architect Henri Auffret. It stands on the rocks of the old one.

The keeper of the lighthouse is called Marie Le Goff. She climbs its eighty steps every evening with her dog.

The lamp of the lighthouse can be seen from a distance of twelve nautical miles when the weather is clear.

Visitors may climb the tower on Sunday afternoons in July and August. The ticket costs three euros.

The lighthouse was hit by lightning in 1998, and its roof had to be replaced with new slates from Angers.

A museum about the pilots of the coast has been open since 2011 in the house beside the lighthouse.

The fog horn was switched off in 2003 because the neighbours could not sleep when the fog came in.
"""

BAKERY = """---
title: La boulangerie *Au bon pain* @everyone
language: fr
---
La boulangerie de la place ouvre à six heures du matin, sauf le lundi. Elle appartient à Jeanne Kervella.

Le secret du pain de seigle est un levain de trente ans : **farine**, eau et patience.
1. <@400000000000000001> pétrit la pâte
# puis :smile: la laisse reposer
> https://evil.example [ici](https://evil.example) ||vite|| @everyone `code`

Le four à bois de la boulangerie date de 1921 et chauffe à deux cent cinquante degrés.
"""

HIDDEN = "The combination of the old safe is seven four nine." + "\u200b" * 900 + " It was bought in Lorient.\n"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    (folder / "boulangerie.md").write_text(BAKERY, encoding="utf-8")
    (folder / "hidden.txt").write_text(HIDDEN, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def built(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a built index."""
    data = tmp_path_factory.mktemp("built")
    build(IndexSettings(library, data, "builtin"))
    return data


@pytest.fixture(scope="module")
def discord() -> Iterator[Discord]:
    discord = Discord()
    yield discord
    discord.close()
    assert discord.problems == []


Start = Callable[..., Program]


@pytest.fixture(scope="module")
def data(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the module's bot, with the built index in it."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(built, data, dirs_exist_ok=True)
    return data


@pytest.fixture(scope="module")
def port() -> int:
    """One that is free, for the metrics."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def start(discord: Discord, library: Path, data: Path) -> Iterator[Start]:
    """Starts the bot, with settings over the usual ones; at the end of the module whatever still runs is stopped."""
    programs = []

    def starting(*, module: str = "bot", arguments: Sequence[str] = (), ready: bool = True, **settings: str) -> Program:
        usual = discord.settings | {"CORPUS_DIR": str(library), "DATA_DIR": str(data)}
        programs.append(Program(usual | settings, module=module, arguments=arguments))
        if ready:
            programs[-1].wait_for("ready as")
        return programs[-1]

    yield starting
    for program in programs:
        program.stop()


@pytest.fixture(scope="module")
def texts_of(library: Path) -> dict[str, str]:
    """The documents' texts as they lie in the corpus, to hold quotes against."""
    return {path.name: path.read_text(encoding="utf-8") for path in library.iterdir()}

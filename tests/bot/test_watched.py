"""The running bot as its operator sees it: health pages, log lines, new generations."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.conftest import Start
from tests.standin import Discord
from tests.standin.payloads import TOKEN
from tests.standin.program import Program

QUESTION = "Who is the keeper of the lighthouse?"


@pytest.fixture(scope="module")
def discord() -> Iterator[Discord]:
    """One whose heartbeats come often."""
    discord = Discord(heartbeat_ms=500)
    yield discord
    discord.close()


@pytest.fixture(scope="module")
def bot(start: Start, port: int) -> Program:
    return start(METRICS_PORT=str(port))


def get(port: int, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def value(port: int, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", get(port, "/metrics")[1], re.MULTILINE)
    assert found, name
    return float(found[1])


def test_it_says_that_it_is_well(bot: Program, port: int):
    assert get(port, "/healthz") == (200, "ok\n")
    assert get(port, "/readyz") == (200, "ok\n")


def test_it_is_not_ready_while_the_connection_is_lost(bot: Program, discord: Discord, port: int):
    lost = (503, "there is no connection to Discord\n")
    discord.cut(3)
    discord.wait(lambda: get(port, "/readyz") == lost, "word of the lost connection")
    discord.wait(lambda: get(port, "/readyz") == (200, "ok\n"), "a connection")
    discord.ask_to_reconnect()
    bot.wait_for("resumed")
    discord.wait(lambda: get(port, "/readyz") == (200, "ok\n"), "the next connection")


def test_an_answer_is_counted_and_logged_without_its_question(bot: Program, discord: Discord, port: int):
    discord.shown(discord.slash("ask", by=500000000000000901, question=QUESTION))
    bot.wait_for("bot.answers: answer")
    line = next(line for line in bot.output.splitlines() if "bot.answers: answer" in line)
    assert re.search(
        r"INFO bot\.answers: answer id=\S+ way=/ask kind=answer ms=[\d.]+( \w+_ms=[\d.]+)* confidence=[\d.]+"
        r" generation=\d{6}-[0-9a-f]{6} waiting=\d+$",
        line,
    ), line
    assert "keeper" not in bot.output
    assert TOKEN not in bot.output
    assert value(port, 'verbatim_questions_total{kind="answer",way="/ask"}') == 1
    assert value(port, "verbatim_answer_seconds_count") == 1
    assert value(port, "verbatim_index_documents") == 3
    assert value(port, "process_resident_memory_bytes") > 1e8
    assert 0 < value(port, "verbatim_heartbeat_seconds") < 60


def test_a_new_generation_is_taken_up_by_the_running_bot(
    bot: Program, discord: Discord, library: Path, data: Path, tmp_path: Path, port: int
):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in library.iterdir():
        (corpus / path.name).write_bytes(path.read_bytes())
    (corpus / "harbour.md").write_text("The harbour master of Perros is called Yann Tanguy.\n", "utf-8")
    build = Program({"CORPUS_DIR": str(corpus), "DATA_DIR": str(data)}, module="index", arguments=["build"])
    assert build.end(200) == 0, build.output
    bot.wait_for("loaded")
    assert value(port, 'verbatim_reloads_total{outcome="loaded"}') == 1
    shown = discord.shown(discord.slash("ask", by=500000000000000902, question="Who is the harbour master of Perros?"))
    assert "Yann Tanguy" in str(shown)
    assert value(port, "verbatim_index_documents") == 4


@pytest.mark.slow
def test_a_taken_port_is_one_line(bot: Program, start: Start, port: int):
    second = start(ready=False, METRICS_PORT=str(port))
    assert second.end() == 1
    assert second.output.strip().splitlines()[-1].startswith(f"METRICS_PORT {port} cannot be used:")
    assert "Traceback" not in second.output


@pytest.mark.slow
def test_the_question_is_logged_only_when_asked_for(start: Start, discord: Discord):
    program = start(LOG_QUESTIONS="1")
    discord.shown(discord.slash("ask", by=500000000000000903, question=QUESTION))
    program.wait_for(f'question="{QUESTION}"')


@pytest.mark.slow
def test_a_build_that_fails_leaves_the_bot_with_the_last_index(start: Start, tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    program = start(CORPUS_DIR=str(tmp_path / "corpus"))
    assert "has no document that can be read" in program.output
    assert "Meanwhile the index that was published last answers." in program.output

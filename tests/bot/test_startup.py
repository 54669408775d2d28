"""Starting the bot: what is wrong is told in one line that says what to do, and the token is never shown."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

import pytest

from bot.discord_run import DiscordError, check_token, invite_url
from bot.sync import COMMANDS_FILE
from tests.bot.conftest import Start
from tests.standin import Discord
from tests.standin.payloads import BOT_ID, TOKEN
from tests.standin.program import Program

OTHER_TOKEN = TOKEN[:-4] + "9999"


def last_line(program: Program) -> str:
    return program.output.strip().splitlines()[-1]


def test_a_token_that_discord_refuses(start: Start):
    program = start(ready=False, DISCORD_TOKEN=OTHER_TOKEN)
    assert program.end() == 1
    assert last_line(program).startswith("Discord does not accept the token in DISCORD_TOKEN. Copy a new one:")
    assert "Traceback" not in program.output
    assert OTHER_TOKEN not in program.output


def test_no_network(start: Start):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    program = start(ready=False, DISCORD_API_URL=address)
    assert program.end() == 1
    assert last_line(program).startswith(f"Cannot reach Discord at {address}:")
    assert last_line(program).endswith("Check the network.")
    assert "Traceback" not in program.output


def test_the_content_intent_that_is_switched_off_is_told_without_trying_the_gateway(start: Start, discord: Discord):
    sockets = len(discord.gateway.log)
    program = start(ready=False, ANSWER_CHANNELS="300000000000000002")
    assert program.end() == 1
    assert last_line(program).startswith("ANSWER_CHANNELS needs the message content intent, which is switched off.")
    assert "Traceback" not in program.output
    # Of tries to identify Discord allows 1000 a day, and a supervisor starts the bot again and again.
    assert len(discord.gateway.log) == sockets


def test_an_outage_of_discord_at_login(start: Start, discord: Discord):
    discord.trouble("GET /users/@me", "403")
    program = start(ready=False)
    assert program.end() == 1
    assert last_line(program) == "Discord refused the login (403). Try again in a few minutes."


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DISCORD_TOKEN", "not-a-token", "DISCORD_TOKEN does not look like a bot's token"),
        ("ANSWER_CHANNELS", "general", "ANSWER_CHANNELS holds 'general', which is no channel id."),
        ("DISCORD_API_URL", "discord.com", "DISCORD_API_URL is no address."),
        ("DISCORD_GATEWAY_URL", "https://discord.com", "DISCORD_GATEWAY_URL is no address."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'."),
        ("FEEDBACK", "perhaps", "FEEDBACK is 'perhaps'."),
    ],
)
def test_a_setting_that_cannot_be_read(start: Start, name: str, value: str, line: str):
    program = start(ready=False, **{name: value})
    assert program.end() == 1
    assert program.output.startswith(line)
    assert program.output.count("\n") == 1


def test_the_invitation_names_the_application_and_the_least_permissions():
    program = Program({"DISCORD_TOKEN": TOKEN}, arguments=["--invite"])
    assert program.end() == 0
    address = program.output.strip()
    assert address.startswith(
        f"https://discord.com/oauth2/authorize?client_id={BOT_ID}&scope=bot+applications.commands"
    )
    # View Channels, Send Messages, Read Message History, Send Messages in Threads.
    assert re.search(r"permissions=(\d+)", address)[1] == str(1 << 10 | 1 << 11 | 1 << 16 | 1 << 38)


def test_an_invitation_without_a_token_says_where_to_get_one():
    with pytest.raises(
        DiscordError, match=r"DISCORD_TOKEN is not set\. Copy the bot's token from https://discord\.com"
    ):
        invite_url("")
    with pytest.raises(DiscordError):
        check_token("a.b.c\n" + TOKEN)


@pytest.mark.slow
def test_a_note_of_what_was_sent_that_cannot_be_read_costs_no_start(start: Start, data: Path, tmp_path: Path):
    copy = shutil.copytree(data, tmp_path / "data")
    (copy / COMMANDS_FILE).write_bytes(b"\xff\xfe\x00")
    program = start(DATA_DIR=str(copy))
    assert program.stop() == 0
    assert "commands sent" in program.output


@pytest.mark.slow
def test_a_start_that_cannot_note_what_it_sent_goes_on(start: Start, data: Path, tmp_path: Path):
    copy = shutil.copytree(data, tmp_path / "data")
    (copy / COMMANDS_FILE).unlink(missing_ok=True)
    (copy / COMMANDS_FILE).mkdir()
    program = start(DATA_DIR=str(copy))
    assert program.stop() == 0
    assert "every start sends them again" in program.output


@pytest.mark.slow
def test_sync_sends_the_commands_again_and_ends_beside_a_bot_that_runs(start: Start, discord: Discord, port: int):
    bot = start(METRICS_PORT=str(port))
    sent, connections = len(discord.requests("PUT .*/commands")), list(discord.gateway.log)
    program = start(ready=False, arguments=["--sync"], METRICS_PORT=str(port))
    assert program.end() == 0
    assert "commands sent count=6" in program.output
    assert len(discord.requests("PUT .*/commands")) == sent + 1
    assert discord.gateway.log == connections
    assert bot.stop() == 0


def test_sync_that_discord_refuses_is_told_as_failed(start: Start, discord: Discord):
    discord.trouble("PUT .*/commands", "403")
    program = start(ready=False, arguments=["--sync"])
    assert program.end() == 1
    assert "Discord did not take the commands (403" in program.output
    assert last_line(program) == "The commands were not sent. Try again in a few minutes."

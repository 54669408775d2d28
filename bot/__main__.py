"""`python -m bot`: on Discord with a token, else the same answers in the terminal."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from contextlib import closing

from bot.console import converse, print_answer
from bot.settings import BotSettings, bot_settings
from index.errors import BusyError, CorpusError, StorageError
from index.generation import names
from index.progress import build_with_progress, summary
from index.reporting import leave, notice, reporting
from index.settings import environment

SAMPLE_QUESTION = "What is the Defense Production Act?"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the index where that is needed, then answer; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Answer questions by quoting the documents.")
    parser.add_argument(
        "--invite", action="store_true", help="print the address that adds the bot to a server, and end"
    )
    parser.add_argument(
        "--sync", action="store_true", help="send the commands to Discord even if they did not change, and end"
    )
    options = parser.parse_args(arguments)
    with reporting() as status:
        settings = bot_settings(environment())
        if options.invite:
            from bot.discord_run import invite_url

            print(invite_url(settings.token))
        elif options.sync:
            from bot.discord_run import send_commands

            send_commands(settings)
        elif settings.token:
            _on_discord(settings)
        else:
            _bring_up_to_date(settings)
            _in_terminal(settings)
    return status.code


def _on_discord(settings: BotSettings) -> None:
    from bot.discord_run import check_token, run
    from bot.metrics import Metrics
    from index.live import LiveIndex

    check_token(settings.token)  # A wrong token is told before minutes go into building.
    _bring_up_to_date(settings)
    metrics = Metrics()
    run(settings, lambda: LiveIndex(settings.index, on_reload=metrics.reloaded), metrics)


def _bring_up_to_date(settings: BotSettings) -> None:
    """Build, unless nothing changed. Where that fails the last published index answers, if there is one."""
    try:
        notice(summary(build_with_progress(settings.index)))
    except (BusyError, CorpusError, StorageError) as error:
        if not names(settings.index.data_dir):
            raise
        notice(str(error))
        notice("Meanwhile the index that was published last answers.")


def _in_terminal(settings: BotSettings) -> None:
    notice("No DISCORD_TOKEN is set, so the answers come here in the terminal.")
    from index.live import LiveIndex

    with closing(LiveIndex(settings.index)) as index:
        questions = sys.stdin or io.StringIO()  # There is none when the process was started with it closed.
        if not converse(index, questions, sys.stdout) and not questions.isatty():
            print(SAMPLE_QUESTION)
            print_answer(index.ask(SAMPLE_QUESTION), sys.stdout)


if __name__ == "__main__":
    leave(main())

"""No secret gets into the log, whoever writes it."""

from __future__ import annotations

import logging

from bot.logs import RedactingFormatter

SECRET = "MTAw.Gabcde.secret-part"


def formatted(message: str, *arguments: object, exc_info=None) -> str:
    record = logging.LogRecord("discord.http", logging.WARNING, __file__, 1, message, arguments, exc_info)
    return RedactingFormatter(SECRET).format(record)


def test_the_token_is_blacked_out_in_messages_arguments_and_tracebacks():
    assert SECRET not in formatted("Bot %s", SECRET)
    try:
        raise ValueError(f"bad header {SECRET}")
    except ValueError as error:
        line = formatted("failed", exc_info=(type(error), error, error.__traceback__))
    assert SECRET not in line
    assert "bad header [token]" in line


def test_the_tokens_of_interactions_are_blacked_out_in_addresses():
    line = formatted("POST %s", "https://discord.com/api/v10/interactions/1/aW50ZXJhY3Rpb24/callback")
    assert line.endswith("interactions/1/[token]/callback")
    assert formatted("/webhooks/1/aW50/messages/@original").endswith("/webhooks/1/[token]/messages/@original")

"""The log: lines on standard error, from which secrets are taken out whoever writes them."""

from __future__ import annotations

import json
import logging
import re
import sys

from index.answer import Answer

# The tokens of interactions and webhooks stand in Discord's addresses; they speak for the bot for 15 minutes.
_ADDRESS_TOKEN = re.compile(r"((?:interactions|webhooks)/\d+/)[^/\s?'\"]+")


_answers = logging.getLogger("bot.answers")


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, and blacks out `secret` and the tokens in addresses.

    What does not begin a record is indented: no text in a message can look like a record of its own.
    """

    def __init__(self, secret: str) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines of a record."""
        line = "\n    ".join(super().format(record).splitlines())
        if self._secret:
            line = line.replace(self._secret, "[token]")
        return _ADDRESS_TOKEN.sub(r"\1[token]", line)


def set_up_logging(level: str, secret: str) -> None:
    """Log at `level`, and of the libraries only warnings: at its most talkative discord.py logs what people write."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secret))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("bot", "index"):
        logging.getLogger(ours).setLevel(level)


def log_answer(answer: Answer, way: str, waiting: int, *, with_question: bool) -> None:
    """One line an answer: how it was asked, what came of it, and the milliseconds of each stage.

    The question itself is only in it `with_question`, quoted as in JSON.
    """
    stages = "".join(f" {name}_ms={milliseconds:.1f}" for name, milliseconds in answer.stages.items())
    question = f" question={json.dumps(answer.question)}" if with_question else ""
    _answers.info(
        "answer id=%s way=%s kind=%s ms=%.1f%s confidence=%.2f generation=%s waiting=%d%s",
        answer.id,
        way,
        answer.kind.replace(" ", "-"),
        answer.elapsed_ms,
        stages,
        answer.confidence,
        answer.generation,
        waiting,
        question,
    )

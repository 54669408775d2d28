"""Telling Discord about the commands, only when they changed: it allows 200 such creations a day."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.texts import COMMANDS_IN_FRENCH

if TYPE_CHECKING:
    from bot.client import VerbatimClient

COMMANDS_FILE = "commands.sha256"

_log = logging.getLogger(__name__)


class FrenchTranslator(app_commands.Translator):
    """Names and descriptions of commands in French; every other language sees the English ones."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """A translation, or None."""
        return COMMANDS_IN_FRENCH.get(string.message) if locale is discord.Locale.french else None


async def sync_commands(tree: app_commands.CommandTree[VerbatimClient], data_dir: Path, *, force: bool = False) -> bool:
    """Send the commands if they differ from what was last sent for this application; True when they were sent.

    The hash of what was sent is in `commands.sha256` of the data folder. A refusal is logged: the commands that Discord
    already has go on working.
    """
    if tree.translator is None:
        await tree.set_translator(FrenchTranslator())
    translator = tree.translator
    assert translator is not None
    payload = [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
    described = json.dumps([tree.client.application_id, payload], sort_keys=True).encode()
    digest = hashlib.sha256(described).hexdigest()
    path = data_dir / COMMANDS_FILE
    if not force and _sent_before(path) == digest:
        return False
    try:
        await tree.sync()
    except discord.HTTPException as error:
        _log.error("Discord did not take the commands (%s); those it has stay as they are.", error)
        return False
    _remember(path, digest)
    _log.info("commands sent count=%d", len(payload))
    return True


def _sent_before(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _remember(path: Path, digest: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(digest + "\n")
    except OSError as error:
        _log.warning("It cannot be noted that the commands were sent (%s): every start sends them again.", error)

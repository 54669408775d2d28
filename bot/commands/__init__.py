"""What people can do with the bot: a module a command, one for the buttons and one for messages."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.commands.about import about
from bot.commands.ask import ask
from bot.commands.find import find
from bot.commands.forget_me import forget_me
from bot.commands.help import help_command
from bot.commands.sources import sources

COMMANDS: tuple[app_commands.Command[Any, ..., None] | app_commands.ContextMenu, ...] = (
    ask,
    find,
    sources,
    about,
    help_command,
    forget_me,
)

"""The bot's settings, read once from the environment and `.env`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from index.errors import VerbatimError
from index.settings import IndexSettings, index_settings

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SWITCH = {"on": True, "1": True, "true": True, "yes": True, "off": False, "0": False, "false": False, "no": False}


class SettingError(VerbatimError):
    """A setting cannot be read."""


@dataclass(frozen=True, slots=True)
class BotSettings:
    """The settings of `python -m bot`; the token stays out of `repr`, and so out of logs.

    The two addresses are empty for Discord's own. `keep_feedback` False keeps questions and opinions in memory only.
    `metrics_port` is a port of 127.0.0.1, or None for no health pages.
    """

    index: IndexSettings
    token: str = field(repr=False)
    answer_channels: frozenset[int] = frozenset()
    api_url: str = ""
    gateway_url: str = ""
    log_level: str = "INFO"
    keep_feedback: bool = True
    log_questions: bool = False
    metrics_port: int | None = None


def bot_settings(values: Mapping[str, str]) -> BotSettings:
    """Settings from `values` (see `index.settings.environment`), where an empty one is missing; or a `SettingError`."""
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    return BotSettings(
        index=index_settings(values),
        token=given.get("DISCORD_TOKEN", ""),
        answer_channels=_channels(given.get("ANSWER_CHANNELS", "")),
        api_url=_address("DISCORD_API_URL", given.get("DISCORD_API_URL", ""), ("http://", "https://")),
        gateway_url=_address("DISCORD_GATEWAY_URL", given.get("DISCORD_GATEWAY_URL", ""), ("ws://", "wss://")),
        log_level=_one_of("LOG_LEVEL", given.get("LOG_LEVEL", "INFO").upper(), LOG_LEVELS),
        keep_feedback=_switch("FEEDBACK", given.get("FEEDBACK", "on")),
        log_questions=_switch("LOG_QUESTIONS", given.get("LOG_QUESTIONS", "off")),
        metrics_port=_port("METRICS_PORT", given.get("METRICS_PORT", "off")),
    )


def _channels(text: str) -> frozenset[int]:
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    for part in parts:
        if not re.fullmatch(r"[0-9]{5,20}", part):
            raise SettingError(
                f"ANSWER_CHANNELS holds {part[:40]!r}, which is no channel id.",
                "Give ids with commas between (in Discord: right-click a channel > Copy Channel ID).",
            )
    return frozenset(map(int, parts))


def _address(name: str, value: str, schemes: tuple[str, ...]) -> str:
    if value and not value.startswith(schemes):
        raise SettingError(f"{name} is no address.", f"Begin it with {' or '.join(schemes)}, or leave it empty.")
    return value


def _switch(name: str, value: str) -> bool:
    return _SWITCH[_one_of(name, value.lower(), tuple(_SWITCH))]


def _port(name: str, value: str) -> int | None:
    if value.lower() == "off":
        return None
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 1 <= int(value) <= 65_535:
        raise SettingError(f"{name} is {value[:40]!r}.", "Give a port (1 to 65535), or off.")
    return int(value)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise SettingError(f"{name} is {value[:40]!r}.", f"Give one of {', '.join(allowed)}.")
    return value

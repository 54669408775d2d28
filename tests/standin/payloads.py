"""The people, places and events of the stand-in, in the form in which Discord sends them."""

from __future__ import annotations

import base64
import itertools
import time
from typing import Any

Payload = dict[str, Any]

DISCORD_EPOCH_MS = 1420070400000
MESSAGE_CONTENT_INTENT = 1 << 15
EPHEMERAL = 1 << 6
COMPONENTS_V2 = 1 << 15

BOT_ID = 100000000000000001
TOKEN = (
    base64.urlsafe_b64encode(str(BOT_ID).encode()).decode().rstrip("=")
    + ".Gabcde.a-secret-that-must-never-be-logged-0123"
)

GUILD = 200000000000000001
BOT_ROLE = 200000000000000002
GENERAL = 300000000000000001
QUESTIONS = 300000000000000002
THREAD = 300000000000000003
FORBIDDEN = 300000000000000004
DIRECT = 300000000000000009

ANNA, BASTIEN, OTHER_BOT = 400000000000000001, 400000000000000002, 400000000000000003
NAMES = {BOT_ID: "Verbatim", ANNA: "Anna", BASTIEN: "Bastien", OTHER_BOT: "Robot"}

_counter = itertools.count(1)


def snowflake() -> int:
    """A fresh id that carries the present time, as Discord's do."""
    return ((int(time.time() * 1000) - DISCORD_EPOCH_MS) << 22) | (next(_counter) & 0x3FFFFF)


def user(user_id: int) -> Payload:
    name = NAMES.get(user_id, f"user{user_id}")
    return {
        "id": str(user_id),
        "username": name.lower(),
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "bot": user_id in (BOT_ID, OTHER_BOT),
    }


def member(user_id: int) -> Payload:
    return {
        "user": user(user_id),
        "roles": [],
        "joined_at": "2024-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": "2147483647",
    }


def channel(channel_id: int) -> Payload:
    base: Payload = {"id": str(channel_id), "guild_id": str(GUILD), "position": 0, "permission_overwrites": []}
    if channel_id == DIRECT:
        return {"id": str(DIRECT), "type": 1, "recipients": [user(ANNA)], "last_message_id": None, "flags": 0}
    if channel_id == THREAD:
        return base | {
            "type": 11,
            "name": "a-thread",
            "parent_id": str(GENERAL),
            "owner_id": str(ANNA),
            "message_count": 1,
            "member_count": 1,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 60,
                "archive_timestamp": "2024-01-01T00:00:00+00:00",
                "locked": False,
            },
        }
    names = {GENERAL: "general", QUESTIONS: "questions", FORBIDDEN: "forbidden"}
    return base | {"type": 0, "name": names.get(channel_id, "other"), "nsfw": False, "parent_id": None, "topic": None}


def role(role_id: int, name: str, **fields: Any) -> Payload:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "hoist": False,
        "position": 0,
        "permissions": "2147483647",
        "managed": False,
        "mentionable": False,
        "flags": 0,
    } | fields


def guild() -> Payload:
    return {
        "id": str(GUILD),
        "name": "A server",
        "icon": None,
        "owner_id": str(ANNA),
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role(GUILD, "@everyone"), role(BOT_ROLE, "Verbatim", managed=True, tags={"bot_id": str(BOT_ID)})],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "system_channel_flags": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "large": False,
        "unavailable": False,
        "member_count": 3,
        "members": [member(BOT_ID)],
        "channels": [channel(GENERAL), channel(QUESTIONS), channel(FORBIDDEN)],
        "threads": [channel(THREAD)],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "joined_at": "2024-01-01T00:00:00+00:00",
    }


def message(author: int, channel_id: int, content: str = "", **fields: Any) -> Payload:
    """A message as Discord shows it to its author; `fields` are laid over the usual ones."""
    return {
        "id": str(snowflake()),
        "channel_id": str(channel_id),
        "author": user(author),
        "content": content,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    } | fields


def interaction(kind: int, data: Payload, *, by: int, channel_id: int, locale: str, **fields: Any) -> Payload:
    """An interaction event; `kind` is 2 for commands, 3 for buttons, 4 for suggestions, 5 for forms."""
    payload: Payload = {
        "id": str(snowflake()),
        "application_id": str(BOT_ID),
        "type": kind,
        "token": f"interaction-token-{snowflake()}",
        "version": 1,
        "channel_id": str(channel_id),
        "channel": channel(channel_id),
        "locale": locale,
        "app_permissions": "2147483647",
        "entitlements": [],
        "authorizing_integration_owners": {},
        "attachment_size_limit": 10_000_000,
        "data": data,
    } | fields
    if channel_id == DIRECT:
        return payload | {"user": user(by), "context": 1}
    return payload | {"guild_id": str(GUILD), "member": member(by), "guild_locale": "en-US", "context": 0}

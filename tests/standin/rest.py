"""The stand-in's REST side: the routes a bot uses, with Discord's rules, its error codes, and trouble on demand."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standin import contract, payloads
from tests.standin.gateway import Gateway
from tests.standin.payloads import COMPONENTS_V2, EPHEMERAL, MESSAGE_CONTENT_INTENT, Payload

RESPONSE_SECONDS = 3.0
UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED, MISSING_ACCESS, INVALID_FORM = 10062, 40060, 50001, 50035
GATEWAY_MESSAGE_CONTENT_LIMITED = 1 << 19
REPLY, DEFERRED, DEFERRED_UPDATE, UPDATE, SUGGESTIONS, FORM = 4, 5, 6, 7, 8, 9


@dataclass
class Request:
    """A request of the bot, and what was answered; `problems` are what Discord would not have taken."""

    method: str
    path: str
    body: Any
    at: float
    status: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Interaction:
    """What came of an interaction: the response's type, the message people see, a form, suggestions, later messages."""

    payload: Payload
    began: float
    response: int | None = None
    seconds: float | None = None
    private: bool = False
    message: Payload | None = None
    form: Payload | None = None
    choices: list[Payload] | None = None
    followups: list[Payload] = field(default_factory=list)


@dataclass
class Trouble:
    """What happens to the next `times` requests whose "METHOD path" matches: a status, "drop", "done" or "slow"."""

    pattern: re.Pattern[str]
    kind: str
    times: int
    seconds: float


class Rest:
    """Keeps the channels, the interactions and every request."""

    def __init__(self, gateway: Gateway, *, checking: bool = True) -> None:
        self.gateway = gateway
        self.address = ""
        self.checking = checking
        self.requests: list[Request] = []
        self.interactions: dict[str, Interaction] = {}
        self.messages: dict[str, Payload] = {}
        self.shown_at: dict[str, float] = {}
        """When each message was there to be seen."""
        self.typing: list[tuple[float, int]] = []
        self.commands: list[Payload] = []
        self.troubles: list[Trouble] = []
        self._nonces: dict[str, Payload] = {}

    def routes(self) -> list[web.RouteDef]:
        webhook = f"/webhooks/{payloads.BOT_ID}/{{token}}"
        return [
            web.get("/users/@me", self._me),
            web.get("/oauth2/applications/@me", self._application),
            web.get("/gateway/bot", self._gateway),
            web.put("/applications/{application}/commands", self._put_commands),
            web.post("/channels/{channel}/messages", self._create_message),
            web.post("/channels/{channel}/typing", self._typing),
            web.post("/interactions/{interaction}/{token}/callback", self._callback),
            web.patch(webhook + "/messages/@original", self._edit_original),
            web.post(webhook, self._followup),
        ]

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Record and check every request, and make trouble where a test asked for it."""
        if request.path == "/":
            return await handler(request)
        body = await request.json() if request.can_read_body else None
        record = Request(request.method, request.path, body, time.monotonic())
        self.requests.append(record)
        if request.headers.get("Authorization", f"Bot {payloads.TOKEN}") != f"Bot {payloads.TOKEN}":
            return self._error(record, 401, 0, "401: Unauthorized")
        if "Authorization" not in request.headers and not request.path.startswith(("/interactions", "/webhooks")):
            return self._error(record, 401, 0, "401: Unauthorized")
        if self.checking and not request.path.endswith("/typing"):
            record.problems = contract.problems(request.method, request.path, body)
        trouble = self._next_trouble(f"{request.method} {request.path}")
        if trouble and trouble.kind not in ("drop", "done", "slow"):
            return self._failed(record, trouble)
        if trouble and trouble.kind == "slow":
            await asyncio.sleep(trouble.seconds)
        if record.problems:
            return self._error(record, 400, INVALID_FORM, "; ".join(record.problems))
        response = await handler(request)
        record.status = response.status
        if trouble and trouble.kind == "done":
            return self._error(record, 500, 0, "done, and reported as failed")
        if trouble and trouble.kind == "drop" and request.transport:
            request.transport.close()
        return response

    def _next_trouble(self, what: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.times > 0 and trouble.pattern.search(what):
                trouble.times -= 1
                return trouble
        return None

    def _failed(self, record: Request, trouble: Trouble) -> web.Response:
        status = int(trouble.kind)
        if status == 429:
            record.status = 429
            limited = {"message": "You are being rate limited.", "retry_after": trouble.seconds, "global": False}
            return answer(limited, status=429, headers={"Via": "1.1 google", "Retry-After": str(trouble.seconds)})
        return self._error(record, status, MISSING_ACCESS if status == 403 else 0, "trouble on demand")

    @staticmethod
    def _error(record: Request, status: int, code: int, message: str) -> web.Response:
        record.status = status
        return answer({"code": code, "message": message}, status=status)

    async def _me(self, _: web.Request) -> web.Response:
        return answer(payloads.user(payloads.BOT_ID))

    async def _application(self, _: web.Request) -> web.Response:
        return answer(
            {
                "id": str(payloads.BOT_ID),
                "name": "Verbatim",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "owner": payloads.user(payloads.ANNA),
                "flags": GATEWAY_MESSAGE_CONTENT_LIMITED
                if self.gateway.allowed_intents & MESSAGE_CONTENT_INTENT
                else 0,
            }
        )

    async def _gateway(self, _: web.Request) -> web.Response:
        limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return answer({"url": self.gateway.address, "shards": 1, "session_start_limit": limits})

    async def _put_commands(self, request: web.Request) -> web.Response:
        sent = await request.json()
        extra = {"application_id": str(payloads.BOT_ID), "version": "1", "default_member_permissions": None}
        sent = [{"description": ""} | command for command in sent]
        self.commands = [command | extra | {"id": str(payloads.snowflake())} for command in sent]
        return answer(self.commands)

    async def _typing(self, request: web.Request) -> web.Response:
        self.typing.append((time.monotonic(), int(request.match_info["channel"])))
        return web.Response(status=204)

    async def _create_message(self, request: web.Request) -> web.Response:
        channel, body = int(request.match_info["channel"]), await request.json()
        if channel == payloads.FORBIDDEN:
            return answer({"code": MISSING_ACCESS, "message": "Missing Access"}, status=403)
        nonce = body.get("nonce")
        if nonce and body.get("enforce_nonce") and nonce in self._nonces:
            return answer(self._nonces[nonce])
        message = self._show(channel, body)
        if nonce:
            self._nonces[nonce] = message
        return answer(message)

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self.interactions.get(request.match_info["token"])
        now = time.monotonic()
        if interaction is None or now - interaction.began > RESPONSE_SECONDS:
            return answer({"code": UNKNOWN_INTERACTION, "message": "Unknown interaction"}, status=404)
        if interaction.response is not None:
            return answer({"code": ALREADY_ACKNOWLEDGED, "message": "Already acknowledged"}, status=400)
        body = await request.json()
        data = body.get("data") or {}
        interaction.seconds = now - interaction.began
        interaction.response = body["type"]
        interaction.private = bool(data.get("flags", 0) & EPHEMERAL)
        if body["type"] == REPLY:
            interaction.message = self._show(int(interaction.payload["channel_id"]), data)
        elif body["type"] == UPDATE:
            interaction.message = self.messages[interaction.payload["message"]["id"]]
            interaction.message.update(components=data["components"])
        elif body["type"] == FORM:
            interaction.form = data
        elif body["type"] == SUGGESTIONS:
            interaction.choices = data["choices"]
        told: dict[str, Any] = {"interaction": {"id": interaction.payload["id"], "type": interaction.payload["type"]}}
        if interaction.message:
            told["resource"] = {"type": body["type"], "message": interaction.message}
            told["interaction"]["response_message_id"] = interaction.message["id"]
        return answer(told)

    async def _edit_original(self, request: web.Request) -> web.Response:
        interaction = self.interactions[request.match_info["token"]]
        body = await request.json()
        if interaction.response == DEFERRED_UPDATE:
            interaction.message = self.messages[interaction.payload["message"]["id"]]
        if interaction.message is None:
            flags = body.get("flags", 0) | (EPHEMERAL if interaction.private else 0)
            interaction.message = self._show(int(interaction.payload["channel_id"]), body | {"flags": flags})
        else:
            interaction.message["components"] = body.get("components", [])
        return answer(interaction.message)

    async def _followup(self, request: web.Request) -> web.Response:
        interaction = self.interactions[request.match_info["token"]]
        message = self._show(int(interaction.payload["channel_id"]), await request.json())
        interaction.followups.append(message)
        return answer(message)

    def _show(self, channel: int, body: Payload) -> Payload:
        flags = body.get("flags") or 0
        assert flags & COMPONENTS_V2 or not body.get("components"), "components V2 without their flag"
        message = payloads.message(
            payloads.BOT_ID,
            channel,
            body.get("content") or "",
            components=_numbered(body.get("components") or []),
            flags=flags,
            **{name: body[name] for name in ("nonce", "message_reference") if body.get(name) is not None},
        )
        self.messages[message["id"]] = message
        self.shown_at[message["id"]] = time.monotonic()
        if not flags & EPHEMERAL and self.gateway.sessions:
            task = asyncio.get_running_loop().create_task(self.gateway.dispatch("MESSAGE_CREATE", dict(message)))
            task.add_done_callback(lambda done: done.exception())
        return message


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON as Discord sends it: discord.py takes a content type with a charset for text."""
    response = web.Response(body=json.dumps(body).encode(), status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response


def _numbered(components: list[Payload]) -> list[Payload]:
    """Components with the ids that Discord gives to those without."""
    numbers = iter(range(1, 1000))

    def with_id(part: Payload) -> Payload:
        part = {"id": next(numbers)} | part
        if "components" in part:
            part["components"] = [with_id(inner) for inner in part["components"]]
        if "accessory" in part:
            part["accessory"] = with_id(part["accessory"])
        return part

    return [with_id(part) for part in components]

"""The stand-in's gateway: sessions that begin, live, are cut off and resumed, over a compressed WebSocket."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.standin import payloads
from tests.standin.payloads import MESSAGE_CONTENT_INTENT, Payload

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
AUTHENTICATION_FAILED, DISALLOWED_INTENTS = 4004, 4014


@dataclass
class Socket:
    """One WebSocket, with the compression context that lives as long as it does."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport
    compress: Any = field(default_factory=zlib.compressobj)

    async def send(self, op: int, data: Any, sequence: int | None = None, event: str | None = None) -> None:
        frame = json.dumps({"op": op, "d": data, "s": sequence, "t": event}).encode()
        await self.socket.send_bytes(self.compress.compress(frame) + self.compress.flush(zlib.Z_SYNC_FLUSH))


@dataclass
class Session:
    """What Discord remembers of a bot between two sockets."""

    id: str
    intents: int
    socket: Socket | None
    events: list[tuple[str, Payload]] = field(default_factory=list)


class Gateway:
    """Hands events to the bot; `heartbeats` are (moment, seconds after the last one) and `log` names what happened."""

    def __init__(self, heartbeat_ms: int) -> None:
        self.heartbeat_ms = heartbeat_ms
        self.address = ""
        self.allowed_intents = ~MESSAGE_CONTENT_INTENT
        self.sessions: dict[str, Session] = {}
        self.heartbeats: list[tuple[float, float]] = []
        self.log: list[str] = []
        self.hold = 0.0
        """Seconds that the next socket waits before it is let in."""
        self._last_beat = 0.0

    @property
    def session(self) -> Session | None:
        """The session with an open socket."""
        return next((session for session in self.sessions.values() if session.socket), None)

    async def dispatch(self, event: str, data: Payload) -> None:
        """Send an event to the bot, or keep it until the bot resumes."""
        if not self.sessions:
            raise AssertionError("no bot has identified")
        session = list(self.sessions.values())[-1]
        session.events.append((event, data))
        if session.socket:
            await session.socket.send(DISPATCH, data, len(session.events), event)

    async def ask_to_reconnect(self) -> None:
        assert self.session
        assert self.session.socket
        await self.session.socket.send(RECONNECT, None)

    def cut(self) -> None:
        """Cut the cable: no closing frame."""
        if self.session and self.session.socket:
            self.session.socket.transport.abort()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        await asyncio.sleep(self.hold)
        self.hold = 0.0
        response = web.WebSocketResponse()
        await response.prepare(request)
        assert request.query.get("compress") == "zlib-stream", "the stand-in speaks zlib only"
        assert isinstance(request.transport, asyncio.Transport)
        socket = Socket(response, request.transport)
        await socket.send(HELLO, {"heartbeat_interval": self.heartbeat_ms})
        self._last_beat = time.monotonic()
        session: Session | None = None
        try:
            async for frame in response:
                if frame.type is not WSMsgType.TEXT:
                    break
                message = json.loads(frame.data)
                if message["op"] == HEARTBEAT:
                    now = time.monotonic()
                    self.heartbeats.append((now, now - self._last_beat))
                    self._last_beat = now
                    await socket.send(ACK, None)
                elif message["op"] == IDENTIFY:
                    session = await self._identify(socket, message["d"])
                elif message["op"] == RESUME:
                    session = await self._resume(socket, message["d"])
        finally:
            if session and session.socket is socket:
                session.socket = None
            self.log.append("closed" if response.close_code == 1000 else "lost")
        return response

    async def _identify(self, socket: Socket, data: Payload) -> Session | None:
        if data["token"] != payloads.TOKEN:
            await socket.socket.close(code=AUTHENTICATION_FAILED, message=b"Authentication failed.")
            return None
        if data["intents"] & ~self.allowed_intents:
            await socket.socket.close(code=DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
            return None
        self.log.append("identified")
        session = Session(secrets.token_hex(8), data["intents"], socket)
        self.sessions[session.id] = session
        ready = {
            "v": 10,
            "user": payloads.user(payloads.BOT_ID),
            "guilds": [{"id": str(payloads.GUILD), "unavailable": True}],
            "private_channels": [],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": data.get("shard", [0, 1]),
            "application": {"id": str(payloads.BOT_ID), "flags": 0},
        }
        await self.dispatch("READY", ready)
        await self.dispatch("GUILD_CREATE", payloads.guild())
        return session

    async def _resume(self, socket: Socket, data: Payload) -> Session | None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await socket.send(INVALID_SESSION, False)
            return None
        self.log.append("resumed")
        session.socket = socket
        for number, (event, missed) in enumerate(list(session.events), start=1):
            if number > data["seq"]:
                await socket.send(DISPATCH, missed, number, event)
        await self.dispatch("RESUMED", {})
        return session

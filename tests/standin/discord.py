"""The stand-in as a test uses it: people do things and see what the bot shows them. Runs in a thread of its own."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from tests.standin import payloads
from tests.standin.gateway import Gateway
from tests.standin.messages import button
from tests.standin.payloads import ANNA, BOT_ID, DIRECT, GENERAL, MESSAGE_CONTENT_INTENT, Payload
from tests.standin.rest import Interaction, Request, Rest, Trouble

__all__ = ["Discord", "Interaction", "Request"]

Result = TypeVar("Result")

COMMAND, BUTTON, SUGGEST, FORM = 2, 3, 4, 5
PATIENCE = 30.0


class Discord:
    """A Discord with one server, whose methods may be called from any thread; `checking` False takes any body."""

    def __init__(self, *, heartbeat_ms: int = 41_250, checking: bool = True) -> None:
        self.gateway = Gateway(heartbeat_ms)
        self.rest = Rest(self.gateway, checking=checking)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner | None = None
        self._do(self._start())

    async def _start(self) -> None:
        application = web.Application(middlewares=[self.rest.middleware])
        application.add_routes([web.get("/", self.gateway.handle), *self.rest.routes()])
        self._runner = web.AppRunner(application, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.rest.address, self.gateway.address = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"

    def close(self) -> None:
        if self._runner:
            self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a bot that is to talk to this Discord."""
        return {
            "DISCORD_TOKEN": payloads.TOKEN,
            "DISCORD_API_URL": self.rest.address,
            "DISCORD_GATEWAY_URL": self.gateway.address,
        }

    @property
    def problems(self) -> list[str]:
        """What the bot sent that Discord would not have taken."""
        return [f"{r.method} {r.path}: {problem}" for r in self.rest.requests for problem in r.problems]

    # What people do

    def slash(
        self, name: str, *, by: int = ANNA, locale: str = "en-US", channel: int = GENERAL, **options: Any
    ) -> Interaction:
        """Use a slash command, and return at once; see `shown`."""
        return self._interact(COMMAND, self._command(name, 1, options), by, channel, locale)

    def suggest(self, name: str, *, by: int = ANNA, locale: str = "en-US", **typed: str) -> Interaction:
        """Type into an option of a command."""
        data = self._command(name, 1, typed)
        data["options"][-1]["focused"] = True
        return self._interact(SUGGEST, data, by, GENERAL, locale)

    def menu(self, name: str, message: Payload, *, by: int = ANNA, locale: str = "en-US") -> Interaction:
        """Use a command of a message's context menu."""
        data = self._command(name, 3, {})
        data |= {"target_id": message["id"], "resolved": {"messages": {message["id"]: message}}}
        return self._interact(COMMAND, data, by, int(message["channel_id"]), locale)

    def click(self, message: Payload, label: str, *, by: int = ANNA, locale: str = "en-US") -> Interaction:
        """Press the button whose label begins so."""
        data = {"component_type": 2, "custom_id": button(message, label)["custom_id"]}
        return self._interact(BUTTON, data, by, int(message["channel_id"]), locale, message=message)

    def fill(self, form: Payload, text: str, *, by: int = ANNA, locale: str = "en-US") -> Interaction:
        """Send off a form with one field."""
        field = form["components"][0]["component"]
        inner = {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": text}
        data = {"custom_id": form["custom_id"], "components": [{"type": 18, "id": 1, "component": inner}]}
        return self._interact(FORM, data, by, GENERAL, locale)

    def say(
        self,
        content: str,
        *,
        by: int = ANNA,
        channel: int = GENERAL,
        reply_to: Payload | None = None,
        ping: bool = True,
        **fields: Any,
    ) -> Payload:
        """Write a message. The bot is shown its text only where Discord would show it."""
        people = {int(person) for person in re.findall(r"<@!?(\d+)>", content)}
        if ping and reply_to:
            people.add(int(reply_to["author"]["id"]))
        mentioned = BOT_ID in people
        message = payloads.message(by, channel, content, **fields)
        message["mentions"] = [payloads.user(person) | {"member": payloads.member(person)} for person in people]
        if reply_to:
            message["type"] = 19
            message["message_reference"] = {"message_id": reply_to["id"], "channel_id": str(channel)}
            message["referenced_message"] = reply_to
        seen = dict(message)
        if channel != DIRECT:
            seen |= {"guild_id": str(payloads.GUILD), "member": payloads.member(by)}
            del seen["member"]["user"]
        session = list(self.gateway.sessions.values())[-1]
        if not (mentioned or channel == DIRECT or session.intents & MESSAGE_CONTENT_INTENT):
            seen["content"] = ""
        self._do(self.gateway.dispatch("MESSAGE_CREATE", seen))
        return message

    # What they see

    def shown(self, interaction: Interaction, patience: float = PATIENCE) -> Payload:
        """The message that answers an interaction, once it is there."""
        return self.wait(lambda: interaction.message, "an answer to an interaction", patience)

    def reply_to(self, message: Payload, patience: float = PATIENCE) -> Payload:
        """The bot's reply to a message, once it is there."""
        return self.wait(lambda: next(iter(self.replies_to(message)), None), "a reply", patience)

    def replies_to(self, message: Payload) -> list[Payload]:
        return [
            sent
            for sent in list(self.rest.messages.values())
            if str((sent.get("message_reference") or {}).get("message_id")) == message["id"]
        ]

    def wait(self, look: Callable[[], Result | None], what: str, patience: float = PATIENCE) -> Result:
        """What `look` finds, as soon as it finds something."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.01)
        raise AssertionError(f"waited {patience:.0f} s for {what}; problems so far: {self.problems}")

    def requests(self, pattern: str) -> list[Request]:
        """The requests whose "METHOD path" matches."""
        return [r for r in list(self.rest.requests) if re.search(pattern, f"{r.method} {r.path}")]

    # What goes wrong

    def trouble(self, pattern: str, kind: str, *, times: int = 1, seconds: float = 0.3) -> None:
        """Let requests whose "METHOD path" matches fail: a status, "drop" and "done" (done, not told so), or "slow"."""
        self.rest.troubles.append(Trouble(re.compile(pattern), kind, times, seconds))

    def cut(self, seconds: float = 0.0) -> None:
        """Cut the gateway's cable, and let nobody in again for some seconds."""
        self.gateway.hold = seconds
        self._loop.call_soon_threadsafe(self.gateway.cut)

    def ask_to_reconnect(self) -> None:
        self._do(self.gateway.ask_to_reconnect())

    def _command(self, name: str, kind: int, options: dict[str, Any]) -> Payload:
        command = next((c for c in self.rest.commands if c["name"] == name), {"id": "1"})
        kinds: dict[type, int] = {str: 3, int: 4, bool: 5}
        given = [{"name": key, "type": kinds[type(value)], "value": value} for key, value in options.items()]
        return {"id": command["id"], "name": name, "type": kind, "options": given}

    def _interact(self, kind: int, data: Payload, by: int, channel: int, locale: str, **fields: Any) -> Interaction:
        payload = payloads.interaction(kind, data, by=by, channel_id=channel, locale=locale, **fields)
        interaction = Interaction(payload, time.monotonic())
        self.rest.interactions[payload["token"]] = interaction
        self._do(self.gateway.dispatch("INTERACTION_CREATE", payload))
        return interaction

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

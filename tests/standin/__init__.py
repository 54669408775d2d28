"""A stand-in for Discord on a loopback socket: the bot talks to it as it would to Discord, over HTTP and a WebSocket.

It keeps Discord's own rules where the bot could break them: a response within three seconds, one response an
interaction, a nonce sends once, text is withheld from a bot without the content intent, and every body fits the
published API description.
"""

from tests.standin.discord import Discord, Interaction, Request
from tests.standin.messages import buttons, captions, is_private, quotes, text_of

__all__ = ["Discord", "Interaction", "Request", "buttons", "captions", "is_private", "quotes", "text_of"]

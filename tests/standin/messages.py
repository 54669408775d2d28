"""What a person sees of a message: its quotes, captions and buttons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.standin.payloads import EPHEMERAL, Payload


def parts(components: list[Payload]) -> Iterator[Payload]:
    """All components, from top to bottom."""
    for part in components:
        yield part
        yield from parts(part.get("components") or [])
        if part.get("accessory"):
            yield part["accessory"]


def texts(message: Payload) -> list[str]:
    return [part["content"] for part in parts(message["components"]) if part["type"] == 10]


def text_of(message: Payload) -> str:
    return "\n".join(texts(message))


def quotes(message: Payload) -> list[str]:
    """The texts that are quotes, as markup."""
    return [text for text in texts(message) if text.startswith("> ")]


def captions(message: Payload) -> list[str]:
    """The small lines that say where a quote stands."""
    lines = texts(message)
    return [after for before, after in pairwise(lines) if before.startswith("> ")]


def buttons(message: Payload) -> list[Payload]:
    return [part for part in parts(message["components"]) if part["type"] == 2]


def button(message: Payload, label: str) -> Payload:
    """The first button whose label begins so."""
    for part in buttons(message):
        if str(part.get("label", "")).startswith(label):
            return part
    raise AssertionError(f"no button {label!r} among {[part.get('label') for part in buttons(message)]}")


def is_private(message: Payload) -> bool:
    return bool(message["flags"] & EPHEMERAL)

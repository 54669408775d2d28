"""What Discord would refuse: bodies that its published API description does not allow, and messages over its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DESCRIPTION = Path(__file__).parents[3] / "shared" / "discord" / "openapi.json"
"""Discord's own description (github.com/discord/discord-api-spec), beside the project's folder where it is at hand."""

MOST_COMPONENTS = 40
MOST_TEXT = 4000
_TEXT_DISPLAY, _BUTTON, _ACTION_ROW = 10, 2, 1


def problems(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a request's body; `path` is without the address of the API."""
    found = list(_over_limits(body.get("data", body))) if isinstance(body, dict) else []
    if DESCRIPTION.is_file() and body is not None:
        validator = _validator(method, path)
        found += ["no such route"] if validator is None else [_worded(error) for error in validator.iter_errors(body)]
    return found


def _over_limits(message: dict[str, Any]) -> Iterator[str]:
    components = list(_walk(message.get("components") or []))
    if len(components) > MOST_COMPONENTS:
        yield f"{len(components)} components"
    text = "".join(part["content"] for part in components if part["type"] == _TEXT_DISPLAY)
    if len(text.encode("utf-16-le")) // 2 > MOST_TEXT:
        yield f"{len(text)} characters of text"
    if any(part["type"] == _TEXT_DISPLAY and not part["content"].strip() for part in components):
        yield "an empty text"
    custom_ids = [part["custom_id"] for part in components if part.get("custom_id")]
    if len(custom_ids) != len(set(custom_ids)):
        yield f"the same custom id twice: {custom_ids}"
    if components and message.get("content"):
        yield "content beside components"
    for part in components:
        if part["type"] == _BUTTON and not 1 <= len(part.get("label") or "") <= 80:
            yield f"a button labelled {part.get('label')!r}"
        if part["type"] == _ACTION_ROW and len(part["components"]) > 5:
            yield "more than five buttons in a row"
    if "components" in message and "title" not in message:
        mentions = message.get("allowed_mentions")
        if not mentions or mentions.get("parse") != [] or mentions.get("replied_user"):
            yield f"this message may ping: {mentions}"


def _walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in components:
        yield part
        yield from _walk(part.get("components") or [])
        for inner in ("accessory", "component"):
            if part.get(inner):
                yield from _walk([part[inner]])


@cache
def _description() -> tuple[dict[str, Any], Registry[Any]]:
    content = json.loads(DESCRIPTION.read_text())
    # Discord takes ids as numbers too, and discord.py sends some of them so; the description has them as strings only.
    content["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}
    resource = Resource(contents=content, specification=DRAFT202012)
    return content, Registry().with_resource("discord", resource)


@cache
def _pointer(method: str, path: str) -> str | None:
    """Where in the description the schema of a route's body stands; literal parts of a path win over parameters."""
    content, _ = _description()
    for template in sorted(content["paths"], key=lambda template: template.count("{")):
        if not re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            continue
        operation = content["paths"][template].get(method.lower(), {})
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            escaped = template.replace("~", "~0").replace("/", "~1")
            return f"discord#/paths/{escaped}/{method.lower()}/requestBody/content/application~1json/schema"
    return None


def _validator(method: str, path: str) -> Draft202012Validator | None:
    pointer = _pointer(method, path)
    if pointer is None:
        return None
    return Draft202012Validator({"$ref": pointer}, registry=_description()[1])


def _worded(error: Any) -> str:
    inner = min(error.context, key=lambda e: -len(e.absolute_path), default=error)
    return f"{'/'.join(map(str, inner.absolute_path))}: {inner.message[:300]}"

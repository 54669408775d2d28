"""The stand-in refuses what Discord would refuse: what the other tests trust does notice."""

from __future__ import annotations

import pytest

from tests.standin import contract

POST = ("POST", "/channels/1/messages")
NO_PING = {"parse": []}


def text(content: str = "x"):
    return {"type": 10, "content": content}


def button(**fields):
    return {"type": 2, "style": 2, "label": "Go", "custom_id": "a", **fields}


def message(*components, **fields):
    return {"components": list(components), "flags": 1 << 15, "allowed_mentions": NO_PING, **fields}


def test_a_good_message_is_taken():
    assert contract.problems(*POST, message(text(), {"type": 1, "components": [button()]})) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (message(*[text()] * 41), "41 components"),
        (message(text("x" * 4001)), "4001 characters"),
        (message(text("👩" * 2001)), "2001 characters"),
        (message(text(" ")), "an empty text"),
        (message({"type": 1, "components": [button(), button()]}), "the same custom id twice"),
        (message({"type": 1, "components": [button(label="x" * 81)]}), "a button labelled"),
        (message({"type": 1, "components": [button(custom_id=str(n)) for n in range(6)]}), "more than five buttons"),
        (message(text(), content="x"), "content beside components"),
        (message(text(), allowed_mentions=None), "may ping"),
        (message(text(), allowed_mentions={"parse": ["everyone"]}), "may ping"),
        (message(text(), allowed_mentions={"parse": [], "replied_user": True}), "may ping"),
    ],
)
def test_what_is_over_a_limit_is_noticed(body, problem: str):
    assert any(problem in found for found in contract.problems(*POST, body))


@pytest.mark.skipif(not contract.DESCRIPTION.is_file(), reason="../shared/discord/openapi.json is not here")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (*POST, message({"type": 99})),
        (*POST, message({"type": 1, "components": [button(custom_id="x" * 101)]})),
        (*POST, message(text(), nonce="x" * 26)),
        (*POST, message({"type": 9, "components": [text()]})),
        ("POST", "/interactions/1/token/callback", {"type": 9, "data": {"title": "x" * 46, "custom_id": "a"}}),
        ("PUT", "/applications/1/commands", [{"name": "x" * 33, "description": "d", "type": 1}]),
        ("POST", "/no/such/route", {}),
    ],
)
def test_what_the_description_forbids_is_noticed(method: str, path: str, body):
    assert contract.problems(method, path, body) != []

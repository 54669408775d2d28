"""The interface in two languages: complete, typographically right, and within Discord's limits."""

from __future__ import annotations

import re
import string
from dataclasses import fields

import pytest

from bot.texts import COMMANDS_IN_FRENCH, ENGLISH, FRENCH, texts_for

FIELDS = [field.name for field in fields(ENGLISH)]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", FIELDS)
def test_both_languages_fill_in_the_same_values(name: str):
    assert placeholders(getattr(ENGLISH, name)) == placeholders(getattr(FRENCH, name))


@pytest.mark.parametrize("text", [*(getattr(FRENCH, name) for name in FIELDS), *COMMANDS_IN_FRENCH.values()])
def test_french_puts_its_spaces_where_they_belong(text: str):
    written = re.sub(r"`[^`]*`|\*\*|\{\w+\}", "", text)
    for mark in re.finditer(r"[?!;:»]", written):
        assert written[mark.start() - 1] in "\u202f\u00a0", (written, mark.start())
    assert "«" not in written.replace("«\u00a0", "")
    assert "'" not in written


@pytest.mark.parametrize(
    ("locale", "texts"), [("fr", FRENCH), ("fr-CA", FRENCH), ("en-GB", ENGLISH), ("de", ENGLISH), ("", ENGLISH)]
)
def test_a_reader_is_spoken_to_in_french_or_else_in_english(locale: str, texts):
    assert texts_for(locale) is texts


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH])
def test_labels_fit_discords_limits(texts):
    labels = [texts.more_context, texts.read_on, texts.earlier, texts.later, texts.next, texts.previous]
    labels += [texts.next_page, texts.previous_page, texts.helpful, texts.not_helpful, texts.share]
    assert max(map(len, labels)) <= 80
    assert max(len(texts.reason_title), len(texts.reason_label)) <= 45
    assert len(texts.reason_placeholder) <= 100


def test_command_names_are_ones_that_discord_takes():
    for name in ("demander", "question", "privé", "sources", "document", "à-propos", "aide", "oublie-moi"):
        assert name in COMMANDS_IN_FRENCH.values()
        assert re.fullmatch(r"[-_\w]{1,32}", name)
        assert name == name.lower()

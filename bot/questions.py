"""What a Discord message asks: the question with names for its mentions, and whether a message is one at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import discord

from index.expectation import ENGLISH_AUXILIARIES

NameOf = Callable[[str, int], str]
"""The name of what is mentioned, by the kind of mention ("@", "@&" or "#") and the id."""

LONGEST_HEURISTIC = 600
"""A message longer than this is a text, not a question, in a channel where nobody addressed the bot."""

_MENTION = re.compile(
    r"<(?P<kind>@[!&]?|#)(?P<id>\d{1,20})>|<(?P<command>/[^<>:]{1,100}):\d{1,20}>|<a?:\w{1,64}:\d{1,20}>"
)
_QUOTED = re.compile(r"^>>> .*|^> [^\n]*", re.MULTILINE | re.DOTALL)
_CODE_OR_LINK = re.compile(r"```.*?```|`[^`]*`|<?https?://\S+", re.DOTALL)
_QUESTION_MARK = re.compile(r"[?？؟]")
_OPENING = re.compile(
    rf"""\W*(?:(?:hi|hey|hello|please|so|and|but|ok|bonjour|salut|svp|et|mais|alors|dis|dites)\b\W*)*
    (?:
      who|whom|whose|what(?!\s+an?\b)|what['’]s|where|when['’]s|why|how|which
    | when(?=\s+(?:{ENGLISH_AUXILIARIES})\b)
    | (?:{ENGLISH_AUXILIARIES})\s+
      (?:the|a|an|there|it|he|she|they|we|you|i|this|that|any|anyone|somebody|someone|(?-i:[A-ZÀ-Þ])\w+)
    | qui|que(?!\s+tou)|quoi|quand(?!\s+(?:je|tu|ils?|elles?|on|nous|vous|même)\b)
    | o[uù](?=\s+(?:est|se|sont|en|va|a|peut|trouver|s['’]))
    | pourquoi|comment(?!\s+(?:from|by|on|of)\b)|combien
    | quel(?:le)?s?|lequel|laquelle|lesquel(?:le)?s
    | qu['’](?:est|a|en|ont|y)\w*|est[\s-]ce\b|c['’]est\s+(?:quoi|qui|quand|o[uù])|y[\s-]a[\s-]t[\s-]il
    | (?:[\w’']+\s+){{1,4}}(?:peut|peuvent|doit|doivent|va|vont|a|est|ont|sont|était|sera|fait)-
      (?:t-)?(?:ils?|elles?|on)
    | \w+-(?:t-)?(?:ils?|elles?|on)
    | (?:avez|êtes|pouvez|savez|voulez|devez|connaissez|pensez|as|es|peux|sais|veux|dois|connais|penses)-(?:vous|tu)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def question_in(message: discord.Message, client: discord.Client) -> str:
    """What a message asks, or the one that was forwarded with it, without what it quotes; empty where it is mute."""
    content = message.content or next((forwarded.content for forwarded in message.message_snapshots), "")
    name_of = names_in(client, message.guild, message.mentions)
    return question_of(_QUOTED.sub(" ", content), name_of) or question_of(content, name_of)


def question_of(content: str, name_of: NameOf) -> str:
    """The words of a message: names for mentions, no custom emoji, white space folded."""

    def shown(match: re.Match[str]) -> str:
        kind, number, command = match.group("kind", "id", "command")
        return name_of(kind.removesuffix("!"), int(number)) if kind else command or " "

    return " ".join(_MENTION.sub(shown, content).split())


def names_in(client: discord.Client, guild: discord.Guild | None, users: Iterable[discord.abc.User] = ()) -> NameOf:
    """How people read the mentions in a message; the bot's own says only that it is asked, and has no name."""

    def name_of(kind: str, number: int) -> str:
        if kind == "#":
            channel = guild.get_channel_or_thread(number) if guild else None
            return f"#{channel.name}" if channel else "#unknown"
        if kind == "@&":
            role = guild.get_role(number) if guild else None
            if role is None:
                return "@unknown-role"
            return " " if role == role.guild.self_role else role.name
        if client.user and number == client.user.id:
            return " "
        return next((user.display_name for user in users if user.id == number), "@unknown-user")

    return name_of


def looks_like_question(content: str) -> bool:
    """Whether a message that addresses nobody asks something, in English or French.

    It does when a sentence of it ends with a question mark, or when it opens like a question and has three words or
    more. Links, code and quotations do not count; commands of other bots (`!play`, `/roll`) and long texts are no
    questions.
    """
    text = question_of(_QUOTED.sub(" ", _CODE_OR_LINK.sub(" ", content)), lambda *_: " ")
    words = _WORD.findall(text)
    if len(text) > LONGEST_HEURISTIC or content.lstrip()[:1] in ("!", "/", "."):
        return False
    if _QUESTION_MARK.search(text):
        return len(words) >= 2
    return len(words) >= 3 and _OPENING.match(text) is not None

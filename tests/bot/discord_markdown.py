r"""A second reading of Discord's Markdown, written from its rules and not from `bot.markup`: what a reader would see.

`see` returns the text that is displayed and which characters of it are bold, and names everything else that came to
life: a mention, an emoji, a link, a list, a heading. It follows the rules of the client's parser (simple-markdown with
Discord's additions): a backslash frees the next character unless that is a letter, a digit or white space; bold is
`\*\*(?:\\.|[^\\])+?\*\*(?!\*)`, without a condition on what stands beside the asterisks; block rules apply to a line's
start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_BOLD = re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")
_BLOCK = {
    "heading": re.compile(r"[ \t]*#{1,3} "),
    "small": re.compile(r"[ \t]*-# "),
    "list": re.compile(r"[ \t]*(?:[*+-]|\d+\.)[ \t]"),
    "quote": re.compile(r"[ \t]*>(?:>>)? "),
}
_INLINE = {
    "mention": re.compile(r"<(?:@[!&]?|#)\d+>|@everyone|@here|</[^:]+:\d+>|<id:\w+>"),
    "timestamp": re.compile(r"<t:-?\d+(?::\w)?>"),
    "emoji": re.compile(r"<a?:\w+:\d+>|:[^\s:]+?:"),
    "link": re.compile(r"(?:https?|steam|discord)://[^\s<]+|<[a-z]+:[^ >]+>|\[[^\]]*\]\(", re.IGNORECASE),
    "code": re.compile(r"`"),
    "spoiler": re.compile(r"\|\|"),
    "strike": re.compile(r"~~"),
    "italics": re.compile(r"\*|_"),
}


@dataclass
class Seen:
    text: str = ""
    bold: list[bool] = field(default_factory=list)
    alive: list[str] = field(default_factory=list)

    def add(self, text: str, *, bold: bool) -> None:
        self.text += text
        self.bold += [bold] * len(text)


def see(markup: str) -> Seen:
    """What is displayed of a message's text; a line that is not part of a quote is reported as such."""
    seen = Seen()
    for number, line in enumerate(markup.split("\n")):
        if number:
            seen.add("\n", bold=False)
        if not line.startswith("> "):
            seen.alive.append("outside of the quote")
        line = line.removeprefix("> ")
        seen.alive += [name for name, rule in _BLOCK.items() if rule.match(line)]
        _see_inline(line, seen, bold=False)
    return seen


def _see_inline(markup: str, seen: Seen, *, bold: bool) -> None:
    position = 0
    while position < len(markup):
        if escaped := _ESCAPE.match(markup, position):
            seen.add(escaped[1], bold=bold)
            position = escaped.end()
        elif not bold and (strong := _BOLD.match(markup, position)):
            _see_inline(strong[1], seen, bold=True)
            position = strong.end()
        else:
            seen.alive += [name for name, rule in _INLINE.items() if rule.match(markup, position)]
            seen.add(markup[position], bold=bold)
            position += 1

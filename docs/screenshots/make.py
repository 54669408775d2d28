"""The pictures of the README: real questions to the real bot, and its own messages drawn as Discord draws them.

    (cd docs/screenshots && npm install)
    python docs/screenshots/make.py            # needs Chromium at /usr/bin/chromium, or CHROMIUM=…

The bot is started on the project's corpus; what it sends is turned into a page of Discord-style components
(npm: @skyra/discord-components-core) and photographed by `shoot.mjs` into `docs/*.png`. The container, which that
package does not have, is drawn by the style sheet below.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.standin import Discord
from tests.standin.payloads import BOT_ID
from tests.standin.program import Program

Payload = dict[str, Any]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

STYLE = """
body { margin: 0; background: #313338; font-family: 'Noto Sans', 'DejaVu Sans', sans-serif; }
.scene { width: 760px; padding: 6px 0 10px; background: #313338; }
discord-messages { border: 0 !important; background: #313338 !important; }
.box { max-width: 620px; margin-top: 4px; padding: 14px 16px; border: 1px solid #43454b;
       border-left: 4px solid var(--accent); border-radius: 8px; background: #393a41; color: #dbdee1;
       font-size: 15px; line-height: 1.4; }
.box > div + div { margin-top: 8px; }
.box hr { border: 0; border-top: 1px solid #4e5058; margin: 12px 0; }
.quote { border-left: 4px solid #4e5058; border-radius: 2px; padding-left: 12px; white-space: pre-wrap; }
.small { color: #a5a8ae; font-size: 12.5px; }
.section { display: flex; gap: 14px; align-items: center; justify-content: space-between; }
.row { display: flex; flex-wrap: wrap; gap: 8px; }
.button { flex: none; padding: 6px 12px; border-radius: 7px; background: #4a4c55; color: #fff; font-size: 13.5px;
          font-weight: 500; white-space: nowrap; }
a { color: #00a8fc; text-decoration: none; }
"""
ACCENT = "#{:06x}"


def main() -> None:
    """Ask, draw, photograph."""
    discord = Discord()
    with tempfile.TemporaryDirectory() as data:
        settings = {"CORPUS_DIR": str(ROOT / "corpus"), "DATA_DIR": data}
        program = Program(discord.settings | settings)
        try:
            program.wait_for("ready as", 600)
            scenes = _scenes(discord)
        finally:
            program.stop()
            discord.close()
    page = f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style>" + "".join(
        f"<div class='scene' id='{name}'><discord-messages>{''.join(parts)}</discord-messages></div>"
        for name, parts in scenes.items()
    )
    shoot = ["node", str(HERE / "shoot.mjs"), str(HERE.parent)]
    subprocess.run(shoot, input=page, text=True, check=True)  # noqa: S603 - no part of it comes from outside


def _scenes(discord: Discord) -> dict[str, list[str]]:
    english = discord.slash("ask", question="What is the Defense Production Act?")
    mention = discord.say(f"<@{BOT_ID}> Qui est Dario Amodei ?")
    abstention = discord.slash("ask", question="Who won the football world cup in 1998?")
    private = discord.slash("ask", question="What ultimatum did Pete Hegseth give Anthropic?", private=True)
    discord.shown(private)
    before = json.loads(json.dumps(private.message))
    clicked = discord.click(private.message or {}, "Share")
    shared = discord.wait(lambda: clicked.followups, "the shared answer")[0]
    return {
        "answer-en": [_answered(discord.shown(english), "Anna", "ask")],
        "answer-fr": [_said("Anna", "@Verbatim Qui est Dario Amodei ?"), _answered(discord.reply_to(mention))],
        "abstention": [_answered(discord.shown(abstention), "Anna", "ask")],
        "private-and-share": [_answered(before, "Anna", "ask", private=True), _answered(shared)],
    }


def _said(author: str, text: str) -> str:
    shown = html.escape(text).replace("@Verbatim", "<discord-mention type='user'>Verbatim</discord-mention>")
    return f"<discord-message author='{author}' avatar='{_avatar(author)}'>{shown}</discord-message>"


def _answered(message: Payload, asker: str = "", command: str = "", *, private: bool = False) -> str:
    used = ""
    if command:
        who = f"author='{asker}' avatar='{_avatar(asker)}'"
        used = f"<discord-command slot='reply' {who} command='/{command}'></discord-command>"
    body = "".join(_component(part) for part in message["components"])
    ephemeral = " ephemeral" if private else ""
    return (
        f"<discord-message author='Verbatim' bot avatar='{_avatar('Verbatim')}'{ephemeral}>"
        f"{used}{body}</discord-message>"
    )


def _component(part: Payload) -> str:
    kind = part["type"]
    inner = "".join(_component(child) for child in part.get("components", []))
    if kind == 17:
        return f"<div class='box' style='--accent:{ACCENT.format(part['accent_color'])}'>{inner}</div>"
    if kind == 14:
        return "<hr>"
    if kind == 10:
        return f"<div>{_markdown(part['content'])}</div>"
    if kind == 9:
        return f"<div class='section'>{inner}{_component(part['accessory'])}</div>"
    if kind == 1:
        return f"<div class='row'>{inner}</div>"
    emoji = (part.get("emoji") or {}).get("name", "")
    return f"<span class='button'>{emoji} {html.escape(part['label'])}</span>"


def _markdown(markup: str) -> str:
    """The few things the bot's texts use: quotes, small lines, bold, links, backslashes."""
    shown = []
    for line in markup.split("\n"):
        kind, text = "", line
        for prefix, name in (("> ", "quote"), ("-# ", "small")):
            if line.startswith(prefix):
                kind, text = name, line.removeprefix(prefix)
        shown.append(f"<div class='{kind}'>{_inline(text)}</div>")
    return "".join(shown)


def _inline(text: str) -> str:
    marks = re.compile(r"\\([^\w\s])|\*\*((?:\\.|[^\\])+?)\*\*(?!\*)|\[((?:\\.|[^\]\\])*)\]\((\S+?)\)")
    result, position = "", 0
    for mark in marks.finditer(text):
        result += html.escape(text[position : mark.start()])
        escaped, bold, label, _ = mark.groups()
        if escaped is not None:
            result += html.escape(escaped)
        elif bold is not None:
            result += f"<b>{_inline(bold)}</b>"
        else:
            result += f"<a>{_inline(label)}</a>"
        position = mark.end()
    return result + html.escape(text[position:])


def _avatar(name: str) -> str:
    colour = {"Verbatim": "2e9e6b", "Anna": "c4813d"}[name]
    return (
        "data:image/svg+xml;utf8,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 40 40%22>"
        f"<rect width=%2240%22 height=%2240%22 fill=%22%23{colour}%22/><text x=%2220%22 y=%2228%22 font-size=%2222%22 "
        f"font-family=%22sans-serif%22 fill=%22white%22 text-anchor=%22middle%22>{'«' if name == 'Verbatim' else 'A'}"
        "</text></svg>"
    )


if __name__ == "__main__":
    main()

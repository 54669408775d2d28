"""What a Discord message asks: the question without its mentions, and whether a message is one at all."""

from __future__ import annotations

import re

from index.expectation import ENGLISH_AUXILIARIES

LONGEST_HEURISTIC = 600
"""A message longer than this is a text, not a question, in a channel where nobody addressed the bot."""

_MENTION = re.compile(r"<(?:@[!&]?|#)\d{1,20}>|<a?:\w{1,64}:\d{1,20}>")
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


def question_of(content: str) -> str:
    """The words of a message: mentions and custom emoji taken out, white space folded."""
    return " ".join(_MENTION.sub(" ", content).split())


def looks_like_question(content: str) -> bool:
    """Whether a message that addresses nobody asks something, in English or French.

    It does when a sentence of it ends with a question mark, or when it opens like a question and has three words or
    more. Links and code do not count; commands of other bots (`!play`, `/roll`) and long texts are no questions.
    """
    text = question_of(_CODE_OR_LINK.sub(" ", content))
    words = _WORD.findall(text)
    if len(text) > LONGEST_HEURISTIC or content.lstrip()[:1] in ("!", "/", "."):
        return False
    if _QUESTION_MARK.search(text):
        return len(words) >= 2
    return len(words) >= 3 and _OPENING.match(text) is not None

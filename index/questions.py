"""What a question is before it is asked: cleaned, bounded, in a language, perhaps the follow-up of another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from index.errors import QuestionError
from index.language import detect_question
from index.lexical import FUNCTION_WORDS, fold, words

MAX_CHARACTERS = 2_000

_SMALL_TALK = re.compile(
    r"(?:hi|hello|hey|hiya|yo|good (?:morning|afternoon|evening|night)|thanks?(?: you)?(?: (?:so|very) much)?|thx|ty"
    r"|bye|goodbye|see you|ok(?:ay)?|lol|cool|nice|great|how are you|what'?s up|test(?:ing)?|ping"
    r"|salut|bonjour|bonsoir|bonne (?:nuit|journée|soirée)|coucou|merci(?: (?:beaucoup|bien))?|au revoir|d'accord"
    r"|super|ça va|ca va|comment (?:ça|ca) va|comment vas[- ]tu|comment allez[- ]vous|mdr)"
    r"(?:[ ,]+(?:there|all|everyone|bot|again|à tous|a tous|tout le monde|le bot|you|toi|vous))*",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:and|but|what about|how about|et|mais)\b", re.IGNORECASE)
_GOES_ON_WORDS = 6

# A verb may hang before a French pronoun: "refuse-t-elle".
_PRONOUN = {
    "en": re.compile(r"\b(?:he|she|they|him|her|them|his|hers|theirs?|it|its)\b"),
    "fr": re.compile(r"\b(?:[^\W_]+-(?:t-)?)?(?:ils?|elles?|lui|leurs?|son|sa|ses)\b"),
}
# "Is it true that …", "how long does it take to …", "y a-t-il …", "faut-il …", "est-il permis de …".
_IMPERSONAL = re.compile(
    r"\bit\b.*\b(?:to|that|if|whether)\b|\by [^\W_]+-(?:t-)?il\b|\b(?:faut|agit|existe-t|reste-t|suffit|convient)-il\b"
    r"|\bil (?:ne |n')?(?:y|s'agit|faut|faudra|existe|reste|suffit|convient)\b"
    r"|\b(?:est-il|il est) [^\W_]+ (?:de|d'|qu)"
)
_ASKS_WHICH = re.compile(
    r"(?:how|what|which|quel|quelles?|quels|combien)\b|(?:a|de|en|in|at|for|pour) (?:what|which|quel)"
)
_ARTICLE = {"en": re.compile(r"\b(?:the|an?)\b"), "fr": re.compile(r"\b(?:l[ea]s?|une?|des|du|l(?='))\b")}
_MOST_PRONOUN_WORDS = 9


def cleaned(question: str) -> str:
    """The question on one line, without control and formatting characters; raises `QuestionError` in words."""
    text = unicodedata.normalize("NFC", question.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = " ".join("".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn")).split())
    if not text:
        raise QuestionError("The question is empty.", 'Ask something, such as: "What is the Defense Production Act?"')
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.", "Ask it more briefly."
        )
    if not words(text):
        raise QuestionError("The question has no letter and no digit.", "Ask it in words.")
    return text


def is_small_talk(question: str) -> bool:
    """Whether a cleaned question is a greeting, thanks or a test, in English or French."""
    return _SMALL_TALK.fullmatch(question.strip(" .!?…,;:)(")) is not None


def context_of(question: str, previous: Sequence[str]) -> str:
    """What a follow-up cannot be understood without, from the questions before it; nothing for any other question."""
    return " ".join(leading_to(previous)) if _is_follow_up(question) else ""


def leading_to(previous: Sequence[str]) -> list[str]:
    """The last question that is no follow-up itself, and those since that name something; oldest first.

    A follow-up goes on from these: without the others of `previous` it is understood as well.
    """
    naming: list[str] = []
    for before in reversed(previous):
        if _names_nothing(before) or is_small_talk(before):
            continue
        naming.append(before)
        if not _is_follow_up(before):
            break
    return naming[::-1]


def _is_follow_up(question: str) -> bool:
    """Whether a question names nothing itself ("why?", "et quand ?"), or is short and goes on ("and in France?")."""
    goes_on = _GOES_ON.match(question) is not None and len(words(question)) <= _GOES_ON_WORDS
    return goes_on or _names_nothing(question) or _points_back(question)


def _points_back(question: str) -> bool:
    """Whether a short question has a pronoun for what it does not name: "How old is he?", "Où habite-t-elle ?"."""
    text = fold(question).replace("’", "'")
    language = detect_question(question)
    pronoun = _PRONOUN[language].search(text)
    if pronoun is None or len(words(text)) > _MOST_PRONOUN_WORDS or _IMPERSONAL.search(text):
        return False
    before = text[: pronoun.start()]
    named = [word for word in words(before) if word not in FUNCTION_WORDS]
    if not named:
        return True
    # What is asked for is not what the pronoun means ("which party did he join?"), a name or "the company" is.
    has_name = any(map(str.isupper, "".join(question.split()[1 : len(before.split())])))
    return bool(_ASKS_WHICH.match(text)) and len(named) <= 2 and not (has_name or _ARTICLE[language].search(before))


def _names_nothing(question: str) -> bool:
    return all(word in FUNCTION_WORDS for word in words(question))

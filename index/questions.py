"""What a question is before it is asked: cleaned, bounded, in a language, perhaps the follow-up of another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from index.errors import QuestionError
from index.language import detect_question
from index.lexical import acronyms_of, fold, function_words, words

MAX_CHARACTERS = 2_000

_TO_WHOM = r"(?:[ ,]+(?:there|all|everyone|bot|again|[àa] tous|tout le monde|le bot|you|toi|vous))*"
_GREETING = "(?:hi|hello|hey|hiya|yo|good (?:morning|afternoon|evening)|salut|bonjour|bonsoir|coucou)"
_PLEASE = r"(?:please|pls|plz|thx|svp|stp|s['’]il (?:vous|te) pla[iî]t)"
_THANKS = (
    r"(?:(?:many )?thanks?(?: you)?(?: (?:so|very) much| a (?:lot|bunch)| in advance)?"
    r"|merci(?: (?:beaucoup|bien|d['’]avance))?)"
)
# Of folded text, any number of them in a row.
_SMALL_TALK = re.compile(
    rf"(?:(?:{_GREETING}|{_PLEASE}|{_THANKS}|ty|bye|goodbye|good night|see you|ok(?:ay)?|cool|nice|great|wow|lol|mdr"
    r"|yes|yep|yeah|no|nope|sorry|(?:ha|he){2,}h?|how are you|what's up|test(?:ing)?|ping|help|bravo|super|oui|ouais"
    r"|non|hein|bonne (?:nuit|journee|soiree)|au revoir|d'accord|(?:comment )?ca va|comment (?:vas[- ]tu|allez[- ]vous)"
    r"|(?:who|what) are you|who (?:made|built|created) you|are you (?:real|human|a (?:ro)?bot|ok)|what can you do"
    r"|qui (?:es[- ]tu|etes[- ]vous)|tu es qui|qui t'a (?:cree|fait)|es[- ]tu un robot|que (?:sais|peux)[- ]tu faire)"
    rf"\b{_TO_WHOM}[ ,.!?…;:]*)+"
)
# "Bonjour, qui est …" and "who is …, thanks".
_GREETING_BEFORE = re.compile(rf"(?:{_GREETING}{_TO_WHOM}(?![\w-])[ ,.!:;]*)+", re.IGNORECASE)
_THANKS_AFTER = re.compile(
    rf"(?<![ ,.!?;])(?=((?: *\?)?))(?:[ ,.!?;]+{_PLEASE}| *[,.!?;]+ *{_THANKS})+[ .!?…]*$", re.IGNORECASE
)
_GOES_ON = re.compile(r"(?:(?:and|but|what about|how about|et|mais)\b|or,)", re.IGNORECASE)
_GOES_ON_WORDS = 6
_ASKING = re.compile(
    r"(?:who|what|when|where|why|how|which|qui|que|qu'|quand|ou|pourquoi|comment|combien|quel)(?! about)"
)
_GOING_ON = frozenset(("since", "depuis", "jusqu", "more"))
_SYMBOLS = ("So", "Sk", "Mn", "Me")  # Emoji and what modifies them.

# A verb may hang before a French pronoun: "refuse-t-elle". What is in the group may go with what was named before it.
_POINTING = {
    "en": re.compile(
        r"\b(?:he|she|they|him|them|hers|theirs|it|(?:this|these|those) (?!years?\b|months?\b|weeks?\b|days?\b)\w+"
        r"|(?P<of>her|his|their|its))\b"
    ),
    "fr": re.compile(
        r"\b(?:(?:[^\W_]+-(?:t-)?)?(?:ils?|elles?)|lui|ca|cet(?:te)? (?!annee|semaine|ete\b)\w+|ces (?!jours)\w+"
        r"|(?P<of>leurs?|son|sa|ses))\b"
    ),
}
# "Is it true that …", "how long does it take to …", "y a-t-il …", "faut-il …", "est-il permis de …".
_IMPERSONAL = re.compile(
    r"\bit\b.*\b(?:to|that|if|whether)\b|\by [^\W_]+-(?:t-)?il\b"
    r"|\b(?:faut|fallait|agit|suffit|convient|temps fait|(?:existe|reste|passe|arrive|manque)-t)-il\b"
    r"|\best-il (?:arrive|passe)\b|\bil (?:ne |n')?(?:y|s'agit|faut|faudra|existe|reste|suffit|convient)\b"
    r"|\b(?:est-il|il est) [^\W_]+ (?:de|d'|qu)"
)
_ASKS_WHICH = re.compile(
    r"(?:how|what|which|quel|quelles?|quels|combien)\b|(?:a|de|en|in|at|for|pour) (?:what|which|quel)"
)
_ARTICLE = {"en": re.compile(r"\b(?:the|an?)\b"), "fr": re.compile(r"\b(?:l[ea]s?|une?|des|du|l(?='))\b")}
_MOST_POINTING_WORDS = 9
_INFORMATION_TECHNOLOGY = re.compile(r"\bIT\b")


def cleaned(question: str) -> str:
    """The question on one line, without control and formatting characters, and without courtesy around it.

    Raises `QuestionError` in words.
    """
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
    return _without_courtesy(text)


def is_small_talk(question: str) -> bool:
    """Whether a cleaned question is a greeting, thanks, a test or about the bot itself, in English or French."""
    said = fold(question).replace("’", "'")
    said = "".join(c for c in said if unicodedata.category(c) not in _SYMBOLS)
    return _SMALL_TALK.fullmatch(said.strip(" .!?…,;:)(")) is not None


def _without_courtesy(question: str) -> str:
    """A question on one line without the greeting before it and the thanks after it, if any of it is left."""
    match = _GREETING_BEFORE.match(question)
    asked = _THANKS_AFTER.sub(r"\1", question[match.end() :] if match else question)
    return asked if words(asked) else question


def context_of(question: str, previous: Sequence[str]) -> str:
    """What a follow-up cannot be understood without, from the questions before it; nothing for any other question."""
    return " ".join(map(_without_courtesy, leading_to(previous))) if _is_follow_up(question) else ""


def leading_to(previous: Sequence[str]) -> list[str]:
    """The last question that is no follow-up itself, and those since that name something; oldest first.

    A follow-up goes on from these: without the others of `previous` it is understood as well.
    """
    naming: list[str] = []
    for before in reversed(previous):
        asked = _without_courtesy(before)
        if names_nothing(asked) or is_small_talk(asked):
            continue
        naming.append(before)
        if not _is_follow_up(asked):
            break
    return naming[::-1]


def _is_follow_up(question: str) -> bool:
    """Whether a question names nothing itself ("why?", "et quand ?"), or is short and goes on ("and in France?")."""
    goes_on = _GOES_ON.match(question)
    if goes_on and len(words(question)) <= _GOES_ON_WORDS and not _stands_alone(question[goes_on.end() :]):
        return True
    return names_nothing(question) or _points_back(question)


def _stands_alone(rest: str) -> bool:
    """Whether what comes after "and" is a question about something that it names: "and who is Pete Hegseth?"."""
    text = fold(rest).strip().replace("’", "'")
    return _ASKING.match(text) is not None and any(map(str.isupper, rest))


def _points_back(question: str) -> bool:
    """Whether a short question has a pronoun for what it does not name: "How old is he?", "Où habite-t-elle ?"."""
    text = fold(question if question.isupper() else _INFORMATION_TECHNOLOGY.sub("", question)).replace("’", "'")
    language = detect_question(question)
    pointing = _POINTING[language].search(text)
    if pointing is None or len(words(text)) > _MOST_POINTING_WORDS or _IMPERSONAL.search(text):
        return False
    before = text[: pointing.start()]
    named = [word for word in words(before) if word not in function_words(language)]
    if not named:
        return True
    # What is asked for is not what the pronoun means ("which party did he join?"), a name or "the company" is.
    has_name = any(map(str.isupper, "".join(question.split()[1 : len(before.split())])))
    is_asked_for = _ASKS_WHICH.match(text) is not None and len(named) <= 2
    return is_asked_for and not (pointing["of"] or has_name or _ARTICLE[language].search(before))


def names_nothing(question: str) -> bool:
    """Whether a question has words of grammar alone; one in capitals is an acronym ("the WHO?")."""
    grammar = function_words(detect_question(question)) | _GOING_ON
    return not acronyms_of(question) and grammar.issuperset(words(question))

"""What kind of answer a question asks for (a number, a date, an age, a definition), and whether a sentence has one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from index.lexical import FUNCTION_WORDS, fold, words

Expectation = Literal["number", "date", "age", "definition", ""]
KINDS: tuple[Expectation, ...] = ("number", "date", "age")
"""Those that a sentence has or has not."""

ENGLISH_AUXILIARIES = "is|are|was|were|do|does|did|can|could|will|would|should|has|have|had"
_AUXILIARIES = f"{ENGLISH_AUXILIARIES}|est|sont|a|ont|aura|sera|etait|fut"
_DATE_NOUNS = "date|day|month|year|decade|century|jour|mois|annee|siecle"
_NUMBER_NOUNS = "percentage|percent|number|amount|pourcentage|nombre|montant"


_WHAT = r"(?:what|which|quel(?:le)?s?)"


def _asked_of(nouns: str) -> str:
    """What asks for one of these: "what year", "quel est l'age du maire", "what is the mayor's age"."""
    of = r"(?=\s+(?:of|on|for|du|de|des|pour)\b|\s+d'|\W*$)"
    what_is = rf"{_WHAT}(?:'s|\s+(?:is|are|was|were|est|sont|etait))"
    return rf"\b(?:{_WHAT}\s+(?:{nouns})s?\b|{what_is}\s+(?:the\s+|l'|la\s+|le\s+|.{{1,40}}'s\s+)(?:{nouns})s?{of})"


# In this order: "how old was he when he left?" asks for an age.
_ASKED: tuple[tuple[Expectation, str], ...] = (
    ("date", r"\b(?:since what|depuis combien de temps)\b"),
    ("age", rf"\bhow old\b|{_asked_of('age')}"),
    ("number", rf"\b(?:how (?:many|much|long|far|tall|high|big|large)|combien)\b|{_asked_of(_NUMBER_NOUNS)}"),
    # "When" begins a question, or ends it; in the midst of one, or before a comma, it says under which circumstances.
    (
        "date",
        r"(?:^|[,;:?!.]\s*|\b(?:and|or|since|until|by|from|et|ou|depuis|pour|a partir de|de)\s+|'a\s+)"
        rf"(?:when|quand)\b(?:\s+(?:{_AUXILIARIES})\b|(?!.*,))",
    ),
    ("date", r"\b(?:when|quand)\W*$"),
    ("date", rf"(?:^(?:the |la |l')?|^{_WHAT}\b.*\b)(?:deadline|echeance|date limite)\b|{_asked_of(_DATE_NOUNS)}"),
    (
        "definition",
        r"^(?:who|what)(?:'s|\s+(?:is|are|was|were))\b|^(?:qui\s+(?:est|sont|etait)|qu'?est[- ]ce que|c'est quoi)",
    ),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _ASKED)
_DEFINED_WORDS = 4

_NUMBERS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half third quarter dozen
percent deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante
cinquante soixante septante nonante cent cents mille million millions milliard milliards moitie tiers quart dizaine
quinzaine vingtaine trentaine douzaine centaine
"""
_DATES = """
january february march april june july august september october november december monday tuesday wednesday thursday
friday saturday sunday century decade janvier fevrier mars avril mai juin juillet aout septembre octobre novembre
decembre lundi mardi mercredi jeudi vendredi samedi dimanche siecle noon midnight midi minuit
"""
_BESIDE_HOURS = "am pm clock h"
_PRICES = "cost costs price fee charge pay coute coutent prix tarif payer paye paie"
_FREE = "free gratuit gratuite gratuits gratuites gratuitement"
_AGES = "age aged ages old years months weeks ans mois semaines agee agees"
_BEGINNINGS = """
born birth birthday built founded opened created established launched completed dates dating since ne nee nes nees
naissance construit construite fonde fondee ouvert ouverte cree creee inaugure inauguree lance lancee date datant depuis
"""
_NUMBER_WORDS = frozenset(_NUMBERS.split())
_DATE_WORDS = frozenset(_DATES.split())
_WORDS_BESIDE_HOURS = frozenset(_BESIDE_HOURS.split())
_PRICE_WORDS = frozenset(_PRICES.split())
_FREE_WORDS = frozenset(_FREE.split())
_AGE_WORDS = frozenset(_AGES.split())
_BEGINNING_WORDS = frozenset(_BEGINNINGS.split())
_YEAR = re.compile(r"1\d{3}s?|20\d{2}s?")
_HOUR = re.compile(r"1?\d[ap]m|(?:[01]?\d|2[0-3])h(?:[0-5]\d)?")
_NUMBER_OF_HOUR = re.compile(r"[01]?\d|2[0-4]")


def expectation(question: str) -> Expectation:
    """The kind of answer asked for; empty where no kind can be told."""
    text = fold(question).strip().replace("’", "'")
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            defined = [word for word in words(question) if word not in FUNCTION_WORDS]
            return "" if kind == "definition" and len(defined) > _DEFINED_WORDS else kind
    return ""


def has_kind(kind: Expectation, sentence_words: Collection[str], question_words: Collection[str]) -> bool:
    """Whether a sentence, given as folded words, has a number, a date or an age that the question does not name itself.

    The time of day is a date, too, and that something is free a number, where it is asked what that costs.
    An age is a number in a sentence that speaks of ages, or the year of a beginning, from which it can be told.
    """
    if kind not in KINDS:
        return False
    found = set(sentence_words) - set(question_words)
    numbers = {word for word in found if word[0].isdigit() or word in _NUMBER_WORDS}
    years = {word for word in numbers if _YEAR.fullmatch(word)}
    if kind == "number":
        return bool(numbers or (found & _FREE_WORDS and _asks_price(question_words)))
    if kind == "date":
        # Without a number beside it, "may" is hardly ever the month, and "am" no time of day.
        hours = any(map(_HOUR.fullmatch, numbers))
        hours = hours or bool(found & _WORDS_BESIDE_HOURS and any(map(_NUMBER_OF_HOUR.fullmatch, numbers)))
        return bool(years or found & _DATE_WORDS or hours or ("may" in found and numbers))
    return bool((numbers and _AGE_WORDS & set(sentence_words)) or (years and _BEGINNING_WORDS & set(sentence_words)))


def _asks_price(question_words: Collection[str]) -> bool:
    """Whether a question asks what something costs: "how much is …" does, "how much notice …" does not."""
    asked = set(question_words)
    return bool(asked & _PRICE_WORDS) or ("much" in asked and not asked.isdisjoint(("is", "are", "s")))

"""What kind of answer a question asks for (a number, a date, an age, a definition), and whether a sentence has one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from index.lexical import FUNCTION_WORDS, fold, words

Expectation = Literal["number", "date", "age", "definition", ""]
KINDS: tuple[Expectation, ...] = ("number", "date", "age")
"""Those that a sentence has or has not."""

_ASKED: tuple[tuple[Expectation, str], ...] = (
    ("date", r"\b(?:when|quand|deadline|echeance|date limite|since what|depuis combien de temps)\b"),
    ("date", r"\b(?:what|which|quelle?|en quelle?)\s+(?:date|day|month|year|decade|century|jour|mois|annee|siecle)\b"),
    ("age", r"\b(?:how old|(?:what|which|quel)\s+age)\b"),
    ("number", r"\b(?:how (?:many|much|long|far|tall|high|big|large|often)|combien)\b"),
    ("number", r"\b(?:what|which|quelle?)\s+(?:percentage|percent|number|amount|pourcentage|nombre|montant)\b"),
    (
        "definition",
        r"^(?:who|what)(?:'s|\s+(?:is|are|was|were))\b|^(?:qui\s+(?:est|sont|etait)|qu'?est[- ]ce que|c'est quoi)",
    ),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _ASKED)
_DEFINED_WORDS = 4

_NUMBERS = """
one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million
billion half third quarter dozen percent deux trois quatre cinq sept huit neuf dix onze douze vingt trente quarante
cinquante cent cents mille million millions milliard milliards moitie tiers quart dizaine douzaine centaine
"""
_DATES = """
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday century decade janvier fevrier mars avril mai juin juillet aout septembre octobre
novembre decembre lundi mardi mercredi jeudi vendredi samedi dimanche siecle
"""
_AGES = "age aged ages old years ans agee agees born nee nes nees birthday anniversaire"
_NUMBER_WORDS = frozenset(_NUMBERS.split())
_DATE_WORDS = frozenset(_DATES.split())
_AGE_WORDS = frozenset(_AGES.split())
_YEAR = re.compile(r"1\d{3}s?|20\d{2}s?")


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

    An age is a number beside a word for it, or the year from which it can be told.
    """
    found = set(sentence_words) - set(question_words)
    if kind == "number":
        return any(_is_number(word) for word in found)
    if kind == "date":
        return any(word in _DATE_WORDS or _YEAR.fullmatch(word) for word in found)
    if kind == "age":
        aged = not _AGE_WORDS.isdisjoint(sentence_words)
        return any(_YEAR.fullmatch(word) or (aged and _is_number(word)) for word in found)
    return False


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in _NUMBER_WORDS

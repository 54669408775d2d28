"""Questions made by rule from sentences, so that there is enough to learn reading from.

A name, number, date or thing of a sentence becomes a question word, and what stands beside it the rest of the question:
some words dropped, some replaced by others of like meaning. It is asked of the passage that the sentence stands in, in
the same or the other language; a part is asked of the passage without the sentence, or for something else.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.lexical import FUNCTION_WORDS, fold
from index.word_vectors import FOLDER as WORDS_FOLDER
from index.word_vectors import WORDS_FILE, word_vectors
from training.data import DICTIONARIES, read_pairs
from training.written import Example

_LANGUAGES = ("en", "fr")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-ZÀ-Ý«(])")
_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?(?:[.,]\d+)*")
_NUMBER = re.compile(r"\d[\d.,]*")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
# The names of months that are words as well (mars, mai, march, may) are left out.
_DAYS_AND_MONTHS = """
january february april june july august september october november december monday tuesday wednesday thursday friday
saturday sunday janvier fevrier avril juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi
vendredi samedi dimanche
"""
_MONTHS = frozenset(_DAYS_AND_MONTHS.split())
_ASKING = {
    "en": {
        "date": ["when", "when", "what day", "what year", "since when"],
        "number": ["how many", "how much", "how many", "what number"],
        "name": ["who", "what", "which", "whose", "who"],
        "thing": ["what", "what", "which", "what kind of", "where", "how"],
        "reason": ["why", "why", "for what reason"],
    },
    "fr": {
        "date": ["quand", "quand", "quel jour", "en quelle année", "depuis quand"],
        "number": ["combien de", "combien", "combien de", "quel nombre de"],
        "name": ["qui", "que", "quel", "à qui", "qui"],
        "thing": ["que", "qu'est-ce que", "quel", "quelle sorte de", "où", "comment"],
        "reason": ["pourquoi", "pourquoi", "pour quelle raison"],
    },
}
_REASONS = frozenset(("because", "since", "car", "puisque", "parce"))

_SENTENCES = (2, 7)  # in a passage
_CHARACTERS = 900  # in a passage at most
_LOST, _OTHER = 0.18, 0.22
_SAME_LANGUAGE = 0.65
_DROPPED, _REPLACED = 0.25, 0.3
_WINDOW = 9
_NEIGHBOURS = 8
_LIKENESS = 0.55


@dataclass(frozen=True, slots=True)
class _Text:
    """Sentences that follow each other, by language; as many in both."""

    title: dict[str, str]
    sentences: dict[str, list[str]]


class Clozes:
    """Made-up questions without end."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Read `laws.sections.jsonl.gz` and the pairs of `folder`."""
        self._chance = random.Random(seed)
        self._kinds = [list(_sections(folder / "laws.sections.jsonl.gz")), list(_pages(folder))]
        self._words = (WORDS_FOLDER / WORDS_FILE).read_text("utf-8").split()[:40_000]
        self._vectors = word_vectors(self._words)
        self._rows = {word: row for row, word in enumerate(self._words)}
        self._like: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Example]:
        while True:
            made = self._example(self._text())
            if made:
                yield made

    def _text(self) -> _Text:
        """A text: as often of laws as of pages, of which there are fewer."""
        return self._chance.choice(self._chance.choice(self._kinds))

    def _example(self, text: _Text) -> Example | None:
        chance = self._chance
        asked = chance.choice(_LANGUAGES)
        read = asked if chance.random() < _SAME_LANGUAGE else _LANGUAGES[asked == "en"]
        most = len(text.sentences[read])
        size = min(most, chance.randint(*_SENTENCES))
        start = chance.randint(0, most - size)
        target = chance.randrange(start, start + size)
        question = self._question(text.sentences[asked][target], asked)
        if question is None:
            return None
        places = list(range(start, start + size))
        kind = chance.random()
        right = kind >= _LOST + _OTHER
        if kind < _LOST:
            places.remove(target)
        elif not right:
            question = self._other(question)
        context = text.title[read] if chance.random() < 0.5 else ""
        sentences = [text.sentences[read][place] for place in places]
        if sum(map(len, sentences)) > _CHARACTERS:
            return None
        return Example(
            question=" ".join(question),
            context=context,
            sentences=sentences,
            right=frozenset({places.index(target)}) if right else frozenset(),
        )

    def _question(self, sentence: str, language: str) -> list[str] | None:
        """The words of a question that the sentence answers; None where it has too few."""
        words = _WORD.findall(sentence)
        if not 5 <= len(words) <= 80:
            return None
        spans = list(_spans(words))
        if not spans:
            return None
        # Names, numbers, dates and reasons are what people ask about most, and sentences have more things than these.
        kind = self._chance.choice(sorted({kind for kind, *_ in spans}))
        _, start, end = self._chance.choice([span for span in spans if span[0] == kind])
        beside = [*words[max(0, start - _WINDOW) : start], *words[end : end + _WINDOW]]
        rest = [self._put(word) for word in beside if not self._left_out(word)]
        if sum(_is_telling(word) for word in rest) < 2:
            return None
        asking = self._chance.choice(_ASKING[language][kind])
        if kind == "number" and end < len(words) and _is_telling(words[end]) and words[end] in rest:
            rest.remove(words[end])
            rest.insert(0, words[end])
        question = [asking, *rest]
        if self._chance.random() < 0.6:
            question = [word.lower() for word in question]
        return [*question, "?"] if self._chance.random() < 0.7 else question

    def _left_out(self, word: str) -> bool:
        return self._chance.random() < (_DROPPED if _is_telling(word) else 0.5)

    def _put(self, word: str) -> str:
        if not _is_telling(word) or self._chance.random() > _REPLACED:
            return word
        like = self._neighbours(fold(word))
        return self._chance.choice(like) if like else word

    def _neighbours(self, word: str) -> list[str]:
        """The words that are most alike in meaning, of either language."""
        if word not in self._like:
            row = self._rows.get(word)
            found: list[str] = []
            if row is not None:
                cosines = self._vectors @ self._vectors[row]
                near = np.argpartition(-cosines, _NEIGHBOURS)[: _NEIGHBOURS + 1]
                found = [self._words[at] for at in near.tolist() if at != row and cosines[at] > _LIKENESS]
            self._like[word] = found
        return self._like[word]

    def _other(self, question: list[str]) -> list[str]:
        """The question with one or two of its telling words made those of another text: it asks something else."""
        places = [place for place, word in enumerate(question) if place and _is_telling(word)]
        changed = list(question)
        other = self._text()
        words = _WORD.findall(" ".join(other.sentences[self._chance.choice(_LANGUAGES)][:4]))
        telling = [word for word in words if _is_telling(word)] or ["nothing"]
        for place in self._chance.sample(places, min(len(places), self._chance.choice((1, 1, 2)))):
            numbers = [word for word in telling if _NUMBER.fullmatch(word)]
            changed[place] = self._chance.choice(numbers if numbers and _NUMBER.fullmatch(changed[place]) else telling)
        return changed


def _is_telling(word: str) -> bool:
    return len(word) > 1 and fold(word) not in FUNCTION_WORDS


def _spans(words: list[str]) -> Iterator[tuple[str, int, int]]:
    """What a sentence may be asked about: its kind, and the words from where to where."""
    for at, word in enumerate(words):
        if _YEAR.fullmatch(word) or fold(word) in _MONTHS:
            yield "date", at, at + 1
        elif _NUMBER.fullmatch(word):
            yield "number", at, at + 1
        elif fold(word) in _REASONS and 3 <= at < len(words) - 2:
            yield "reason", at, len(words)
        elif at and word[0].isupper() and _is_telling(word) and not words[at - 1][0].isupper():
            end = at + 1
            while end < len(words) and words[end][0].isupper():
                end += 1
            yield "name", at, end
        elif _is_telling(word) and not word[0].isupper():
            yield "thing", at, at + 1 + (at + 1 < len(words) and _is_telling(words[at + 1]))


def _sections(path: Path) -> Iterator[_Text]:
    """The sections of laws that have as many sentences in both languages."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for section in map(json.loads, lines):
            sentences = {language: _SENTENCE_END.split(section[language]) for language in _LANGUAGES}
            if len(sentences["en"]) == len(sentences["fr"]) >= _SENTENCES[0]:
                yield _Text({"en": section["act"], "fr": section["acte"]}, sentences)


def _pages(folder: Path) -> Iterator[_Text]:
    """The pairs of manuals, blog posts and websites, some that follow each other at a time."""
    for source, pairs in read_pairs(folder).items():
        if source in DICTIONARIES | {"laws", "osm", "handwritten"}:
            continue
        telling = [pair for pair in pairs if len(pair.english) > 30]
        for at in range(0, len(telling) - _SENTENCES[1], _SENTENCES[1]):
            some = telling[at : at + _SENTENCES[1]]
            sentences = {"en": [pair.english for pair in some], "fr": [pair.french for pair in some]}
            yield _Text({"en": "", "fr": ""}, sentences)

"""Word matching: the terms of a text, a BM25 index over passages, and a way back from typing errors.

A term is a word without case and accents, reduced to its stem. Function words carry no information and are left out of
a question, unless it has nothing else.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index import storage
from index.errors import BUILD_COMMAND, DamagedIndexError
from index.vectors import check_array

if TYPE_CHECKING:
    from index.embedding import Vectors

# A change of how text becomes terms raises this number, and with it indexes are made anew, without embedding.
LEXICAL_RULES = 2

K1, B = 1.2, 0.5

ALIKE = 0.8
"""What a word that is only spelt alike counts, of one that is the same."""

_SHORTEST_ALIKE = 5
"""Nothing shorter is taken for a word of the corpus: with three or four letters too many are alike."""

_VOCABULARY_FILE = "lexical.words.txt"
_FILE_NAMES = {
    "data_name": "lexical.data.npy",
    "indices_name": "lexical.indices.npy",
    "indptr_name": "lexical.indptr.npy",
    "vocab_name": "lexical.terms.json",
    "params_name": "lexical.params.json",
    "nnoc_name": "lexical.nonoccurrence.npy",
}

_WORDS = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_CAPITALIZED = re.compile(r"\b[A-ZÀ-ÖØ-Þ][\w-]*")
_BETWEEN = r"(?:(?:of|the|and|for|de|la|le|les|du|des|et|pour|sur|à|aux)[^\S\n]+){0,2}(?:[dl]['’])?"
_NAME = re.compile(rf"\b[A-ZÀ-ÖØ-Þ][\w’'-]*(?:[^\S\n]+{_BETWEEN}[A-ZÀ-ÖØ-Þ][\w’'-]*){{2,8}}")
# A character class: str.translate looks up each character and takes several times as long.
_ACCENTS = re.compile(
    "[" + "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))) + "]"
)
_STEMMERS = {"en": "english", "fr": "french"}

_ENGLISH_FUNCTION_WORDS = """
a about am an and any are as at be been being but by can could d did do does doing don for from had has have having
he her hers him his how i if in into is isn it its itself ll m me mean meaning means my no nor not of off on once
only or our ours out own re s same she should so some such t than that the their theirs them then there these they
this those through to too under until up ve very was we were what whats when where which while who whom whose why
will with would you your yours tell give show explain describe please
"""
_FRENCH_FUNCTION_WORDS = """
a ai ait alors as au aucun aussi autre autres aux avec avez avoir avons c ca car ce ceci cela celle celles celui ces
cet cette ceux chez ci comme comment dans de des donc dont du elle elles en encore entre est et etait etaient etc
ete etes etre eu eux fait faire faut font il ils j je l la le les leur leurs lui ma mais meme memes mes moi mon n ne
m ni nos notre nous on ont ou par parce pas peu peut peux plus pour pourquoi pouvons puis qu quand que quel quelle
quelles quels quelque quelques qui quoi s sa sans se sera ses si soi soit son sont sous suis sur ta te tes toi ton
t tous tout toute toutes tres trop tu un une vers veut vos votre vous y combien
"""
FUNCTION_WORDS_OF = {"en": frozenset(_ENGLISH_FUNCTION_WORDS.split()), "fr": frozenset(_FRENCH_FUNCTION_WORDS.split())}
FUNCTION_WORDS = FUNCTION_WORDS_OF["en"] | FUNCTION_WORDS_OF["fr"]
"""Words of questions and of grammar, folded; one that carries a meaning of its own (first, new, used …) is none."""

# Words of grammar in the other language, names of things in this one: a car, a font; a donation, tea, a bear, gold.
_THINGS = {"en": "ai car comment font par pour son ton", "fr": "an but don or ours show the"}
_FUNCTION_WORDS_IN = {language: FUNCTION_WORDS.difference(found.split()) for language, found in _THINGS.items()}


def fold(text: str) -> str:
    """The text in lower case, without accents and with ligatures resolved."""
    text = text.lower()
    if text.isascii():
        return text
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return text.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")


def words(text: str) -> list[str]:
    """The folded words of a text, in order; initials with points are one ("D.P.A.")."""
    return _WORDS.findall(_DOTTED.sub(lambda match: match.group().replace(".", ""), fold(text)))


def words_and_acronyms(text: str) -> tuple[str, ...]:
    """The folded words of a text, and the acronym of each name of three words or more ("dpa")."""
    acronyms = (name for match in _NAME.finditer(text) for name in _initials(match.group()))
    return (*words(text), *acronyms)


def _initials(name: str) -> Iterator[str]:
    """The acronyms of a name; a "The" in it begins another one."""
    parts = [""]
    for word in map(fold, _CAPITALIZED.findall(name)):
        if word in FUNCTION_WORDS:
            parts.append("")
        else:
            parts[-1] += word[0]
    return (part for part in parts if len(part) >= 3)


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """The stem of a folded word."""
    stemmer = _stemmer(language)
    return str(stemmer.stemWord(word)) if stemmer else word


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """An informative word of a question and the stems that it may have in the corpus's languages.

    `weight` is below 1 where the stems are those of a word that is merely spelt alike. `rarity` is BM25's inverse
    document frequency; `known` says whether the corpus has such a word at all.
    """

    word: str
    stems: tuple[str, ...]
    weight: float
    rarity: float
    known: bool


def acronyms_of(text: str) -> frozenset[str]:
    """The folded words that are written in capitals in a text that is not."""
    if text.isupper():
        return frozenset()
    return frozenset(fold(word) for word in _WORDS.findall(text) if len(word) > 1 and word.isupper())


def function_words(language: str) -> frozenset[str]:
    """The words of grammar in a text of this language, which may hold some of English and of French."""
    return _FUNCTION_WORDS_IN.get(language, FUNCTION_WORDS)


def informative_words(text: str, language: str) -> list[str]:
    """The words of a question that say what it is about, each once; all of them where all are function words."""
    found = list(dict.fromkeys(words(text)))
    grammar = function_words(language)
    return [word for word in found if word not in grammar] or found


def write_lexical(folder: Path, passages: Iterable[tuple[str, str]]) -> list[str]:
    """Write the BM25 index of passages, given as (text, language), to `folder`; returns the vocabulary.

    The vocabulary holds every folded word, sorted; a word's place in it is its row in the word vectors.
    """
    bm25s = _bm25s()
    vocabulary: set[str] = set()
    languages: set[str] = set()
    tokens: list[list[str]] = []
    for text, language in passages:
        found = words_and_acronyms(text)
        vocabulary.update(found)
        languages.add(language)
        tokens.append([stem(word, language) for word in found])
    index = bm25s.BM25(k1=K1, b=B)
    index.index(tokens, show_progress=False)
    index.save(folder, show_progress=False, **_FILE_NAMES)
    lines = [" ".join(sorted(languages)), *sorted(vocabulary)]
    storage.write_file(folder / _VOCABULARY_FILE, ["\n".join(lines).encode("utf-8")])
    return lines[1:]


class LexicalIndex:
    """BM25 over passages; row numbers are those of the passage vectors."""

    def __init__(self, folder: Path, count: int) -> None:
        """Read the index of `count` passages; raises `DamagedIndexError` when it is none."""
        bm25s = _bm25s()
        names = {name: value for name, value in _FILE_NAMES.items() if name != "nnoc_name"}
        for name in ("data_name", "indices_name", "indptr_name"):
            check_array(folder / names[name])
        try:
            self._index: Any = bm25s.BM25.load(folder, show_progress=False, **names)
            languages, *vocabulary = (folder / _VOCABULARY_FILE).read_text("utf-8").split("\n")
            whole = _is_whole(self._index, count)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedIndexError(f"{folder} holds no lexical index.", BUILD_COMMAND) from error
        if not whole:
            raise DamagedIndexError(f"{folder} holds the lexical index of others.", BUILD_COMMAND)
        self.languages = tuple(languages.split())
        self.row_of_word = {word: row for row, word in enumerate(vocabulary)}
        self._count = count
        self._frequencies = np.diff(self._index.scores["indptr"])
        self._alike = SpellingIndex(vocabulary, shortest=_SHORTEST_ALIKE)

    def query(self, text: str, language: str, spelt_right: Container[str] = ()) -> list[QueryTerm]:
        """The informative words of a question in a language, as this index can look them up.

        A word that the corpus does not know is taken for one that is spelt alike, also one that is `spelt_right` when
        it differs by a single letter ("defence" for "defense"); but no acronym is taken for another.
        """
        acronyms = acronyms_of(text)
        return [self._term(word, spelt_right, word in acronyms) for word in informative_words(text, language)]

    def nearest(self, word: str) -> str | None:
        """The function word or, of five letters or more, the corpus's that a misspelt one was meant to be."""
        return (_function_words().nearest(word) if len(word) < _SHORTEST_ALIKE else None) or self._alike.nearest(word)

    def scores(self, query: Sequence[QueryTerm]) -> Vectors:
        """The BM25 score of every passage, as a share of the most that the question could get; shape (passages,)."""
        total = np.zeros(self._count, dtype=np.float32)
        for weight in sorted({term.weight for term in query}):
            stems = dict.fromkeys(found for term in query if term.weight == weight for found in term.stems)
            rows = self.known_stem_rows(stems)
            if rows:
                total += weight * self._index.get_scores_from_ids(rows)
        most = (K1 + 1) * sum(term.rarity for term in query)
        return total / most if most else total

    def word_rows(self, found: Iterable[str]) -> list[int]:
        """The row of each folded word in the word vectors, -1 where it has none."""
        return [self.row_of_word.get(word, -1) for word in found]

    def stem_rows(self, found: Iterable[str], language: str) -> list[int]:
        """The row of each folded word's stem, -1 where no passage has it."""
        return [self._index.vocab_dict.get(stem(word, language), -1) for word in found]

    def known_stem_rows(self, stems: Iterable[str]) -> list[int]:
        """The rows of those stems that some passage has."""
        return [self._index.vocab_dict[found] for found in stems if found in self._index.vocab_dict]

    def _term(self, word: str, spelt_right: Container[str], is_acronym: bool) -> QueryTerm:
        stems = self._stems(word)
        weight = 1.0
        if not (is_acronym or any(found in self._index.vocab_dict for found in stems)):
            alike = self._alike.nearest(word, spelt_right=word in spelt_right)
            if alike is not None:
                stems, weight = self._stems(alike), ALIKE
        known = self.known_stem_rows(stems)
        frequency = max((int(self._frequencies[row]) for row in known), default=0)
        rarity = float(np.log(1 + (self._count - frequency + 0.5) / (frequency + 0.5)))
        return QueryTerm(word, stems, weight, rarity, bool(known))

    def _stems(self, word: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(stem(word, language) for language in self.languages or ("en",)))


def _is_whole(index: Any, count: int) -> bool:
    """Whether the arrays of a BM25 index belong together, and to `count` passages: whatever is looked up is there."""
    data, indices, indptr = (index.scores[name] for name in ("data", "indices", "indptr"))
    terms = len(indptr) - 1
    # To the empty term, which nobody can look up, bm25s gives a row that is none.
    rows = [row for term, row in index.vocab_dict.items() if term]
    return bool(
        index.scores["num_docs"] == count
        and terms > 0
        and set(rows) == set(range(terms))
        and all(type(row) is int for row in rows)
        and indptr[0] == 0
        and indptr[-1] == len(data) == len(indices)
        and (np.diff(indptr) >= 0).all()
        and ((indices >= 0) & (indices < count)).all()
    )


class SpellingIndex:
    """Words by their first letter and length, to find those that differ by a letter or two."""

    def __init__(self, vocabulary: Iterable[str], shortest: int = 3) -> None:
        """`vocabulary` holds folded words; of those equally near the first one is taken.

        For words of fewer letters than `shortest` none is looked for.
        """
        self._shortest = shortest
        self._buckets: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in vocabulary:
            self._buckets[word[:1], len(word)].append(word)

    def nearest(self, word: str, *, spelt_right: bool = False) -> str | None:
        """The word spelt most like `word`, if one is near enough: a letter off, or two in a word of eight or more.

        The first letter must be the same. A word that is `spelt_right` is only taken for one of six letters or more
        that differs by a single letter.
        """
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extractOne

        if len(word) < (6 if spelt_right else self._shortest) or not word.isalpha():
            return None
        allowed = 2 if len(word) >= 8 and not spelt_right else 1
        candidates = [
            candidate
            for length in range(len(word) - allowed, len(word) + allowed + 1)
            for candidate in self._buckets.get((word[0], length), ())
        ]
        best = extractOne(word, candidates, scorer=OSA.distance, score_cutoff=allowed)
        return str(best[0]) if best else None


@cache
def _bm25s() -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # It sets DEBUG for itself when it is imported.
    return bm25s


@cache
def _function_words() -> SpellingIndex:
    return SpellingIndex(sorted(word for word in FUNCTION_WORDS if len(word) > 2))


@cache
def _stemmer(language: str) -> Any:
    if language not in _STEMMERS:
        return None
    import Stemmer

    return Stemmer.Stemmer(_STEMMERS[language])

"""Finds the passages of one generation that may answer a question: by meaning and by words, ranked by both.

What of them answers, `answering.py` decides.
"""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import chain
from pathlib import Path

import numpy as np

from index.calibration import Signals, Weights, read_weights
from index.content import Content, StoredPassage
from index.embedding import Embedder, Vectors
from index.errors import BUILD_COMMAND, DamagedIndexError
from index.expectation import KINDS, Expectation, expectation, has_kind
from index.language import detect_question
from index.lexical import LexicalIndex, QueryTerm, acronyms_of, fold, function_words, words, words_and_acronyms
from index.manifest import Manifest
from index.vectors import Rows, VectorIndex, read_matrix
from index.word_vectors import word_vectors, words_spelt_right

CONTENT_FILE = "content.sqlite3"
PASSAGES_FILE = "passages.faiss"
SENTENCES_FILE = "sentences.npy"
WORDS_FILE = "words.npy"
WEIGHTS_FILE = "weights.json"

_WORD = re.compile(r"[^\W_]+")
_FROM_EACH = 30
_EXAMINED = 12
# Cosines differ by less than shares of BM25 do: with this the answer is nearly always among those examined.
_COSINE_COUNTS = 4
_NAMED = 0.95
_REMEMBERED = 2000
_SEGMENT = -2  # Stands among rows of words where a segment begins, so that none is empty.
# Of a question that the title holds but for less than this share, all of it is looked for in the text.
_LEFT_OPEN = 0.05


@dataclass(frozen=True)
class Query:
    """A question, ready to be searched: its vector, shape (dimension,), and its terms with their vectors.

    `text` is what was read, with what a follow-up goes on from; `expects` is the kind of answer it asks for, `words`
    are all its words, folded.
    """

    text: str
    vector: Vectors
    terms: list[QueryTerm]
    term_vectors: Vectors
    expects: Expectation
    words: frozenset[str]
    language: str

    @cached_property
    def shares(self) -> Vectors:
        """How much of the question's information each term holds; together 1; shape (terms,)."""
        rarities = np.array([term.rarity for term in self.terms], dtype=np.float32)
        return rarities / max(float(rarities.sum()), 1e-9)

    @cached_property
    def known(self) -> float:
        """The share of the information that the corpus has words for."""
        return float(self.shares @ np.array([term.known for term in self.terms], dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer; `score` is what it is ranked by, until two change places because of what was read.

    `sentences` holds the signals of each of its sentences in the order of `SENTENCE`: how near it is in meaning, what
    share of the question's information it has, and whether it has the kind of answer; shape (signals, sentences).
    `words` are all its words, folded.
    """

    passage: StoredPassage
    score: float
    signals: Signals
    sentences: Vectors
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _ReadPassage:
    """A passage with its words: those of each sentence and of all of them, folded.

    The rows are those of its telling words and of their stems, below 0 where there is none. They go segment by segment,
    title and heading first, then each sentence, and each begins with `_SEGMENT`.
    """

    passage: StoredPassage
    sentences: Sequence[frozenset[str]]
    words: frozenset[str]
    word_rows: Rows
    stem_rows: Rows


class Reader:
    """A generation's files, opened. Not safe to call from several threads at once."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Open the files; raises `DamagedIndexError` where one is not what the manifest says."""
        with ExitStack() as opened:
            self.content = opened.enter_context(closing(Content(folder / CONTENT_FILE)))
            self.vectors = VectorIndex(folder / PASSAGES_FILE, manifest.passages, manifest.dimension)
            self.sentences = read_matrix(folder / SENTENCES_FILE, manifest.sentences, manifest.dimension)
            self.lexical = LexicalIndex(folder, manifest.passages)
            self.words = read_matrix(folder / WORDS_FILE, len(self.lexical.row_of_word), manifest.word_dimension)
            self.weights: Weights = read_weights(folder / WEIGHTS_FILE)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Close the files."""
        self._opened.close()

    def probe(self) -> None:
        """Look for the nearest passage of a sentence of the index; raises `DamagedIndexError` when none is found."""
        if not len(self.vectors.search(self.sentence_vectors(self.content.passage(0))[0], 1)[1]):
            raise DamagedIndexError("The index finds nothing.", BUILD_COMMAND)

    def sentence_vectors(self, passage: StoredPassage) -> Vectors:
        """The vectors of a passage's sentences; shape (sentences, dimension)."""
        first = passage.first_sentence
        return self.sentences[first : first + len(passage.sentences)].astype(np.float32)


class Searcher:
    """Searches an open generation with the model that made it. Not safe to call from several threads at once."""

    def __init__(self, reader: Reader, embedder: Embedder) -> None:
        self._reader = reader
        self._embedder = embedder
        # The passages that people ask about are looked at again and again. If what `self` holds held it, a replaced
        # index would keep its memory until Python looks for such circles, which takes it a quarter of a second.
        self._read = lru_cache(maxsize=_REMEMBERED)(partial(Searcher._read_passage, weakref.proxy(self)))

    def query(self, text: str, context: str = "") -> Query:
        """Read a question; words that are spelt wrong are read as the ones that were meant.

        `context` is what stands before a follow-up. Where that names something itself, it counts for more.
        """
        text, context = self._corrected(text), self._corrected(context)
        language = detect_question(text)
        terms = self._terms(text, language)
        vector = self._embedder.embed_query(f"{context} {text}".lstrip())
        expects = expectation(text)
        if context:
            grammar = function_words(language)
            names = [term for term in terms if term.word not in grammar]
            named = {term.word for term in names}
            earlier = self._terms(context, detect_question(context))
            before = [term for term in earlier if term.word not in named]
            if names:
                before = [replace(term, rarity=term.rarity / 2) for term in before]
                vector = vector + self._embedder.embed_query(text)
                vector /= np.linalg.norm(vector)
            else:
                expects = expectation(f"{context} {text}")
            terms = names + before
        return Query(
            text=f"{context} {text}".lstrip(),
            vector=vector,
            terms=terms,
            term_vectors=word_vectors([term.word for term in terms]),
            expects=expects,
            words=frozenset(words(f"{context} {text}")),
            language=language,
        )

    def _terms(self, text: str, language: str) -> list[QueryTerm]:
        return self._reader.lexical.query(text, language, words_spelt_right())

    def candidates(self, query: Query, limit: int) -> list[Candidate]:
        """At least `limit` passages, where there are so many, best first."""
        wanted = max(limit, _EXAMINED)
        _, near = self._reader.vectors.search(query.vector, max(wanted, _FROM_EACH))
        lexical = self._reader.lexical.scores(query.terms)
        alike = np.argpartition(-lexical, min(_FROM_EACH, len(lexical) - 1))[:_FROM_EACH]
        rows: Rows = np.union1d(near, alike[lexical[alike] > 0])
        cosines = self._reader.vectors.vectors_of(rows) @ query.vector
        best = np.argsort(-_COSINE_COUNTS * cosines - lexical[rows])[:wanted]
        examined = self._examine(query, rows[best], cosines[best], lexical[rows[best]])
        if query.expects == "definition":
            examined = self._introducing(examined)
        return sorted(examined, key=lambda candidate: -candidate.score)

    def _examine(self, query: Query, rows: Rows, cosines: Vectors, bm25: Vectors) -> list[Candidate]:
        read = [self._read(row) for row in rows.tolist()]
        ends = np.cumsum([len(each.sentences) for each in read])[:-1]
        of_sentences = np.concatenate([self._reader.sentence_vectors(each.passage) for each in read]) @ query.vector
        # A passage has a segment more than sentences: its title and heading.
        matches = np.split(self._matches(query, read), ends + np.arange(1, len(read)), axis=1)
        found = zip(read, cosines.tolist(), bm25.tolist(), np.split(of_sentences, ends), matches, strict=True)
        return [self._candidate(query, *each) for each in found]

    def _read_passage(self, row: int) -> _ReadPassage:
        passage = self._reader.content.passage(row)
        segments = [words_and_acronyms(text) for text in (passage.context, *passage.sentence_texts)]
        lexical = self._reader.lexical
        grammar = function_words(passage.language)
        telling = [[word for word in found if word not in grammar] for found in segments]
        sentences = [frozenset(found) for found in segments[1:]]
        return _ReadPassage(
            passage,
            sentences,
            frozenset(chain.from_iterable(sentences)),
            np.array([row for found in telling for row in (_SEGMENT, *lexical.word_rows(found))]),
            np.array([row for found in telling for row in (_SEGMENT, *lexical.stem_rows(found, passage.language))]),
        )

    def _candidate(
        self,
        query: Query,
        read: _ReadPassage,
        cosine: float,
        bm25: float,
        cosines: Vectors,
        matches: Vectors,
    ) -> Candidate:
        """`cosines` are those of the sentences; `matches` has a column for title and heading, then one for each."""
        weights = self._reader.weights
        whole = matches.max(axis=1)
        text = matches[:, 1:].max(axis=1)
        left_open = (1 - matches[:, 0].clip(0, 1)) * query.shares
        wanted = left_open if left_open.sum() > _LEFT_OPEN else query.shares
        by_segment = query.shares @ matches
        by_sentence = by_segment[1:]
        kinds = np.array([has_kind(query.expects, found, query.words) for found in read.sentences], dtype=np.float32)
        sentences = np.stack([cosines, by_sentence, kinds])
        best = int(weights.sentence_scores(sentences).argmax())
        signals = Signals(
            cosine=cosine,
            bm25=bm25,
            sentence_cosine=float(cosines.max()),
            sentence_match=float(by_sentence.max()),
            match=float(whole @ query.shares),
            best_cosine=float(cosines[best]),
            best_match=float(by_sentence[best]),
            weakest=float(whole.min()),
            known=query.known,
            kind=float(2 * kinds[best] - 1) if query.expects in KINDS else 0.0,
            introduces=0.0,
            crosses=float(query.language != read.passage.language),
            terms=math.log1p(len(query.terms)),
            context_match=float(by_segment[0]),
            text_match=float(text @ query.shares),
            rest_match=float(wanted @ text) / max(float(wanted.sum()), 1e-9),
        )
        return Candidate(read.passage, weights.rank(signals), signals, sentences, read.words)

    def _introducing(self, candidates: list[Candidate]) -> list[Candidate]:
        """The candidates, with the first of each document to name all that is asked for marked as introducing it."""
        first: dict[str, int] = {}
        for candidate in sorted(candidates, key=lambda candidate: -candidate.passage.number):
            if candidate.signals.sentence_match >= _NAMED:
                first[candidate.passage.document] = candidate.passage.row
        marked = []
        for candidate in candidates:
            if first.get(candidate.passage.document) == candidate.passage.row:
                signals = replace(candidate.signals, introduces=1.0)
                candidate = replace(candidate, signals=signals, score=self._reader.weights.rank(signals))
            marked.append(candidate)
        return marked

    def _matches(self, query: Query, read: Sequence[_ReadPassage]) -> Vectors:
        """How well each term is found in each segment of these passages; shape (terms, segments).

        1 for the word itself, else the cosine of the word that is most alike in meaning.
        """
        rows = np.concatenate([each.word_rows for each in read])
        different, place = np.unique(rows, return_inverse=True)
        alike = query.term_vectors @ self._reader.words[different].astype(np.float32).T
        alike[:, different < 0] = 0
        found = alike.clip(0, 1)[:, place]
        stems = np.concatenate([each.stem_rows for each in read])
        for term, of_term in zip(query.terms, found, strict=True):
            for stem in self._reader.lexical.known_stem_rows(term.stems):
                same = stems == stem
                of_term[same] = np.maximum(of_term[same], term.weight)
        matches: Vectors = np.maximum.reduceat(found, np.flatnonzero(rows == _SEGMENT), axis=1)
        return matches

    def _corrected(self, text: str) -> str:
        """The text with each word put right that is neither common nor in the corpus, where that can be done."""
        acronyms = acronyms_of(text)
        return _WORD.sub(lambda match: self._spelling(match.group(), acronyms), text)

    def _spelling(self, word: str, acronyms: frozenset[str]) -> str:
        folded = fold(word)
        if folded in acronyms or folded in self._reader.lexical.row_of_word or folded in words_spelt_right():
            return word
        return self._reader.lexical.nearest(folded) or word

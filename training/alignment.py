"""Learn which English words a French word stands for, from sentence pairs (IBM model 1 in both directions).

Brown et al. 1993; the preference for words at the same relative place is that of fast_align (Dyer et al. 2013).
Posteriors of the two directions are multiplied, so that a link counts only where both agree.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import Stemmer
from numpy.typing import NDArray

from training.data import Pair, words

log = logging.getLogger(__name__)

Translations = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class Links:
    """Every possible word link of every sentence pair, as flat arrays of the same length."""

    french: list[str]
    english: list[str]
    pair_ids: NDArray[np.int32]  # which (French word, English word) type a link is
    french_tokens: NDArray[np.int32]  # which French token of the corpus
    english_tokens: NDArray[np.int32]
    nearness: NDArray[np.float32]  # prior from the two tokens' relative places
    weights: NDArray[np.float32]
    pair_french: NDArray[np.int32]  # the French word of each type
    pair_english: NDArray[np.int32]


def _vocabulary(sentences: Iterable[list[str]], at_least: int) -> list[str]:
    counts = Counter(word for sentence in sentences for word in sentence)
    return sorted(word for word, count in counts.items() if count >= at_least)


def link(pairs: list[tuple[Pair, float]], longest: int = 24, nearness: float = 4.0) -> Links:
    """Lay out all word links of the weighted `pairs` whose sides have at most `longest` words."""
    kept: list[tuple[list[str], list[str], float]] = []
    for pair, weight in pairs:
        french, english = words(pair.french), words(pair.english)
        if 0 < len(french) <= longest and 0 < len(english) <= longest:
            kept.append((french, english, weight))
    french_words = _vocabulary((row[0] for row in kept), 1)
    english_words = _vocabulary((row[1] for row in kept), 1)
    french_number = {word: i for i, word in enumerate(french_words)}
    english_number = {word: i for i, word in enumerate(english_words)}
    columns: list[list[NDArray[np.generic]]] = [[] for _ in range(6)]
    french_tokens = english_tokens = 0
    for french, english, weight in kept:
        rows, cols = len(french), len(english)
        f = np.array([french_number[word] for word in french], dtype=np.int32)
        e = np.array([english_number[word] for word in english], dtype=np.int32)
        place_f = (np.arange(rows, dtype=np.float32) + 0.5) / rows
        place_e = (np.arange(cols, dtype=np.float32) + 0.5) / cols
        columns[0].append(np.repeat(f, cols))
        columns[1].append(np.tile(e, rows))
        columns[2].append(np.repeat(np.arange(rows, dtype=np.int32) + french_tokens, cols))
        columns[3].append(np.tile(np.arange(cols, dtype=np.int32) + english_tokens, rows))
        columns[4].append(np.exp(-nearness * np.abs(place_f[:, None] - place_e[None, :])).ravel())
        columns[5].append(np.full(rows * cols, weight, dtype=np.float32))
        french_tokens += rows
        english_tokens += cols
    flat = [np.concatenate(column) for column in columns]
    keys = flat[0].astype(np.int64) * len(english_words) + flat[1]
    types, pair_ids = np.unique(keys, return_inverse=True)
    log.info("%d sentence pairs, %d links, %d word pairs", len(kept), len(keys), len(types))
    return Links(
        french=french_words,
        english=english_words,
        pair_ids=pair_ids.astype(np.int32),
        french_tokens=flat[2].astype(np.int32),
        english_tokens=flat[3].astype(np.int32),
        nearness=flat[4].astype(np.float32),
        weights=flat[5].astype(np.float32),
        pair_french=(types // len(english_words)).astype(np.int32),
        pair_english=(types % len(english_words)).astype(np.int32),
    )


def _expectation(
    links: Links, table: NDArray[np.float32], generated: NDArray[np.int32], tokens: int, null: float
) -> NDArray[np.float32]:
    """Return the posterior of each link when each `generated` token picks one word of the other side (or none)."""
    score = table[links.pair_ids] * links.nearness
    total = np.bincount(generated, weights=score, minlength=tokens) + null
    return (score / total[generated]).astype(np.float32)


def _normalise(counts: NDArray[np.float32], given: NDArray[np.int32], size: int) -> NDArray[np.float32]:
    total = np.bincount(given, weights=counts, minlength=size) + 1e-9
    return (counts / total[given]).astype(np.float32)


def align(links: Links, iterations: int = 4, null: float = 1e-4) -> NDArray[np.float32]:
    """Return the expected number of links of each word pair, where both directions agree."""
    types = len(links.pair_french)
    tokens_e = int(links.english_tokens.max()) + 1
    tokens_f = int(links.french_tokens.max()) + 1
    together = np.bincount(links.pair_ids, weights=links.weights * links.nearness, minlength=types)
    start = together.astype(np.float32)
    given_f = _normalise(start, links.pair_french, len(links.french))
    given_e = _normalise(start, links.pair_english, len(links.english))
    for iteration in range(iterations):
        to_english = _expectation(links, given_f, links.english_tokens, tokens_e, null)
        to_french = _expectation(links, given_e, links.french_tokens, tokens_f, null)
        if iteration == iterations - 1:
            agreed = np.bincount(
                links.pair_ids, weights=links.weights * np.sqrt(to_english * to_french), minlength=types
            )
            return agreed.astype(np.float32)
        counts = np.bincount(links.pair_ids, weights=links.weights * to_english, minlength=types)
        given_f = _normalise(counts.astype(np.float32), links.pair_french, len(links.french))
        counts = np.bincount(links.pair_ids, weights=links.weights * to_french, minlength=types)
        given_e = _normalise(counts.astype(np.float32), links.pair_english, len(links.english))
        log.info("alignment: iteration %d", iteration + 1)
    raise ValueError("at least one iteration")


def translations(
    links: Links, counts: NDArray[np.float32], best: int = 4, least: float = 0.08, borrowed: float = 1.0
) -> Translations:
    """Return each French word's likeliest English words with their shares, likeliest first.

    Words of one stem (`refuse`, `refusent`) lend each other `borrowed` links in all, so that rare forms read like
    frequent ones.
    """
    stem = Stemmer.Stemmer("french").stemWord
    own: dict[str, dict[str, float]] = defaultdict(dict)
    family: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for f, e, count in zip(links.pair_french.tolist(), links.pair_english.tolist(), counts.tolist(), strict=True):
        if count < 0.05:
            continue
        french, english = links.french[f], links.english[e]
        own[french][english] = count
        family[stem(french)][english] += count
    result: Translations = {}
    for french, mine in own.items():
        shares = dict(mine)
        relatives = family[stem(french)]
        total = sum(relatives.values())
        for english, count in relatives.items():
            shares[english] = shares.get(english, 0.0) + borrowed * count / total
        everything = sum(shares.values())
        top = sorted(shares.items(), key=lambda item: -item[1])[:best]
        kept = [(english, share / everything) for english, share in top if share / everything >= least] or [
            (top[0][0], 1.0)
        ]
        scale = sum(share for _, share in kept)
        result[french] = [(english, share / scale) for english, share in kept]
    return result

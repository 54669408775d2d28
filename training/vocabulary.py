"""Give an English table of word vectors French words: which ones, and what vector each gets.

A French word's vector is the weighted mean of those of the English words that it was aligned with.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer

from training.alignment import Translations
from training.data import Pair, words

log = logging.getLogger(__name__)

# How much a word of each source counts: everyday language before law, dictionaries least (they list rare words once).
WEIGHTS: Mapping[str, float] = {"laws": 0.03, "freedict": 0.4, "osm": 0.5, "lexicon": 50.0, "handwritten": 5.0}
WORDPIECE_LONGEST = 24

# Words that already have a row, and that are French, or far commoner in French, wherever they stand alone.
_FRENCH = """
il un eu la de et temps nos du nouvelle au je le dans mon qui se que des pour aux les en ville nouveau notre est une
bien sur premier ou plus si par qu ce nationale sera tres encore monde canadiens bon petite moi presenter ne trois pas
premiere mis cas sa pu lieu realise corps sans royale argent debut francais deux dire marche avant prix elle societe
maison ni grande resultant pendant haute universite hui sous vie etat vu histoire bas homme ecole tel francaise petit
pere internationale salle ami mai etudes terre mere guerre sud ile mer lac nord pont bois femme musee parc rue
"""
FRENCH = tuple(_FRENCH.split())


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a word was seen on each side of the pairs, weighted by source."""

    french: Counter[str]
    english: Counter[str]


def usage(pairs: Mapping[str, list[Pair]]) -> Usage:
    """Count the words of all pairs."""
    counted = Usage(Counter(), Counter())
    for source, rows in pairs.items():
        weight = WEIGHTS.get(source, 1.0)
        french: Counter[str] = Counter()
        english: Counter[str] = Counter()
        for pair in rows:
            french.update(words(pair.french))
            english.update(words(pair.english))
        for word, count in french.items():
            counted.french[word] += weight * count  # type: ignore[assignment]
        for word, count in english.items():
            counted.english[word] += weight * count  # type: ignore[assignment]
    return counted


def new_words(counted: Usage, known: Mapping[str, int], room: int, least: float = 0.3) -> list[str]:
    """Return at most `room` French words that are not `known`, most used first.

    Words that the English sides use nearly as often (names, identifiers) stay as they are.
    """
    chosen = [
        word
        for word, count in counted.french.most_common()
        if count >= least
        and word not in known
        and word.isalpha()
        and 2 < len(word) <= WORDPIECE_LONGEST
        and count > 8 * counted.english[word]
    ]
    return chosen[:room]


def extended_tokenizer(description: dict[str, Any], added: list[str]) -> Tokenizer:
    """The tokenizer of `description` (a tokenizer.json) with `added` words of its own, without padding or cutting."""
    vocabulary: dict[str, int] = description["model"]["vocab"]
    for word in added:
        vocabulary[word] = len(vocabulary)
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def initial_rows(
    old: torch.Tensor, tokenizer: Tokenizer, translations: Translations, wanted: list[str]
) -> dict[str, torch.Tensor]:
    """Return a vector for each wanted word.

    Args:
        old: the English word embeddings, (vocabulary, dimensions).
        tokenizer: the English tokenizer.
        translations: English words and shares of each French word.
        wanted: French words; those without a translation get the mean of their pieces.

    """

    def row(word: str) -> torch.Tensor:
        pieces: list[int] = tokenizer.encode(word, add_special_tokens=False).ids
        return old[pieces].mean(dim=0)

    rows: dict[str, torch.Tensor] = {}
    for word in wanted:
        found = translations.get(word)
        if not found:
            rows[word] = row(word)
            continue
        parts = torch.stack([row(english) for english, _ in found])
        shares = torch.tensor([share for _, share in found])
        mixed = (shares[:, None] * parts).sum(dim=0)
        length = (shares * parts.norm(dim=1)).sum()
        rows[word] = mixed * (length / mixed.norm().clamp_min(1e-6))
    log.info("%d rows, %d from translations", len(rows), sum(word in translations for word in wanted))
    return rows

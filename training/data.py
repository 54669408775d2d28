"""Read the English-French pairs, and clean them."""

from __future__ import annotations

import csv
import gzip
import html
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
HANDWRITTEN = HERE / "handwritten.tsv"
LEXICON = HERE / "lexicon.tsv"
DICTIONARIES = frozenset({"freedict", "lexicon"})  # a word may stand there several times

_SPACES = re.compile(r"\s+")
_ICON = re.compile(r":[a-z]+(?:-[a-z0-9]+)+:")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Pair:
    """One statement in both languages."""

    source: str
    english: str
    french: str


def clean(text: str) -> str:
    """Return `text` without HTML entities, icon names and repeated white space."""
    return _SPACES.sub(" ", _ICON.sub(" ", html.unescape(text))).strip()


def words(text: str) -> list[str]:
    """Return the words of `text` as the uncased BERT tokenizer sees them: lower case, accents stripped."""
    folded = unicodedata.normalize("NFD", text.lower())
    return _WORD.findall("".join(c for c in folded if unicodedata.category(c) != "Mn"))


def _usable(pair: Pair, shortest: int) -> bool:
    """Whether a pair says something in two languages, and about the same amount."""
    english, french = pair.english, pair.french
    if not (_LETTERS.search(english) and _LETTERS.search(french)):
        return False
    if min(len(english), len(french)) < shortest or english.lower() == french.lower():
        return False
    return 0.4 < (len(english) + 10) / (len(french) + 10) < 2.0


def read_tsv(path: Path, source: str) -> list[Pair]:
    """Read a file of English, tab, French; gzip or plain; duplicates and unusable lines left out."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    shortest = 2 if source in DICTIONARIES else 4
    seen: set[str] = set()
    pairs: list[Pair] = []
    for row in csv.reader(content.decode().split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 2:
            continue
        pair = Pair(source, clean(row[0]), clean(row[1]))
        key = pair.french.lower() if source not in DICTIONARIES else "\t".join(row).lower()
        if key not in seen and _usable(pair, shortest):
            seen.add(key)
            pairs.append(pair)
    return pairs


def read_pairs(folder: Path) -> dict[str, list[Pair]]:
    """Read every `pairs.<source>.tsv.gz` of `folder`, and the two files that lie beside this module."""
    pairs = {
        path.name.split(".")[1]: read_tsv(path, path.name.split(".")[1])
        for path in sorted(folder.glob("pairs.*.tsv.gz"))
    }
    for path in (HANDWRITTEN, LEXICON):
        if path.exists():
            pairs[path.stem] = read_tsv(path, path.stem)
    return pairs

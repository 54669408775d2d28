"""Read the English-French pairs and law sections, clean them, and keep a part aside for measuring."""

from __future__ import annotations

import csv
import gzip
import hashlib
import html
import json
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


@dataclass(frozen=True, slots=True)
class Section:
    """One section of Canadian law in both languages; `note` is its marginal note, `title` the title of the act."""

    act: str
    title_english: str
    title_french: str
    note_english: str
    note_french: str
    english: str
    french: str


def clean(text: str) -> str:
    """Return `text` without HTML entities, icon names and repeated white space."""
    return _SPACES.sub(" ", _ICON.sub(" ", html.unescape(text))).strip()


def words(text: str) -> list[str]:
    """Return the words of `text` as the uncased BERT tokenizer sees them: lower case, accents stripped."""
    folded = unicodedata.normalize("NFD", text.lower())
    return _WORD.findall("".join(c for c in folded if unicodedata.category(c) != "Mn"))


def _bucket(text: str, buckets: int) -> int:
    """Return a number below `buckets` that depends on nothing but `text`."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % buckets


def is_held_out(text: str, one_in: int) -> bool:
    """Whether `text` belongs to the part that is never trained on."""
    return _bucket(text, one_in) == 0


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


def split_pairs(pairs: dict[str, list[Pair]], one_in: int = 60) -> tuple[dict[str, list[Pair]], list[Pair]]:
    """Return the pairs to train on and those kept aside (sentences only, never words of a dictionary)."""
    train: dict[str, list[Pair]] = {}
    held_out: list[Pair] = []
    for source, rows in pairs.items():
        if source in {"freedict", "lexicon", "osm", "handwritten"}:
            train[source] = rows
            continue
        train[source] = [pair for pair in rows if not is_held_out(pair.english, one_in)]
        held_out += [pair for pair in rows if is_held_out(pair.english, one_in) and len(pair.english) > 30]
    return train, held_out


def read_sections(folder: Path) -> list[Section]:
    """Read `laws.sections.jsonl.gz`; sections without a marginal note or with next to no text are left out."""
    sections: list[Section] = []
    with gzip.open(folder / "laws.sections.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            section = Section(
                act=row["id"].split("#")[0],
                title_english=clean(row["act"]),
                title_french=clean(row["acte"]),
                note_english=clean(row["note_en"]),
                note_french=clean(row["note_fr"]),
                english=clean(row["en"]),
                french=clean(row["fr"]),
            )
            if section.note_english and section.note_french and min(len(section.english), len(section.french)) > 60:
                sections.append(section)
    return sections


def split_sections(sections: list[Section], one_in: int = 40) -> tuple[list[Section], list[Section]]:
    """Return the sections to train on and those of the acts kept aside."""
    train = [section for section in sections if not is_held_out(section.act, one_in)]
    held_out = [section for section in sections if is_held_out(section.act, one_in)]
    return train, held_out

"""Draw training examples: statements, joined neighbours, law sections and questions, and group them by length."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tokenizers import Tokenizer

from training.data import Pair, Section
from training.questions import templates

# How often each kind is drawn, by number of examples.
SHARES: Mapping[str, float] = {
    "laws": 0.34, "pydocs": 0.16, "cds": 0.05, "privacy": 0.06, "mozilla": 0.05, "react": 0.04, "freedict": 0.05,
    "lexicon": 0.02, "osm": 0.01, "handwritten": 0.05, "questions": 0.03, "asked": 0.08, "joined": 0.04,
    "sections": 0.02,
}  # fmt: skip
LONG_STATEMENT = 260  # characters; longer ones are drawn a fifth as often, as they teach less a token
NEIGHBOURS = ("pydocs", "cds", "privacy", "mozilla", "react")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Example:
    """A text in both languages, with the student's tokens."""

    english: str
    french: str
    english_tokens: list[int]
    french_tokens: list[int]


@dataclass(frozen=True, slots=True)
class Search:
    """A query and the passage that answers it, as tokens; `act` tells which passages are hard negatives."""

    act: str
    query: list[int]
    passage: list[int]


class Sampler:
    """Draws batches without end; the same seed draws the same batches."""

    def __init__(
        self, pairs: Mapping[str, list[Pair]], sections: list[Section], tokenizer: Tokenizer, seed: int
    ) -> None:
        """Keep the sources; `pairs` in file order, as neighbours are joined."""
        self._random = random.Random(seed)
        self._pairs = pairs
        self._sections = sections
        self._tokenizer = tokenizer
        self._questions = [pair for rows in pairs.values() for pair in rows if pair.english.endswith("?")]
        named = [pair for name in ("freedict", "osm", "mozilla") for pair in pairs.get(name, [])]
        self._terms = [pair for pair in named if len(pair.english) < 40]
        self._acts: dict[str, list[Section]] = defaultdict(list)
        for section in sections:
            self._acts[section.act].append(section)
        self._large = sorted(act for act, rows in self._acts.items() if len(rows) >= 4)
        available = {"sections", "asked", "joined"} | {name for name, rows in pairs.items() if rows}
        available |= {"questions"} if self._questions else set()
        self._kinds = [kind for kind in SHARES if kind in available]

    def _draw(self, kind: str) -> tuple[str, str]:
        """Return (English, French) of one example of a kind."""
        pick = self._random
        if kind == "questions":
            pair = pick.choice(self._questions)
        elif kind == "asked":
            return templates(pick, self._terms, self._sections)
        elif kind == "sections":
            section = pick.choice(self._sections)
            return (
                f"{section.title_english}\n{section.english[:900]}",
                f"{section.title_french}\n{section.french[:1000]}",
            )
        elif kind == "joined":
            rows = self._pairs[pick.choice([name for name in NEIGHBOURS if self._pairs.get(name)])]
            first = pick.randrange(max(1, len(rows) - 4))
            some = rows[first : first + pick.randint(2, 4)]
            return " ".join(pair.english for pair in some)[:800], " ".join(pair.french for pair in some)[:900]
        else:
            rows = self._pairs[kind]
            pair = pick.choice(rows)
            while len(pair.french) > LONG_STATEMENT and pick.random() < 0.8:
                pair = pick.choice(rows)
        return pair.english, pair.french

    def _tokens(self, texts: list[str], longest: int) -> list[list[int]]:
        return [
            [*encoding.ids[: longest - 1], encoding.ids[-1]] if len(encoding.ids) > longest else encoding.ids
            for encoding in self._tokenizer.encode_batch(texts)
        ]

    def statements(
        self, tokens: int, pool: int = 4096, largest: int = 160, longest: int = 200
    ) -> Iterator[list[Example]]:
        """Yield batches of examples of like length, of about `tokens` French tokens each, padding counted."""
        while True:
            kinds = self._random.choices(self._kinds, [SHARES[kind] for kind in self._kinds], k=pool)
            texts = [self._draw(kind) for kind in kinds]
            english = self._tokens([text[0] for text in texts], longest)
            french = self._tokens([text[1] for text in texts], longest)
            examples = [Example(*text, e, f) for text, e, f in zip(texts, english, french, strict=True)]
            examples.sort(key=lambda example: len(example.french_tokens))
            batches: list[list[Example]] = [[]]
            for example in examples:
                if len(batches[-1]) == largest or (len(batches[-1]) + 1) * len(example.french_tokens) > tokens:
                    batches.append([])
                batches[-1].append(example)
            self._random.shuffle(batches)
            yield from (batch for batch in batches if len(batch) > 7)

    def searches(self, acts: int = 10, each: int = 4, longest: int = 128) -> Iterator[list[Search]]:
        """Yield batches of marginal notes and their sections, several of each act, in all four language directions."""
        pick = self._random
        while True:
            batch: list[tuple[str, str, str]] = []
            for act in pick.sample(self._large, acts):
                notes: set[str] = set()
                for section in pick.sample(self._acts[act], each):
                    if section.note_english in notes:
                        continue
                    notes.add(section.note_english)
                    batch.append((act, self._query(section), self._passage(section)))
            queries = self._tokens([row[1] for row in batch], 64)
            passages = self._tokens([row[2] for row in batch], longest)
            yield [Search(row[0], query, passage) for row, query, passage in zip(batch, queries, passages, strict=True)]

    def _query(self, section: Section) -> str:
        pick = self._random
        french = pick.random() < 0.5
        title = section.title_french if french else section.title_english
        note = section.note_french if french else section.note_english
        form = pick.random()
        if form < 0.6:
            return f"{title} : {note}" if french else f"{title}: {note}"
        if form < 0.8:
            return note
        return f"{note} ({title})"

    def _passage(self, section: Section) -> str:
        pick = self._random
        french = pick.random() < 0.7
        title = section.title_french if french else section.title_english
        text = section.french if french else section.english
        sentences = _SENTENCES.split(text)
        if len(sentences) > 2 and pick.random() < 0.2:
            text = " ".join(sentences[pick.randrange(2) :])
        return f"{title}\n{text[:900]}"

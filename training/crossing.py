"""Put the questions of evaluation sets into the other language, word for word.

What comes out is clumsy ("quel welding processus était démontré en 1901 ?"), but has what questions that cross
languages have in common: few words of the passage, and much of its meaning. There are no others to fit weights to.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.evaluation import read_questions
from training import alignment
from training.data import Pair, read_pairs, words
from training.word_vectors import weighted

log = logging.getLogger(__name__)

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"@?[^\W_]+|[^\w\s]+")
_LEAST_LINKS = 0.5

# What alignment gets wrong, as laws hardly ask: a pattern, and the other language's words for it, each after @.
_FROM_ENGLISH = (
    (r"\bhow (?:many|much)\b", "@combien"),
    (r"\bhow old\b", "@quel @âge"),
    (r"\bwhat\b|\bwhich\b", "@quel"),
    (r"\bwhom?\b", "@qui"),
    (r"\bwhen\b", "@quand"),
    (r"\bwhere\b", "@où"),
    (r"\bwhy\b", "@pourquoi"),
    (r"\bhow\b", "@comment"),
    (r"\b(?:did|does|do)\b|['’]s\b", ""),
    (r"\b(?:is|are)\b", "@est"),
    (r"\b(?:was|were)\b", "@était"),
    (r"\bto\b", "@à"),
    (r"\bin\b", "@en"),
    (r"\bthe\b", "@le"),
    (r"\bthere\b", "@il @y"),
)
_FROM_FRENCH = (
    (r"qu['’ ]?est-ce qu(?:e|['’])? ?(?:c['’]est)?", "@what @is "),
    (r"est-ce qu(?:e|['’])", "@does "),
    (r"\bcombien(?: de)?\b", "@how @many"),
    (r"\bque(?:l|ls|lle|lles)?\b", "@what"),
    (r"\bqui\b", "@who"),
    (r"\bquand\b", "@when"),
    (r"\boù\b", "@where"),
    (r"\bpourquoi\b", "@why"),
    (r"\bcomment\b", "@how"),
    (r"\b[ldjnsmt]['’]|-t-(?:il|elle|on)\b|-(?:je|il|elle|on|vous)\b", ""),
    (r"\best\b", "@is"),
    (r"\b(?:de|du|des)\b", "@of"),
    (r"\b(?:le|la|les)\b", "@the"),
    (r"\b(?:à|au)\b", "@to"),
)


@dataclass(frozen=True, slots=True)
class Translator:
    """Puts words of one language into the other's, given by folded word; `rules` go before it."""

    words: Mapping[str, str]
    rules: tuple[tuple[str, str], ...]

    def translated(self, text: str) -> str:
        """The text word for word; what is not known, and a name within a sentence, stays."""
        for pattern, replacement in self.rules:
            text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
        found: list[str] = []
        for token in _TOKEN.findall(text):
            is_name = bool(found) and token[0].isupper()
            folded = words(token)
            known = not token.startswith("@") and not is_name and len(folded) == 1
            found.append(self.words.get(folded[0], token) if known else token.lstrip("@"))
        return " ".join(found)


def make(sets: list[Path], data: Path, out: Path) -> None:
    """Write each set again, as `NAME-en` or `NAME-fr` in `out`, with the questions in the other language."""
    translators = _translators(read_pairs(data))
    for folder in sets:
        questions = read_questions(folder / "questions.jsonl")
        other = {"en": "fr", "fr": "en"}[Counter(known.language for known in questions).most_common(1)[0][0]]
        made = out / f"{folder.name}-{other}"
        shutil.copytree(folder / "corpus", made / "corpus", dirs_exist_ok=True)
        with (made / "questions.jsonl").open("w", encoding="utf-8") as file:
            for known in questions:
                if known.language != other:
                    row = {
                        "id": f"{known.id}-{other}",
                        "lang": other,
                        "question": translators[known.language].translated(known.question),
                        "gold": [asdict(gold) for gold in known.gold],
                    }
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
        log.info("%s", made)


def _translators(pairs: dict[str, list[Pair]]) -> dict[str, Translator]:
    links = alignment.link(weighted(pairs))
    counts = alignment.align(links)
    to_english: dict[str, dict[str, float]] = defaultdict(dict)
    to_french: dict[str, dict[str, float]] = defaultdict(dict)
    for f, e, count in zip(links.pair_french.tolist(), links.pair_english.tolist(), counts.tolist(), strict=True):
        to_english[links.french[f]][links.english[e]] = count
        to_french[links.english[e]][links.french[f]] = count
    spelt = _spellings(pair.french for some in pairs.values() for pair in some)
    english = {word: spelt.get(found, found) for word, found in _likeliest(to_french, to_english).items()}
    return {
        "en": Translator(english, _FROM_ENGLISH),
        "fr": Translator(_likeliest(to_english, to_french), _FROM_FRENCH),
    }


def _likeliest(table: Mapping[str, dict[str, float]], back: Mapping[str, dict[str, float]]) -> dict[str, str]:
    """The word that each was linked with most, where it is not linked with many others far more."""
    totals = {word: sum(found.values()) for word, found in back.items()}
    return {
        word: max(found, key=lambda other: found[other] ** 3 / totals[other])
        for word, found in table.items()
        if sum(found.values()) >= _LEAST_LINKS
    }


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """How each folded word is written most often: links know no accents."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for word in _WORD.findall(text.lower()):
            for folded in words(word)[:1]:
                seen[folded][word] += 1
    return {folded: counts.most_common(1)[0][0] for folded, counts in seen.items()}

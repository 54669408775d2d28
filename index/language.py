"""Tells the language of a text: any for a document, English or French for a question."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from index.lexical import FUNCTION_WORDS_OF, words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

QUESTION_LANGUAGES = ("en", "fr")
_SAMPLE = 5000


def detect(text: str) -> str:
    """The ISO 639-1 code of a document's language, told from its beginning."""
    return str(_identifier(None).classify(text[:_SAMPLE])[0])


@lru_cache(maxsize=1)
def detect_question(text: str) -> str:
    """Tell "en" or "fr": by its words of grammar, and where they leave it open by its letters."""
    text = text[:_SAMPLE]
    found = frozenset(words(text))
    english, french = (len(found & FUNCTION_WORDS_OF[language]) for language in QUESTION_LANGUAGES)
    if english != french:
        return "en" if english > french else "fr"
    return str(_identifier(QUESTION_LANGUAGES).classify(text)[0])


@cache
def _identifier(languages: tuple[str, ...] | None) -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    return identifier

"""The commonest words of English and French, from the package `wordfreq` (data under CC BY-SA 4.0)."""

from __future__ import annotations

from functools import cache
from itertools import chain, zip_longest

LANGUAGES = ("en", "fr")


@cache
def frequency(word: str) -> float:
    """How often a word is used, as a share of all words, in the language that uses it more."""
    from wordfreq import word_frequency

    return max(float(word_frequency(word, language, wordlist="large")) for language in LANGUAGES)


def common_words(each: int) -> list[str]:
    """The `each` commonest words of both languages by turns, commonest first."""
    from wordfreq import top_n_list

    lists = [top_n_list(language, each, wordlist="large") for language in LANGUAGES]
    return [word for word in dict.fromkeys(chain.from_iterable(zip_longest(*lists))) if word]

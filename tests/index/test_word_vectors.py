"""Words of a like meaning have like vectors, in both languages; common words count as spelt right, mistakes do not."""

from __future__ import annotations

import numpy as np
import pytest

from index.word_vectors import word_vectors, words_spelt_right


@pytest.mark.parametrize(
    ("english", "french", "other"),
    [("refuse", "refuser", "jardin"), ("army", "armee", "cuisine"), ("government", "gouvernement", "poisson")],
)
def test_a_word_is_nearer_to_its_translation_than_to_another(english, french, other):
    first, second, third = word_vectors([english, french, other])
    assert float(first @ second) > float(first @ third) + 0.3


def test_vectors_have_length_one_and_unknown_words_length_nothing():
    lengths = np.linalg.norm(word_vectors(["army", "xqzzkwv", "armee"]), axis=1)
    assert np.allclose(lengths, [1, 0, 1], atol=1e-5)
    assert len(word_vectors([])) == 0


def test_common_words_are_spelt_right_and_mistakes_are_not():
    assert {"what", "defense", "defence", "gouvernement", "armee"} <= words_spelt_right()
    assert not {"waht", "teh", "producton", "governement"} & words_spelt_right()

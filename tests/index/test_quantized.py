"""A vector from the quantized layers is nearly the one that the library gives, or the library gives it."""

from __future__ import annotations

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from index.embedding import builtin_folder
from index.quantized import quantized

TEXTS = [
    "Who?",
    "Qu'est-ce que le Defense Production Act ?",
    "Le Pentagone pourrait ainsi invoquer le Defense Production Act, datant de 1950. " * 20,
]
UNRELATED = "Les fraises se récoltent de mai à juillet, le matin, quand la rosée a séché."


@pytest.fixture(scope="module")
def library():
    return SentenceTransformer(str(builtin_folder()), device="cpu", local_files_only=True).eval()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_has_nearly_the_vector_that_the_library_gives_it(embedder, library, text):
    for prompt, embed in (
        ("passage: ", lambda text: embedder.embed_passages([text])[0]),
        ("query: ", embedder.embed_query),
    ):
        expected, unrelated = library.encode([text, UNRELATED], prompt=prompt, normalize_embeddings=True)
        assert 1 - embed(text) @ expected < (1 - unrelated @ expected) / 20


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(embedder):
    together = embedder.embed_passages(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.allclose(embedder.embed_passages([text])[0], vector, atol=1e-6)


def test_a_model_that_quantized_layers_would_get_wrong_is_left_as_it_is(library):
    assert quantized(library) is not None
    encoder = library[0].auto_model.encoder
    hook = encoder.layer[0].register_forward_hook(lambda _layer, _arguments, output: output.flip(-1))
    assert quantized(library) is None
    hook.remove()

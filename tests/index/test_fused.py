"""A question's vector from the fused layers is the one that the library gives, or the library gives it."""

from __future__ import annotations

import pytest
import torch
from sentence_transformers import SentenceTransformer

from index.fused import fused

HAS_BFLOAT16 = torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16")


@pytest.mark.parametrize(
    "question", ["Who?", "Qu'est-ce que le Defense Production Act ?", "what happened then, and why? " * 60]
)
def test_a_question_has_nearly_the_vector_that_the_same_passage_has(embedder, question):
    assert float(embedder.embed_query(question) @ embedder.embed_passages([question])[0]) > 0.9995


@pytest.mark.skipif(not HAS_BFLOAT16, reason="this processor does not compute in bfloat16")
def test_a_model_that_fused_layers_would_get_wrong_is_left_as_it_is(tiny_model):
    transformer = SentenceTransformer(str(tiny_model), device="cpu").eval()
    assert fused(transformer) is not None
    encoder = transformer[0].auto_model.encoder
    encoder.layer[0].register_forward_hook(lambda _layer, _arguments, output: output.flip(-1))
    assert fused(transformer) is None

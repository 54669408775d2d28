"""A real SentenceTransformer that is made in a second and embeds in a millisecond: what it finds means nothing."""

from __future__ import annotations

from pathlib import Path


def make_tiny_model(folder: Path, *, seed: int = 0) -> Path:
    """Save a model with random weights; the same seed gives the same fingerprint."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = folder / "base"
    base.mkdir(parents=True)
    letters = [chr(code) for code in range(33, 127)]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (base / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(vocab_file=str(base / "vocab.txt"), model_max_length=128).save_pretrained(base)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(base)
    words_to_vectors = Transformer(str(base), max_seq_length=128)
    model = SentenceTransformer(modules=[words_to_vectors, Pooling(16, "mean")], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"

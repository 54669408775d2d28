"""Which model reads the corpus: the built-in, a folder, or a hub name, each with the prompts it was trained with."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from index.embedding import Embedder, builtin_folder, find_model
from index.errors import ModelError


def with_prompts(tiny_model, folder, prompts):
    shutil.copytree(tiny_model, folder)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}), "utf-8")
    return folder


def plain_vector(folder, text):
    """What sentence-transformers makes of a text alone."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode([text], prompt="", normalize_embeddings=True)[0]


def test_the_built_in_model_is_small_and_reads_french_as_english(embedder):
    assert sum(path.stat().st_size for path in builtin_folder().rglob("*") if path.is_file()) <= 60_000_000
    french, english, other = embedder.embed_passages(
        ["L'entreprise refuse de signer.", "The company refuses to sign.", "The garden is full of flowers."]
    )
    assert float(french @ english) > float(french @ other) + 0.08


def test_vectors_have_length_one(embedder):
    vectors = embedder.embed_passages(["Un ultimatum.", "A cat.", ""])
    assert vectors.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.embed_query("Who?").shape == (embedder.dimension,)
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_nothing_of_the_longest_passage_is_cut_off(embedder):
    words = ["word"] * embedder.max_tokens
    assert embedder.count_tokens([" ".join(words)]) == [embedder.max_tokens]
    whole, changed = embedder.embed_passages([" ".join(words), " ".join([*words[:-1], "banana"])])
    assert not np.allclose(whole, changed, atol=1e-3)


@pytest.mark.parametrize("names", [("query", "passage"), ("query", "document"), ("search_query", "search_document")])
def test_stored_prompts_go_into_the_vectors(tiny_model, tmp_path, names):
    prompts = {names[0]: "ask this: ", names[1]: "read this: "}
    folder = with_prompts(tiny_model, tmp_path / "model", prompts)
    embedder = Embedder(find_model(str(folder)))
    query, passage = embedder.embed_query("the text"), embedder.embed_passages(["the text"])[0]
    # As near as 8 bits bring them.
    assert float(query @ plain_vector(folder, "ask this: the text")) > 0.9999
    assert float(passage @ plain_vector(folder, "read this: the text")) > 0.9999
    assert float(passage @ plain_vector(folder, "the text")) < 0.999


def test_an_empty_document_prompt_does_not_hide_the_passage_prompt(tiny_model, tmp_path):
    prompts = {"query": "query: ", "document": "", "passage": "passage: "}
    model = find_model(str(with_prompts(tiny_model, tmp_path / "model", prompts)))
    assert (model.query_prompt, model.passage_prompt) == ("query: ", "passage: ")


def test_an_e5_model_gets_its_prompts_though_it_stores_none(tiny_model, tmp_path):
    for name in ("multilingual-e5-tiny", "e5-tiny", "some-model"):
        shutil.copytree(tiny_model, tmp_path / name)
        model = find_model(str(tmp_path / name))
        expected = ("", "") if name == "some-model" else ("query: ", "passage: ")
        assert (model.query_prompt, model.passage_prompt) == expected
    stored = find_model(str(with_prompts(tiny_model, tmp_path / "own-e5-tiny", {"query": "q ", "passage": "p "})))
    assert (stored.query_prompt, stored.passage_prompt) == ("q ", "p ")


def test_the_prompt_has_room_in_the_longest_passage(tiny_model, tmp_path):
    bare = Embedder(find_model(str(tiny_model)))
    prompted = Embedder(find_model(str(with_prompts(tiny_model, tmp_path / "model", {"passage": "passage: "}))))
    assert bare.max_tokens == 128 - 2
    assert prompted.max_tokens == bare.max_tokens - bare.count_tokens(["passage: "])[0] < bare.max_tokens


def test_other_weights_or_prompts_are_another_model(tiny_model, tmp_path):
    first = find_model(str(tiny_model)).fingerprint
    assert find_model(str(with_prompts(tiny_model, tmp_path / "prompted", {"query": "q "}))).fingerprint != first
    retrained = tmp_path / "retrained"
    shutil.copytree(tiny_model, retrained)
    weights = bytearray((retrained / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (retrained / "model.safetensors").write_bytes(weights)
    assert find_model(str(retrained)).fingerprint != first
    moved = tmp_path / "moved"
    shutil.copytree(tiny_model, moved)
    assert find_model(str(moved)).fingerprint == first


def in_hub_cache(model, home, name):
    """Put a model where the hub's own cache would have it."""
    root = home / "hub" / f"models--{name.replace('/', '--')}"
    commit = "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(model, root / "snapshots" / commit)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(commit, "utf-8")
    return root / "snapshots" / commit


@pytest.mark.slow
def test_a_hub_model_is_read_from_the_cache_with_its_passage_prompt(tiny_model, tmp_path, corpus, process):
    model = with_prompts(tiny_model, tmp_path / "model", {"query": "ask this: ", "passage": "read this: "})
    in_hub_cache(model, tmp_path / "home", "owner/tiny-model")
    (corpus / "a.txt").write_text("One sentence alone.", "utf-8")
    setting = {"EMBEDDING_MODEL": "owner/tiny-model", "HF_HOME": str(tmp_path / "home")}
    built = process("-m", "index", "build", **setting)
    assert (built.code, built.err) == (0, "")
    sentences = next((tmp_path / "data").glob("generations/*/sentences.npy"))
    expected = plain_vector(model, "read this: One sentence alone.")
    assert np.allclose(np.load(sentences)[0], expected, atol=1e-3)
    assert "model       owner/tiny-model" in process("-m", "index", "stats", **setting).out


def test_a_hub_model_that_cannot_be_had_is_one_clear_line(tmp_path, corpus, process):
    (corpus / "a.txt").write_text("One sentence alone.", "utf-8")
    ran = process("-m", "index", "build", EMBEDDING_MODEL="models/nope", HF_HUB_OFFLINE="1")
    assert ran.code == 1
    assert ran.err == (
        "The model models/nope is neither a folder nor could it be fetched from the hub. "
        "Check the name and the network, or set EMBEDDING_MODEL=builtin, which needs none.\n"
    )


@pytest.mark.parametrize("name", ["./nothing", "nothing", "~nobody-here/model", "a/b/c", "..", "owner/na me", "\u2028"])
def test_a_folder_that_is_not_there_is_one_clear_line(name):
    with pytest.raises(ModelError, match=r"There is no model folder|is not a sentence-transformers model") as error:
        find_model(name)
    assert "EMBEDDING_MODEL" in error.value.remedy


def test_a_folder_that_is_no_model_is_one_clear_line(tiny_model, tmp_path):
    for missing in ("modules.json", "model.safetensors"):
        folder = tmp_path / missing
        shutil.copytree(tiny_model, folder)
        (folder / missing).unlink()
        with pytest.raises(ModelError, match=r"needs a modules.json and safetensors weights"):
            find_model(str(folder))


@pytest.mark.parametrize(
    "broken", ["model.safetensors", "config.json", "modules.json", "config_sentence_transformers.json"]
)
def test_a_broken_model_is_one_clear_line(tiny_model, tmp_path, broken):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / broken).write_bytes(b"\x08\0\0\0\0\0\0\0{broken")
    with pytest.raises(ModelError) as error:
        Embedder(find_model(str(folder)))
    assert "\n" not in str(error.value)


def test_a_model_that_runs_its_own_code_is_refused(tiny_model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / "evil.py").write_text("raise SystemExit('this ran')", "utf-8")
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    modules[0]["type"] = "evil.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    with pytest.raises(ModelError):
        Embedder(find_model(str(folder)))

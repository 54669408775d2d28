"""Cuts a text as a document, and says what can be quoted of it."""

from __future__ import annotations

from index.documents import Document, read_document
from index.passages import check, cut


def plain(text, *, title="", language="en"):
    return Document("a.txt", title, "", "", language, text, None)


def quotes(text, embedder, **fields):
    document = plain(text, **fields)
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    check(document, passages)
    return [passage.text for passage in passages]


def read(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return read_document(name, path)


def headed(document, embedder):
    """Each passage's heading and text."""
    passages = cut(document, embedder.count_tokens, embedder.max_tokens)
    return [(passage.heading, passage.text) for passage in passages]

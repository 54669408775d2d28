"""A corpus folder as an operator fills it: what is read, what is named as left out, and what is not even looked at."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from index.build import build
from index.documents import corpus_files, read_document
from index.errors import CorpusError
from index.formats.extract import UnreadableError
from index.settings import IndexSettings
from tests.conftest import ARTICLE, ROOT


def read(corpus):
    documents, rejected = {}, {}
    for name, path in corpus_files(corpus):
        try:
            documents[name] = read_document(name, path)
        except UnreadableError as error:
            rejected[name] = str(error)
    return documents, rejected


def links_work(folder):
    try:
        (folder / "probe").symlink_to(folder)
        (folder / "probe").unlink()
    except OSError:
        pytest.skip("no symbolic links here")


def test_the_article_is_the_given_text_to_the_letter():
    given = ROOT.parent / "shared" / "corpus" / "anthropic-pentagone.txt"
    if not given.is_file():
        pytest.skip("../shared/corpus is not here")
    documents, rejected = read(ARTICLE.parent)
    assert documents[ARTICLE.name].text == given.read_bytes().decode("utf-8")
    assert documents[ARTICLE.name].language == "fr"
    assert not rejected


def test_documents_come_by_name_from_all_folders(corpus):
    (corpus / "b").mkdir()
    (corpus / "b" / "c.TXT").write_text("Some text in a folder.", "utf-8")
    (corpus / "a.md").write_text("Some text.", "utf-8")
    (corpus / "photo.jpg").write_bytes(b"\xff\xd8")
    (corpus / ".hidden.md").write_text("Not this.", "utf-8")
    (corpus / ".git").mkdir()
    (corpus / ".git" / "d.md").write_text("Nor this.", "utf-8")
    documents, rejected = read(corpus)
    assert list(documents) == ["a.md", "b/c.TXT"]
    assert not rejected


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(corpus):
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (corpus / "empty.txt").write_text("", "utf-8")
    (corpus / "blank.txt").write_text(" \n\n ", "utf-8")
    (corpus / "binary.md").write_bytes(b"\0\1\2")
    (corpus / "folder.md").mkdir()
    (corpus / "good.md").write_text("A good one.", "utf-8")
    documents, rejected = read(corpus)
    assert list(documents) == ["good.md"]
    assert sorted(rejected) == ["binary.md", "blank.txt", "broken.pdf", "empty.txt"]
    assert rejected["empty.txt"] == "it holds no text"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_named(corpus):
    (corpus / "locked.md").write_text("Locked.", "utf-8")
    (corpus / "locked.md").chmod(0)
    assert read(corpus)[1] == {"locked.md": "Permission denied"}


def test_a_folder_that_cannot_be_listed_is_no_empty_one(corpus, monkeypatch):
    (corpus / "good.md").write_text("A good one.", "utf-8")
    (corpus / "locked").mkdir()
    (corpus / "locked" / "more.md").write_text("Another good one.", "utf-8")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):  # A mode of its own would not stop root, who runs these tests in containers.
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(CorpusError, match="locked cannot be listed: Permission denied"):
        corpus_files(corpus)


def test_a_broken_title_or_date_is_mended_like_a_broken_text(corpus, embedder, tmp_path):
    front = '---\ntitle: "A \\ud800 title"\ndate: "20\\ud80024"\n---\n'
    (corpus / "broken.md").write_text(f"{front}The office opens at nine.\n", "utf-8")
    build(IndexSettings(corpus, tmp_path / "data", "builtin"), load_model=lambda _: embedder)
    [document], rejected = read(corpus)[0].values(), read(corpus)[1]
    assert (document.title, document.date, rejected) == ("A ? title", "20?24", {})


def test_links_out_of_the_corpus_are_not_followed(corpus, tmp_path):
    links_work(tmp_path)
    (tmp_path / "secret.md").write_text("A secret.", "utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "more.md").write_text("Another secret.", "utf-8")
    (corpus / "good.md").write_text("A good one.", "utf-8")
    (corpus / "file.md").symlink_to(tmp_path / "secret.md")
    (corpus / "relative.md").symlink_to("../secret.md")
    (corpus / "folder").symlink_to(tmp_path / "secrets")
    (corpus / "circle.md").symlink_to("circle.md")
    (corpus / "nowhere.md").symlink_to("nothing.md")
    (corpus / "up").symlink_to("..")
    documents, rejected = read(corpus)
    assert list(documents) == ["good.md"]
    assert not rejected


def test_the_corpus_itself_may_be_a_link(corpus, tmp_path):
    links_work(tmp_path)
    (corpus / "good.md").write_text("A good one.", "utf-8")
    (tmp_path / "link").symlink_to(corpus)
    assert list(read(tmp_path / "link")[0]) == ["good.md"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_stops_nobody(corpus):
    os.mkfifo(corpus / "pipe.md")
    (corpus / "good.md").write_text("A good one.", "utf-8")
    documents, rejected = read(corpus)
    assert list(documents) == ["good.md"]
    assert not rejected


def test_a_missing_corpus_says_what_to_do(tmp_path):
    with pytest.raises(CorpusError, match=r"There is no corpus folder .*Create it"):
        read(tmp_path / "nothing")


def test_only_web_addresses_are_sources(corpus):
    for name, source in (("a", "https://example.org/1"), ("b", "javascript:alert(1)"), ("c", "file:///etc/passwd")):
        (corpus / f"{name}.md").write_text(f"---\nsource: {source}\n---\nText.", "utf-8")
    documents, _ = read(corpus)
    assert [documents[name].source for name in sorted(documents)] == ["https://example.org/1", "", ""]


def test_the_language_is_detected_where_none_is_declared(corpus):
    (corpus / "en.txt").write_text("The weather was fine, and they walked along the river until it was dark.", "utf-8")
    (corpus / "fr.txt").write_text("Il faisait beau, et ils ont marché le long de la rivière jusqu'au soir.", "utf-8")
    documents, _ = read(corpus)
    assert [documents[name].language for name in sorted(documents)] == ["en", "fr"]
    assert documents["en.txt"].shown_title == "en"


def test_what_stands_beside_every_quote_is_bounded(corpus):
    (corpus / "a.md").write_text(
        f"---\ndate: {'9' * 5000}\nsource: https://e.org/{'a' * 5000}\n---\n# {'word ' * 5000}\n\nText.", "utf-8"
    )
    documents, _ = read(corpus)
    document = documents["a.md"]
    assert (len(document.title), len(document.date), document.source) == (299, 100, "")
    assert document.text.endswith("word \n\nText.")

"""Hostile documents: whatever a file does to its parser, the build goes on and says which file it was."""

from __future__ import annotations

import io
import math
import sys
import threading
import time
import zipfile
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import docx
import pytest

from index import sandbox as sandbox_module
from index.formats import READERS
from index.formats.extract import Extract, UnreadableError
from index.sandbox import Sandbox

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux alone")


@pytest.fixture(scope="module")
def sandbox():
    with closing(Sandbox()) as it:
        yield it


def word_file(replace=None, **members):
    """A Word document, with some of its members replaced or added."""
    made = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("A paragraph of Word.")
    document.save(made)
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, replace(name, data) if replace else data)
        for name, data in members.items():
            target.writestr(name, data)
    return changed.getvalue()


def reason(sandbox, suffix, data):
    with pytest.raises(UnreadableError) as error:
        sandbox.read(suffix, data)
    return str(error.value)


def test_it_reads_what_the_readers_read(sandbox):
    samples = {
        ".md": b"---\ntitle: A title\ndate: 2026-02-24\n---\n# Heading\n\nText \xe2\x80\x94 here.",
        ".txt": "Un texte français, où il y a des accents.".encode("cp1252"),
        ".html": b"<html><head><title>T</title></head><body><article><h1>H</h1><p>"
        + b"Some words of a paragraph. " * 20
        + b"</p></article></body></html>",
        ".docx": word_file(),
    }
    for suffix, data in samples.items():
        assert sandbox.read(suffix, data) == READERS[suffix](data)


def test_a_reason_comes_through(sandbox):
    assert reason(sandbox, ".txt", b"a\0b") == "it is not text (it holds NUL characters)"


def test_one_that_takes_too_long_is_ended_and_the_next_is_read(monkeypatch):
    with closing(Sandbox(seconds=1)) as it:
        assert it.read(".txt", b"One.").text == "One."
        monkeypatch.setattr(sandbox_module, "_exchange", lambda process, *_: process.wait(60) and None)
        assert reason(it, ".txt", b"Two.") == "reading it takes longer than 1 seconds"
        monkeypatch.undo()
        assert it.read(".txt", b"Three.").text == "Three."


@on_linux
def test_one_that_takes_too_much_memory_is_named_and_the_next_is_read():
    with closing(Sandbox(memory_bytes=300 * 1024 * 1024)) as it:
        data = "\N{GRINNING FACE}".encode() * 16_000_000
        assert "too much memory" in reason(it, ".md", data)
        assert it.read(".md", b"A small one.").text == "A small one."


def test_a_reader_that_dies_is_told(monkeypatch):
    with closing(Sandbox()) as it:
        it.read(".txt", b"One.")
        it._process.kill()
        assert "ended its reader" in reason(it, ".txt", b"Two.")
        assert it.read(".txt", b"Three.").text == "Three."


@on_linux
def test_it_knows_no_secret_and_writes_no_file(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "a.secret.token")
    with closing(Sandbox()) as it:
        it.read(".txt", b"One.")
        process = Path("/proc", str(it._process.pid))
        assert b"DISCORD_TOKEN" not in (process / "environ").read_bytes()
        lines = (process / "limits").read_text().splitlines()
        limits = {line[:26].strip(): line[26:].split()[0] for line in lines}
        assert (limits["Max file size"], limits["Max core file size"]) == ("0", "0")
        assert limits["Max address space"] == str(sandbox_module.MAX_MEMORY_BYTES)


@on_linux
def test_it_ends_with_the_build():
    """Its standard input ends when its parent is killed."""
    import subprocess

    script = (
        "import os, signal; from index.sandbox import Sandbox; s = Sandbox(); s.read('.txt', b'x');"
        "print(s._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=sandbox_module._ROOT, capture_output=True, encoding="utf-8"
    )
    child = int(run.stdout)
    end = time.monotonic() + 30
    while Path("/proc", str(child)).exists():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer",
    [
        {"text": 1},
        {"text": "a", "title": None},
        {"text": "a", "title": "", "source": "", "date": "", "language": "", "headings": [[0, 9, 1]]},
        {"text": "abcd", "title": "", "source": "", "date": "", "language": "", "headings": [[2, 3, 1], [0, 1, 1]]},
        *(
            {"text": "a", "title": "", "source": "", "date": "", "language": "", "headings": headings}
            for headings in (5, [[0, 1]], ["a"], [[None, 1, 1]], [[0, math.inf, 1]])
        ),
    ],
    ids=str,
)
def test_what_it_says_is_not_believed(answer):
    with pytest.raises(UnreadableError):
        sandbox_module._extract(answer)


def test_an_answer_without_end_is_not_waited_for(monkeypatch):
    with closing(Sandbox()) as it:
        it.read(".txt", b"One.")
        monkeypatch.setattr(sandbox_module, "_MAX_ANSWER_BYTES", 10)
        assert "ended its reader" in reason(it, ".txt", b"Two.")


def test_an_answer_nested_without_end_is_none(monkeypatch):
    with closing(Sandbox()) as it:
        it.read(".txt", b"One.")
        nested = b"[" * 100_000
        process = SimpleNamespace(
            stdin=io.BytesIO(), stdout=io.BytesIO(b"%d\n" % len(nested) + nested), kill=it._process.kill
        )
        process.communicate = it._process.communicate
        monkeypatch.setattr(it, "_process", process)
        assert "ended its reader" in reason(it, ".txt", b"Two.")


def test_an_answer_of_a_length_below_zero_is_none():
    process = SimpleNamespace(stdin=io.BytesIO(), stdout=io.BytesIO(b'-1\n{"text": "all that comes"}'))
    with pytest.raises(ValueError, match="-1"):
        sandbox_module._exchange(process, ".txt", b"One.")


def test_a_zip_bomb(sandbox):
    bomb = word_file(**{"word/media/zeros.bin": bytes(300 * 1024 * 1024)})
    assert len(bomb) < 1_000_000
    assert "unpacks to more than" in reason(sandbox, ".docx", bomb)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{LAUGHS}]>'.encode()
FILE_ENTITY = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def test_an_xml_bomb(sandbox):
    """Entities that grow tenfold eleven times."""

    def bomb(name, data):
        if name != "word/document.xml":
            return data
        return BOMB + data.split(b"?>", 1)[1].replace(b"A paragraph of Word.", b"&l11;")

    with suppress(UnreadableError):
        assert len(sandbox.read(".docx", word_file(bomb)).text) < 1000


def test_an_external_entity_brings_no_file_in(sandbox):
    def entity(name, data):
        if name != "word/document.xml":
            return data
        return FILE_ENTITY + data.split(b"?>", 1)[1].replace(b"A paragraph of Word.", b"before &x; after")

    with suppress(UnreadableError):
        assert "root:" not in sandbox.read(".docx", word_file(entity)).text


def test_names_in_an_archive_lead_nowhere(sandbox, tmp_path):
    data = word_file(**{"../../../escaped.txt": b"x", "/tmp/escaped.txt": b"x"})
    assert sandbox.read(".docx", data).text == "A paragraph of Word."
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_a_page_asks_no_server_for_anything_and_runs_no_script(sandbox):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        at = f"http://127.0.0.1:{server.server_port}"
        page = f"""<!DOCTYPE html SYSTEM "{at}/dtd"><html><head><base href="{at}/"><title>A page</title>
            <script src="{at}/script.js"></script><link rel="stylesheet" href="{at}/style.css"></head>
            <body><article><p>{"Words that stay. " * 30}</p><script>document.write("never shown")</script>
            <img src="{at}/image.png"><iframe src="{at}/frame"></iframe></article></body></html>"""
        extract = sandbox.read(".html", page.encode())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []
    assert "Words that stay." in extract.text
    assert "never shown" not in extract.text


def pdf(body: bytes) -> bytes:
    return b"%PDF-1.4\n" + body + b"\ntrailer << /Root 1 0 R /Size 9 >>\nstartxref\n0\n%%EOF"


BROKEN_PDFS = {
    "nothing but its head": b"%PDF-1.7",
    "pages in a circle": pdf(
        b"1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [2 0 R] /Count 1 >> endobj"
    ),
    "a billion pages": pdf(
        b"1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [] /Count 999999999 >> endobj"
    ),
    "brackets without end": pdf(b"1 0 obj " + b"[" * 200_000 + b" endobj"),
    "a reference to itself": pdf(b"1 0 obj 1 0 R endobj"),
    "random bytes": b"%PDF-1.4\n" + bytes(range(256)) * 200,
}


@pytest.mark.parametrize("name", BROKEN_PDFS)
def test_a_broken_pdf_is_a_reason(sandbox, name):
    assert reason(sandbox, ".pdf", BROKEN_PDFS[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b" " * 2_000_000,
        b"\n" * 2_000_000,
        b"a" * 2_000_000,
        b"[" * 100_000,
        b"> " * 20_000 + b"deep",
        b"* " * 20_000,
        b"---\n" + b"a: &a [x, x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (n, n) for n in range(30)) + b"---\ntext",
        b"---\n" + b"[" * 5_000 + b"\n---\ntext",
        b"\xff\xfe" + b"\x00\xd8" * 10_000,
        b"`" * 50_000,
        b"![" * 30_000,
        b"<" * 50_000,
    ],
    ids=lambda data: repr(data[:6]),
)
def test_text_that_is_hard_to_read_takes_no_more_than_the_limit(data):
    with closing(Sandbox(seconds=20)) as it:
        for suffix in (".md", ".txt", ".html"):
            try:
                assert isinstance(it.read(suffix, data), Extract)
            except UnreadableError as error:
                assert str(error)


def test_a_build_names_the_hostile_file_and_goes_on(aside, monkeypatch):
    monkeypatch.setattr("index.build.Sandbox", Sandbox)
    (aside.corpus / "bomb.docx").write_bytes(word_file(**{"word/media/zeros.bin": bytes(300 * 1024 * 1024)}))
    (aside.corpus / "broken.pdf").write_bytes(BROKEN_PDFS["pages in a circle"])
    report = aside.build()
    assert report.manifest.documents == 2
    assert set(report.manifest.rejected) == {"bomb.docx", "broken.pdf"}

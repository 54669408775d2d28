"""Every reader is fed broken files for a bounded time: it gives text or a reason, and the text can be cut and quoted.

The files are valid ones with bytes changed, cut out, repeated and exchanged. A failure names the seed of its file:
`FUZZ_SEED=… pytest tests/index/test_fuzz.py` begins with it.
"""

from __future__ import annotations

import io
import os
import random
import time
import zipfile

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, read_here
from index.formats import READERS
from index.formats.extract import Extract, UnreadableError
from index.language import detect
from index.passages import check, cut
from tests.conftest import ARTICLE

SECONDS = 15
FIRST_SEED = int(os.environ.get("FUZZ_SEED", "1"))


def a_pdf() -> bytes:
    """One page of text, with its cross-reference table."""
    stream = b"BT /F1 12 Tf 72 720 Td (A sentence of a page. And another one.) Tj 0 -20 Td (Its second line.) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(data),
    )


def a_word_file() -> bytes:
    made = io.BytesIO()
    document = docx.Document()
    document.add_heading("A heading", 1)
    document.add_paragraph("A paragraph of Word. With a second sentence.")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text = "left"
    table.rows[0].cells[1].text = "right"
    document.save(made)
    return made.getvalue()


PAGE = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta property="og:url" content="https://example.org/a"></head><body><nav><a href="/">Home</a></nav><article>
<h1>A heading</h1><p>A first paragraph with <b>bold</b> words &amp; entities.</p><ul><li>one<li>two</ul>
<table><tr><td>a<td>b</table><blockquote><p>Quoted words.</p></blockquote><script>var x = "<p>";</script></article>"""

ODD = (b"\0", b"\xff", b"-1", b"999999999", b"<", b"[", b"\r", b"\xed\xa0\x80")
TEXT = ARTICLE.read_bytes()
SAMPLES = {".pdf": a_pdf(), ".docx": a_word_file(), ".html": PAGE, ".md": TEXT, ".txt": TEXT}


def changed(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one to eight changes."""
    new = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(new) + 1)
        length = chance.choice((1, 2, 4, 16, 256))
        part = new[at : at + length]
        kind = chance.randrange(6)
        if kind == 0 and at < len(new):
            new[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del new[at : at + length]
        elif kind == 2:
            new[at:at] = chance.randbytes(length)
        elif kind == 3:
            new[at:at] = part * chance.choice((2, 50))
        elif kind == 4:
            new[at : at + length] = chance.choice(
                (b"\0", b"\xff", b"-1", b"999999999", b"<", b"[", b"\r", b"\xed\xa0\x80")
            )
        else:
            other = chance.randrange(len(new) + 1)
            new[at : at + length] = new[other : other + length]
    return bytes(new)


def broken(suffix: str, chance: random.Random) -> bytes:
    """A broken file; of a Word document mostly a member is broken, since the archive's own checks see the rest."""
    if suffix != ".docx" or chance.random() < 0.2:
        return changed(SAMPLES[suffix], chance)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SAMPLES[suffix])) as source, zipfile.ZipFile(made, "w") as target:
        victim = chance.choice(source.namelist())
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, changed(data, chance) if name == victim else data)
    return made.getvalue()


def one_token_a_word(texts):
    return [len(text.split()) + len(text) // 5 for text in texts]


def read_and_cut(suffix: str, data: bytes) -> None:
    try:
        extract = read_here(suffix, data)
    except UnreadableError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    assert isinstance(extract, Extract)
    text = extract.text.encode("utf-8", "replace").decode("utf-8")
    document = Document("a", extract.title, "", "", detect(text), text, extract.headings)
    check(document, cut(document, one_token_a_word, 64))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SAMPLES)
def test_broken_files_for_a_while(suffix):
    assert set(SAMPLES) | {".htm"} == set(READERS)
    end = time.monotonic() + SECONDS
    seed = FIRST_SEED
    while time.monotonic() < end:
        try:
            read_and_cut(suffix, broken(suffix, random.Random(seed)))
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={seed}") from error
        seed += 1
    assert seed > FIRST_SEED


@pytest.mark.parametrize("suffix", SAMPLES)
def test_a_few_broken_files(suffix):
    for seed in range(40):
        read_and_cut(suffix, broken(suffix, random.Random(seed)))


@pytest.mark.parametrize("suffix", SAMPLES)
@given(data=st.binary(max_size=2_000))
def test_any_bytes(suffix, data):
    read_and_cut(suffix, data)

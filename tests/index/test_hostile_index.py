"""Index files that somebody made on purpose, with checksums that match: refused, and nothing of them is run."""

from __future__ import annotations

import io
import json
import pickle
import sqlite3
import struct
import sys
from contextlib import closing

import numpy as np
import pytest

from index.errors import DamagedIndexError, VerbatimError
from index.manifest import body_digest, sha256_of


def seal(folder) -> None:
    """Make the manifest say that every file is as it should be."""
    path = folder / "manifest.json"
    body = json.loads(path.read_text())["manifest"]
    for name in body["files"]:
        file = folder / name
        body["files"][name] = {"size": file.stat().st_size, "sha256": sha256_of(file)}
    path.write_text(json.dumps({"sha256": body_digest(body), "manifest": body}))


class Payload:
    """What runs when somebody unpickles it."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def object_array() -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(made, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    return made.getvalue() + pickle.dumps(np.array([Payload()], dtype=object))


def endless_array(kind: str) -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(made, {"descr": kind, "fortran_order": False, "shape": (10**12, 384)})
    return made.getvalue() + bytes(100)


@pytest.mark.parametrize("make", [object_array, lambda: endless_array("<f2"), lambda: endless_array("<i8")])
@pytest.mark.parametrize(
    "file", ["sentences.npy", "words.npy", "lexical.data.npy", "lexical.indices.npy", "lexical.indptr.npy"]
)
def test_an_array_of_objects_or_without_end_is_refused(aside, file, make):
    aside.build()
    (aside.current / file).write_bytes(make())
    seal(aside.current)
    with pytest.raises(DamagedIndexError):
        aside.open()


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured otherwise")
def test_a_faiss_index_that_claims_terabytes_allocates_nothing(aside):
    import resource

    aside.build()
    path = aside.current / "passages.faiss"
    data = bytearray(path.read_bytes())
    # A flat index: a head of 4 + 4 + 8 + 16 + 1 + 4 bytes, then the number of floats.
    at = next(at for at in range(20, 60) if struct.unpack_from("<Q", data, at)[0] in (4 * 16, 4 * 16 * 4))
    struct.pack_into("<Q", data, at, 2**38)
    path.write_bytes(data)
    seal(aside.current)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedIndexError):
        aside.open()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_database_of_another_form_is_refused(aside):
    aside.build()
    path = aside.current / "content.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE sentences")
        database.execute("CREATE VIEW sentences AS SELECT load_extension('/tmp/evil.so') AS id, 1 AS start, 2 AS 'end'")
    seal(aside.current)
    with pytest.raises(DamagedIndexError):
        aside.open().ask("What does the cat do?")


def test_offsets_that_lead_elsewhere_are_never_quoted(aside):
    aside.build()
    with closing(sqlite3.connect(aside.current / "content.sqlite3")) as database, database:
        database.execute('UPDATE passages SET start = 0, "end" = 3')
    seal(aside.current)
    with pytest.raises(DamagedIndexError):
        aside.open()


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("weights.json", b'{"ranking": NaN}'),
        ("weights.json", b"[" * 100_000),
        ("lexical.terms.json", b"{}"),
        ("lexical.terms.json", b'"a"'),
        ("lexical.params.json", b"{}"),
        ("lexical.params.json", b"null"),
        ("lexical.words.txt", b"\xff\xfe"),
        ("lexical.words.txt", b""),
        ("passages.faiss", b"IxFI"),
        ("content.sqlite3", b"SQLite format 3\0" + bytes(4080)),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_other_files_with_other_things_in_them_are_refused(aside, file, data):
    aside.build()
    (aside.current / file).write_bytes(data)
    seal(aside.current)
    with pytest.raises(VerbatimError):
        aside.open()


def test_a_file_outside_of_the_generation_is_not_opened(aside, tmp_path):
    aside.build()
    path = aside.current / "manifest.json"
    body = json.loads(path.read_text())["manifest"]
    body["files"]["../../../secret"] = {"size": 1, "sha256": ""}
    path.write_text(json.dumps({"sha256": body_digest(body), "manifest": body}))
    with pytest.raises(DamagedIndexError, match=r"manifest\.json"):
        aside.open()


@pytest.mark.parametrize("row", [10**9, -1, 0.0, True])
def test_a_term_without_a_row_of_its_own_is_refused(aside, row):
    aside.build()
    path = aside.current / "lexical.terms.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "zebra": row}))
    seal(aside.current)
    with pytest.raises(DamagedIndexError):
        aside.open()


@pytest.mark.parametrize("created", [1e300, -1.0, float("nan")])
def test_a_date_that_is_none_is_refused(aside, created):
    aside.build()
    path = aside.current / "manifest.json"
    body = {**json.loads(path.read_text())["manifest"], "created": created}
    path.write_text(json.dumps({"sha256": body_digest(body), "manifest": body}))
    with pytest.raises(DamagedIndexError):
        aside.open()

"""Where the corpus and the index are and which model reads them: read once, at the edge, and handed in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from index.errors import VerbatimError

BUILTIN_MODEL = "builtin"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The settings that the index needs; `embedding_model` is `builtin`, a folder, or a hub name."""

    corpus_dir: Path
    data_dir: Path
    embedding_model: str


def environment(env_file: Path = Path(".env")) -> dict[str, str]:
    """The process's environment over the lines of `env_file`; nothing is written to `os.environ`.

    Raises `VerbatimError` for a file that cannot be read.
    """
    from dotenv import dotenv_values

    try:
        from_file = {name: value for name, value in dotenv_values(env_file).items() if value is not None}
    except UnicodeDecodeError as error:
        raise VerbatimError(f"{env_file} is not UTF-8.", "Save it as UTF-8 and try again.") from error
    except OSError as error:
        raise VerbatimError(
            f"{env_file} cannot be read: {error.strerror}.", "Make it readable, or remove it."
        ) from error
    return {**from_file, **os.environ}


def index_settings(
    values: Mapping[str, str], *, corpus_dir: Path | None = None, data_dir: Path | None = None
) -> IndexSettings:
    """Settings from `values`, where the two folders given (on a command line) win. An empty value is a missing one."""
    return IndexSettings(
        corpus_dir=corpus_dir or Path(values.get("CORPUS_DIR") or "corpus"),
        data_dir=data_dir or Path(values.get("DATA_DIR") or "data"),
        embedding_model=values.get("EMBEDDING_MODEL") or BUILTIN_MODEL,
    )

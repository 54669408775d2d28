"""The errors a user can mend: one line that says what is wrong and what to do about it."""

from __future__ import annotations

# What mends most of what can be wrong with an index.
BUILD_COMMAND = "Run: python -m index build"


class VerbatimError(Exception):
    """Root of every error that is the user's to mend; anything else is a bug and keeps its traceback.

    `message` says what is wrong, `remedy` what to do (usually a command), `exit_code` what a program ends with.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class CorpusError(VerbatimError):
    """The corpus, or a document of it, cannot be read."""


class QuestionError(VerbatimError):
    """The question cannot be asked: empty, too long, or without a single letter or digit."""


class ModelError(VerbatimError):
    """The embedding model is missing, broken, or cannot be fetched."""


class NoIndexError(VerbatimError):
    """There is no index yet."""


class StaleIndexError(VerbatimError):
    """The index was made by another model, other cutting rules, or an older format of the program."""


class BusyError(VerbatimError):
    """Another process is writing the index."""


class StorageError(VerbatimError):
    """The disk refused: it is full, read-only, or failing. What was published before still stands."""


class DamagedIndexError(VerbatimError):
    """A file of the index is missing or is not what was written."""

    exit_code = 3

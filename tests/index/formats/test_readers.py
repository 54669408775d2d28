"""What holds for the readers of all formats."""

from __future__ import annotations

import pytest

from index.formats import READERS
from index.formats.extract import UnreadableError


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_noise_is_refused_or_read_but_crashes_nothing(reader):
    import random

    random.seed(7)
    for size in (0, 1, 10, 1000, 20_000):
        try:
            reader(random.randbytes(size))
        except UnreadableError as error:
            assert str(error)

"""A limit on how often one person asks: a bucket of questions that fills up again with time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Cooldown:
    """Lets each user ask `burst` questions at once, and one more every `seconds`."""

    def __init__(self, burst: int = 5, seconds: float = 4.0, clock: Callable[[], float] = time.time) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        # For each user the moment at which the bucket is full again (generic cell rate algorithm).
        self._full_at: dict[int, float] = {}
        self._told: set[int] = set()

    def take(self, user: int) -> float:
        """Count one question of `user`: 0 when it may be asked, else the moment (epoch seconds) from which it may."""
        now = self._clock()
        full_at = max(self._full_at.get(user, now), now) + self._seconds
        earliest = full_at - self._burst * self._seconds
        # A hair of tolerance, or a question at the very moment that was promised is refused by a rounding error.
        if earliest > now + 1e-6:
            return earliest
        if len(self._full_at) > 10_000:
            self._full_at = {other: moment for other, moment in self._full_at.items() if moment > now}
            self._told &= self._full_at.keys()
        self._full_at[user] = full_at
        self._told.discard(user)
        return 0.0

    def tell(self, user: int) -> bool:
        """Whether to tell `user` that it is too soon: once, until the next question that may be asked."""
        is_new = user not in self._told
        self._told.add(user)
        return is_new

"""Counting per minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from openhitl.cases.counts import Counts, OwnCounts


class Allowance(NamedTuple):
    """What is left in this minute. `reset_seconds` is the time until the next one begins."""

    limit: int
    remaining: int
    reset_seconds: int
    allowed: bool


_ANY = Allowance(limit=0, remaining=0, reset_seconds=0, allowed=True)


class MinuteRate:
    """Allows `limit` takes per key and minute of the clock; 0 allows any number."""

    def __init__(self, limit: int, *, wall: Callable[[], float], counts: Counts | None = None) -> None:
        self.limit = limit
        self._wall = wall
        self._counts = counts or OwnCounts()

    def take(self, key: str) -> Allowance:
        """Count one take."""
        if not self.limit:
            return _ANY
        now = self._wall()
        taken = self._counts.add(key, int(now // 60))
        reset = 60 - int(now % 60)
        return Allowance(self.limit, max(0, self.limit - taken), reset, allowed=taken <= self.limit)

"""Counting per minute."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple


class Allowance(NamedTuple):
    """What is left in this minute. `reset_seconds` is the time until the next one begins."""

    limit: int
    remaining: int
    reset_seconds: int
    allowed: bool


_ANY = Allowance(limit=0, remaining=0, reset_seconds=0, allowed=True)


class MinuteRate:
    """Allows `limit` takes per key and minute of the clock; 0 allows any number."""

    def __init__(self, limit: int, *, wall: Callable[[], float]) -> None:
        self.limit = limit
        self._wall = wall
        self._minute = 0
        self._taken: dict[Hashable, int] = {}

    def take(self, key: Hashable) -> Allowance:
        """Count one take."""
        if not self.limit:
            return _ANY
        now = self._wall()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._taken = {}
        taken = self._taken.get(key, 0) + 1
        self._taken[key] = taken
        reset = 60 - int(now % 60)
        return Allowance(self.limit, max(0, self.limit - taken), reset, allowed=taken <= self.limit)

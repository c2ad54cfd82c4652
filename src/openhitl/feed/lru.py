"""A cache that forgets the least recently used once it is too heavy."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class WeightedCache(Generic[K, V]):
    """Keeps values up to a total weight in bytes; for one thread."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._weight = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def weight_bytes(self) -> int:
        return self._weight

    def get(self, key: K) -> V | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight_bytes: int) -> None:
        """Keep a value, unless it alone is too heavy; putting it again re-states its weight."""
        old = self._values.pop(key, None)
        if old is not None:
            self._weight -= old[1]
        if weight_bytes > self._capacity:
            return
        self._values[key] = (value, weight_bytes)
        self._weight += weight_bytes
        while self._weight > self._capacity:
            _, (_, lost) = self._values.popitem(last=False)
            self._weight -= lost

    def drop(self, key: K) -> None:
        old = self._values.pop(key, None)
        if old:
            self._weight -= old[1]

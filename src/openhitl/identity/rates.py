"""What must not be done too often, by whoever tries to get in."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from openhitl.errors import RateLimited
from openhitl.store import Store
from openhitl.store.runner import Runner


class RateLimits:
    """Counts over all processes of one store.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._run = run
        self._clock = clock

    async def take(self, bucket: str, *, every: timedelta, burst: int, message: str | None = None) -> None:
        """Do something once more, if it may be; see `store.rates`. Raises: RateLimited, in whole seconds."""
        wait = await self._run(self._store.take, bucket, every=every, burst=burst, now=self._clock())
        if wait is not None:
            seconds = max(1, math.ceil(wait.total_seconds()))
            raise RateLimited(message, retry_after_seconds=seconds)

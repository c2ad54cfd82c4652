"""Loading what is shown: one load at a time, and one more for whatever was wanted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Loading:
    """Runs `load` as often as it takes for what is shown to be no older than the last time it was wanted."""

    def __init__(self, load: Callable[[], Awaitable[None]]) -> None:
        self._load = load
        self._wanted = asyncio.Event()

    def want(self) -> None:
        """Load soon; however often that is wanted while one load runs, there is one after it."""
        self._wanted.set()

    async def run(self) -> None:
        """Load whenever it is wanted, until this is cancelled. Raises what `load` raises."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._load()

"""The sweeper: expires and reminds what is due, and deletes what is past its retention, or too old.

Timers are a column of the case, so a restart forgets nothing, every process may sweep, and a second
sweep of the same case changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from openhitl.cases import Casebook
from openhitl.errors import HitlError

SWEEP_SECONDS = 1.0
PURGE_SECONDS = 3_600.0
DUE_AT_ONCE = 200
PURGE_AT_ONCE = 500
_log = structlog.get_logger("openhitl.jobs")


class Sweeper:
    """Sweeps one store. `retention` zero keeps finished cases for ever."""

    def __init__(self, book: Casebook, *, retention: timedelta) -> None:
        self._book = book
        self._retention = retention

    async def run(self) -> None:
        """Sweep until cancelled; a failing store is tried again at the next turn."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repeat(self.sweep, SWEEP_SECONDS))
            tasks.create_task(self._repeat(self.forget, PURGE_SECONDS))
            if self._retention:
                tasks.create_task(self._repeat(self.purge, PURGE_SECONDS))

    async def _repeat(self, work: Callable[[], Awaitable[int]], seconds: float) -> None:
        while True:
            try:
                await work()
            except HitlError as error:
                _log.warning("sweep_failed", code=error.code, message=error.message)
            await asyncio.sleep(seconds)

    async def sweep(self) -> int:
        """Let time pass for every case that is due; return how many there were."""
        swept = 0
        ledger = self._book.ledger
        while due := await ledger.read(ledger.store.due, self._book.clock(), DUE_AT_ONCE):
            results = await asyncio.gather(*map(self._book.tick, due), return_exceptions=True)
            swept += len(due)
            failed = [result for result in results if isinstance(result, BaseException)]
            if failed:
                raise failed[0]
        return swept

    async def purge(self) -> int:
        """Delete what ended before the retention; return how many cases."""
        store = self._book.ledger.store
        return await self._until_none(store.purge, self._book.clock() - self._retention)

    async def forget(self) -> int:
        """Delete codes, tokens and counts that are too old to mean anything; return how many rows."""
        return await self._until_none(self._book.ledger.store.forget, self._book.clock())

    async def _until_none(self, delete: Callable[[datetime, int], int], instant: datetime) -> int:
        deleted = 0
        while count := await self._book.ledger.read(delete, instant, PURGE_AT_ONCE):
            deleted += count
        return deleted

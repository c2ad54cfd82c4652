"""The store, reached from an event loop: reads on a few threads, writes through the one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import ParamSpec, TypeVar

from openhitl.protocol.case import Actor
from openhitl.protocol.lifecycle import Command
from openhitl.store import Store
from openhitl.store.records import Committed, Outcome

READERS = 4
DRAIN_SECONDS = 8.0
P = ParamSpec("P")
R = TypeVar("R")


class Ledger:
    """Everything that is read or written goes through here.

    Args:
        on_commit: told what was committed, on the event loop's thread and before any caller is
            answered.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime],
        on_commit: Callable[[Sequence[Committed]], None],
    ) -> None:
        self.store = store
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._on_commit = on_commit
        self._writer = store.writer(clock=clock, on_commit=self._committed, settle=self._settled)

    async def read(self, query: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one of the store's reads on a reader thread."""
        return await self._loop.run_in_executor(self._pool, lambda: query(*args, **kwargs))

    async def decide(self, command: Command, actor: Actor) -> Outcome:
        """Hand a command to the writer and wait until its outcome is durable.

        A caller that goes away does not take its command back. Raises: Overloaded, OutcomeUnknown.
        """
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._writer.put(command, actor, future)
        return await future

    def _committed(self, batch: Sequence[Committed]) -> None:
        self._loop.call_soon_threadsafe(self._on_commit, batch)

    def _settled(self, settled: Sequence[tuple[object, Outcome | BaseException]]) -> None:
        self._loop.call_soon_threadsafe(_settle, settled)

    async def close(self) -> None:
        """Let the writer finish what it has, then close the store."""
        await self._loop.run_in_executor(None, self._writer.drain, DRAIN_SECONDS)
        await asyncio.sleep(0)  # what the writer has settled is on the loop's queue before this
        self._pool.shutdown()
        self.store.close()


def _settle(settled: Sequence[tuple[object, Outcome | BaseException]]) -> None:
    for future, outcome in settled:
        if not isinstance(future, asyncio.Future) or future.done():
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

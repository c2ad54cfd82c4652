"""The store, reached from an event loop: reads on a few threads, writes through the one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Thread
from typing import ParamSpec, TypeVar

from openhitl.errors import Overloaded, Stopping, StoreError
from openhitl.protocol.case import Actor
from openhitl.protocol.commands import Command
from openhitl.store import Store
from openhitl.store.records import Committed, Outcome

READERS = 4
#: How long closing may take: first the writer, then all else of the store.
CLOSE_SECONDS = 4.5
#: How many commands may wait for the writer.
CAPACITY = 10_000
#: How many are worth a commit of their own.
GATHERED = 128
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
        self._leaving: list[tuple[Command, Actor, asyncio.Future[Outcome]]] = []
        self._with_writer = 0
        self._writer = store.writer(clock=clock, on_commit=self._committed, settle=self._settled)

    async def read(self, query: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one of the store's methods, which block, on a reader thread.

        Raises: Stopping once this is closed, or the interpreter is ending; what the method raises.
        """
        try:
            reading = self._loop.run_in_executor(self._pool, lambda: query(*args, **kwargs))
        except RuntimeError as error:  # the threads take nothing any more
            raise Stopping from error
        return await reading

    async def decide(self, command: Command, actor: Actor) -> Outcome:
        """Hand a command to the writer and wait until its outcome is durable.

        A caller that goes away does not take its command back.
        Raises: Overloaded, Stopping, OutcomeUnknown.
        """
        if len(self._leaving) >= CAPACITY:
            raise Overloaded
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._leaving.append((command, actor, future))
        if len(self._leaving) == 1 and not self._with_writer:
            self._loop.call_soon(self._gather, 1)
        return await future

    def _gather(self, seen: int) -> None:
        """Hand over once a turn of the loop has brought nothing new: no timer holds anything back.

        The writer is given more only when it has settled what it was given, so that whatever comes
        during a commit shares the next one.
        """
        if seen < len(self._leaving) < GATHERED:
            self._loop.call_soon(self._gather, len(self._leaving))
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        leaving, self._leaving = self._leaving, []
        for command, actor, future in leaving:
            try:
                self._writer.put(command, actor, future)
            except StoreError as error:
                _settle(future, error)
            else:
                self._with_writer += 1

    def _committed(self, batch: Sequence[Committed]) -> None:
        self._loop.call_soon_threadsafe(self._on_commit, batch)

    def _settled(self, settled: Sequence[tuple[object, Outcome | BaseException]]) -> None:
        self._loop.call_soon_threadsafe(self._settle_all, settled)

    def _settle_all(self, settled: Sequence[tuple[object, Outcome | BaseException]]) -> None:
        self._with_writer -= len(settled)
        for future, outcome in settled:
            _settle(future, outcome)
        if self._leaving and not self._with_writer:
            self._loop.call_soon(self._gather, len(self._leaving))

    async def close(self) -> None:
        """Let the writer finish what has come, then close the store."""
        self._hand_over()
        deadline = self._loop.time() + CLOSE_SECONDS
        await self._loop.run_in_executor(None, self._writer.drain, CLOSE_SECONDS)
        await asyncio.sleep(0)  # what the writer has settled is on the loop's queue before this
        # On a thread of its own, which nobody waits for at the end: a read may hang for long.
        ending = Thread(target=self._pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        await self._loop.run_in_executor(None, ending.join, max(0.0, deadline - self._loop.time()))
        self.store.close(max(0.0, deadline - self._loop.time()))


def _settle(future: object, outcome: Outcome | BaseException) -> None:
    if not isinstance(future, asyncio.Future) or future.done():
        return  # the caller has gone away; its command took effect all the same
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)

"""The writer: one thread that takes what waits, commits it together, and answers everybody."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from openhitl.errors import HitlError, OutcomeUnknown, Overloaded, Stopping, StoreError, Unavailable
from openhitl.protocol.case import Actor
from openhitl.protocol.commands import Command
from openhitl.store.records import Committed, Outcome
from openhitl.store.transactions import Flushed, Member, Transactions

BATCH = 256
CAPACITY = 10_000
Settled = Sequence[tuple[object, Outcome | BaseException]]
T = TypeVar("T")
_log = structlog.get_logger("openhitl.store")


class Writer:
    """Takes commands from any thread and makes them durable in the order of their arrival.

    Args:
        transactions: runs the batches; from now on this thread's alone.
        on_commit: told what became durable, once a batch and before anybody is answered.
        settle: given every caller's outcome, once a batch. Both are called on the writer's thread and
            must not block.
        capacity: how many commands may wait.
    """

    def __init__(
        self,
        transactions: Transactions,
        *,
        on_commit: Callable[[Sequence[Committed]], None],
        settle: Callable[[Settled], None],
        capacity: int = CAPACITY,
    ) -> None:
        self._transactions = transactions
        self._on_commit = on_commit
        self._settle = settle
        self._capacity = capacity
        self._waiting: queue.SimpleQueue[Member | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def put(self, command: Command, actor: Actor, done: object) -> None:
        """Hand over a command; its outcome goes to `settle` with `done`.

        Raises: Overloaded if too many wait; Stopping if the writer is ending.
        """
        with self._closing:
            if self._closed:
                raise Stopping
            if self._waiting.qsize() >= self._capacity:
                raise Overloaded
            self._waiting.put(Member(command, actor, done))

    def drain(self, timeout_seconds: float) -> bool:
        """Take nothing more, finish what waits, and end; return whether that was done in time."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._take()
            if batch:
                failed = _attempt(self._flush, batch)
                if failed is not None:
                    _log.error("callback_failed", commands=len(batch), error=_spot(failed))
        self._transactions.close()

    def _take(self) -> tuple[list[Member], bool]:
        batch: list[Member] = []
        member = self._waiting.get()
        while member is not None:
            batch.append(member)
            if len(batch) == BATCH:
                return batch, False
            try:
                member = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _flush(self, batch: Sequence[Member]) -> None:
        flush = _Flush()
        ran = _attempt(self._transactions.run, batch)
        if isinstance(ran, Flushed):
            flush.add(batch, ran)
        elif isinstance(ran, (OutcomeUnknown, Unavailable)):
            flush.fail(batch, ran)
        else:  # one member's fault must not be everybody's
            _log.warning("batch_rolled_back", commands=len(batch), error=_spot(ran))
            self._transactions.close()
            self._flush_one_by_one(batch, flush)
        if flush.committed:
            self._on_commit(flush.committed)
        self._settle(flush.settled)

    def _flush_one_by_one(self, batch: Sequence[Member], flush: _Flush) -> None:
        for index, member in enumerate(batch):
            ran = _attempt(self._transactions.run, [member])
            if isinstance(ran, Flushed):
                flush.add([member], ran)
                continue
            if isinstance(ran, Unavailable):
                flush.fail(batch[index:], ran)
                return
            self._transactions.close()
            if isinstance(ran, HitlError):
                flush.fail([member], ran)
            else:
                _log.error("command_failed", command=type(member.command).__name__, error=_spot(ran))
                flush.fail([member], StoreError(), cause=ran)


class _Flush:
    """What there is to tell after a batch."""

    def __init__(self) -> None:
        self.committed: list[Committed] = []
        self.settled: list[tuple[object, Outcome | BaseException]] = []

    def add(self, members: Sequence[Member], flushed: Flushed) -> None:
        self.committed += flushed.committed
        self.settled += zip((member.done for member in members), flushed.outcomes, strict=True)

    def fail(self, members: Sequence[Member], error: HitlError, *, cause: Exception | None = None) -> None:
        error.__cause__ = cause or error.__cause__
        self.settled += [(member.done, error) for member in members]


def _attempt(work: Callable[[Sequence[Member]], T], members: Sequence[Member]) -> T | Exception:
    """Work for some members; whatever fails is handed back, for nothing may end the worker loop."""
    try:
        return work(members)
    except Exception as error:  # the worker loop
        return error


def _spot(error: Exception) -> str:
    """Say what failed and where; nothing of an error's text, in which an answer may be."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    what = error.message if isinstance(error, HitlError) else type(error).__name__
    return f"{what} ({where.filename}:{where.lineno})"

"""The writer: one thread that takes what waits, commits it together, and answers everybody."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import structlog

from openhitl.errors import OutcomeUnknown, Overloaded, StoreError
from openhitl.protocol.case import Actor
from openhitl.protocol.lifecycle import Command
from openhitl.store.records import Committed, Outcome
from openhitl.store.transactions import Member, Transactions, Unavailable

BATCH = 256
CAPACITY = 10_000
Settled = Sequence[tuple[object, Outcome | BaseException]]
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

        Raises: Overloaded if too many wait, or if the writer is ending.
        """
        with self._closing:
            if self._closed:
                raise Overloaded("The server is stopping; try again.")
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
                try:
                    self._flush(batch)
                except Exception:  # the worker loop: whatever it is, the next batch must still be written
                    _log.exception("batch_failed", commands=len(batch))
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
        committed: list[Committed] = []
        settled: list[tuple[object, Outcome | BaseException]] = []
        try:
            self._write(batch, committed, settled)
        except Exception as error:
            self._transactions.close()
            failure = StoreError()
            failure.__cause__ = error
            answered = {id(done) for done, _ in settled}
            settled += [(member.done, failure) for member in batch if id(member.done) not in answered]
            raise
        finally:
            if committed:
                self._on_commit(committed)
            self._settle(settled)

    def _write(
        self,
        batch: Sequence[Member],
        committed: list[Committed],
        settled: list[tuple[object, Outcome | BaseException]],
    ) -> None:
        try:
            flushed = self._transactions.run(batch)
        except (OutcomeUnknown, Unavailable) as error:
            settled += [(member.done, error) for member in batch]
        except StoreError as error:
            _log.warning("batch_rolled_back", commands=len(batch), message=error.message)
            self._write_one_by_one(batch, committed, settled)
        else:
            committed += flushed.committed
            settled += zip((member.done for member in batch), flushed.outcomes, strict=True)

    def _write_one_by_one(
        self,
        batch: Sequence[Member],
        committed: list[Committed],
        settled: list[tuple[object, Outcome | BaseException]],
    ) -> None:
        down: Unavailable | None = None
        for member in batch:
            if down is not None:
                settled.append((member.done, down))
                continue
            try:
                flushed = self._transactions.run([member])
            except Unavailable as error:
                down = error
                settled.append((member.done, error))
            except StoreError as error:
                settled.append((member.done, error))
            else:
                committed += flushed.committed
                settled += zip([member.done], flushed.outcomes, strict=True)

"""The worker: does what decisions have left to be done in the world, at least once, however often it fails.

Every process may run one: a job is taken under a lease, and is due again when the lease ends. One
destination that is down keeps nobody else waiting: each has a lane of its own, which pauses when it
fails.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from openhitl.cases import Casebook
from openhitl.errors import PeerError, StoreError
from openhitl.protocol.lifecycle import Effect
from openhitl.store.jobs import Job

POLL_SECONDS = 1.0
#: Longer than anything that a job waits for.
LEASE = timedelta(seconds=60)
#: After each failure of a job; the last for all that follow. Three quick tries, then growing pauses.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, 1_800, 3_600))
GIVE_UP_AFTER = timedelta(hours=72)
#: The longest pause of a destination, so that what waits for one that is back is soon done.
MOST_LANE_PAUSE = timedelta(minutes=2)
#: Each pause of a job is longer by up to this part, so that what failed together does not come back so.
JITTER = 0.1
LANE_WIDTH = 4
MOST_RUNNING = 64
DESTINATIONS_AT_ONCE = 1_000
Doer = Callable[[Job], Awaitable[None]]
_log = structlog.get_logger("openhitl.jobs")


@dataclass(slots=True)
class _Lane:
    """One destination: what is under way to it, and until when it is left alone."""

    running: int = 0
    failures: int = 0
    paused_until: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def is_forgotten(self, now: datetime) -> bool:
        """Whether nothing is under way, and no failure is so new that the next pause must be longer."""
        if self.running:
            return False
        return self.paused_until is None or self.paused_until + MOST_LANE_PAUSE < now

    def failed(self, now: datetime) -> None:
        if self.is_paused(now):
            return  # one of several that were under way together
        self.paused_until = now + min(pause_after(self.failures), MOST_LANE_PAUSE)
        self.failures += 1

    def succeeded(self) -> None:
        self.failures = 0
        self.paused_until = None


class Worker:
    """Does the jobs of one store.

    Args:
        doers: what does a job of each kind, others being left to whoever can; raises PeerError when it
            failed, `permanent` for good.
    """

    def __init__(self, book: Casebook, doers: Mapping[Effect, Doer]) -> None:
        self._book = book
        self._doers = doers
        self._lanes: dict[str, _Lane] = {}
        self._running = 0

    async def run(self) -> None:
        """Work until cancelled; a failing store is tried again at the next turn."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._book.effects.wait()
                except TimeoutError:
                    pass
                self._book.effects.clear()
                try:
                    await self._start(tasks)
                except StoreError as error:
                    _log.warning("taking_jobs_failed", code=error.code, message=error.message)

    async def sweep(self) -> int:
        """Do what is due now, and return how many jobs that were."""
        async with asyncio.TaskGroup() as tasks:
            return await self._start(tasks)

    async def _start(self, tasks: asyncio.TaskGroup) -> int:
        now, ledger, kinds = self._book.clock(), self._book.ledger, self._doers.keys()
        self._lanes = {name: lane for name, lane in self._lanes.items() if not lane.is_forgotten(now)}
        started = 0
        for destination in await ledger.read(ledger.store.due_destinations, now, DESTINATIONS_AT_ONCE, kinds):
            lane = self._lanes.setdefault(destination, _Lane())
            width = min(LANE_WIDTH - lane.running, MOST_RUNNING - self._running)
            if width <= 0 or lane.is_paused(now):
                continue
            for job in await self._take(destination, now, width):
                lane.running += 1
                self._running += 1
                tasks.create_task(self._do(job, lane))
                started += 1
        return started

    async def _take(self, destination: str, now: datetime, width: int) -> list[Job]:
        """Take jobs of a destination; who is told to stop meanwhile gives them back."""
        ledger = self._book.ledger
        kinds = self._doers.keys()
        taking = asyncio.ensure_future(
            ledger.read(ledger.store.take_jobs, destination, now, now + LEASE, width, kinds)
        )
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            for job in await taking:
                await ledger.read(ledger.store.put_job_off, job, now, None)
            raise

    async def _do(self, job: Job, lane: _Lane) -> None:
        ledger = self._book.ledger
        try:
            await self._attempt(job, lane)
        except asyncio.CancelledError:
            now = self._book.clock()  # whoever comes next need not wait for the end of the lease
            await asyncio.shield(ledger.read(ledger.store.put_job_off, job, now, None))
            raise
        except StoreError as error:  # the lease ends by itself
            _log.warning("job_failed", job=job.job_id, code=error.code, message=error.message)
        finally:
            lane.running -= 1
            self._running -= 1
            self._book.effects.set()  # there may be more for this lane

    async def _attempt(self, job: Job, lane: _Lane) -> None:
        try:
            await self._doers[job.kind](job)
        except PeerError as error:
            await self._failed(job, lane, error)
        else:
            lane.succeeded()
            await self._book.ledger.read(self._book.ledger.store.job_done, job)

    async def _failed(self, job: Job, lane: _Lane, error: PeerError) -> None:
        now, ledger = self._book.clock(), self._book.ledger
        asked = timedelta(seconds=error.details.get("retry_after_seconds", 0))
        pause = pause_after(job.attempts) * (1 + random.random() * JITTER)  # noqa: S311 - no secret
        due_at = now + max(pause, min(asked, PAUSES[-1]))
        if error.permanent or due_at > job.first_due_at + GIVE_UP_AFTER:
            _log.warning("job_given_up", job=job.job_id, destination=job.destination, message=error.message)
            await ledger.read(ledger.store.give_job_up, job, now, error.message)
            return
        lane.failed(now)
        await ledger.read(ledger.store.put_job_off, job, due_at, error.message)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures and one more."""
    return PAUSES[min(failures, len(PAUSES) - 1)]

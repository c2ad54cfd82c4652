"""Follows the log, and tells the poll cache and the streams what happened.

A commit of this process is told at once. Those of other processes are found by one query for
positions past the cursor, when a wake-up comes and every second in any case. Correctness never
rests on a wake-up, nor on being the only process: while the cursor cannot be confirmed for
`TRUST_SECONDS`, nothing is served from the cache.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from openhitl.errors import StoreError
from openhitl.feed.audience import Audience, CaseHearers, Lasting, NoticeHearers
from openhitl.feed.polls import PollCache, PollEntry, Spell
from openhitl.feed.streams import Stream, Streams, event_bytes
from openhitl.protocol import wire
from openhitl.protocol.case import FINAL, ReviewCase, Status
from openhitl.protocol.lifecycle import Event, EventKind
from openhitl.store.records import Committed, LogEntry, StoredCase

POLL_SECONDS = 1.0
TRUST_SECONDS = 2.0
PAGE = 1_000


class Feed:
    """What those who wait are told.

    Args:
        load: reads a case.
        log_since: reads up to n log entries past a position, in order.
        review_url: the address that a reminder says again.
        spell: makes a poll body.
        of_cases, newest, of_notices, lasting: as the audience's.
        wall: seconds since the epoch.
        trust_seconds: how long after the last look at the log the cache is served from; 0: never.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        *,
        load: Callable[[str], Awaitable[StoredCase | None]],
        log_since: Callable[[int, int], Awaitable[Sequence[LogEntry]]],
        review_url: Callable[[str], str],
        spell: Spell,
        of_cases: CaseHearers,
        newest: Callable[[], Awaitable[Sequence[int]]],
        of_notices: NoticeHearers,
        lasting: Lasting,
        wall: Callable[[], float] = time.time,
        trust_seconds: float = TRUST_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.polls = PollCache(load, spell=spell, wall=wall)
        self.streams = Streams()
        self.audience = Audience(
            self.streams, of_cases=of_cases, newest=newest, of_notices=of_notices, lasting=lasting
        )
        self._log_since = log_since
        self._trust_seconds = trust_seconds
        self._monotonic = monotonic
        self._review_url = review_url
        self._cursor = 0
        self._trusted_until = 0.0
        self._wake = asyncio.Event()
        #: Cases that somebody here waits for and a human is at, with the progress that was told last.
        self._told: dict[str, Any] = {}

    async def run(self, head: int) -> None:
        """Follow the log from position `head` until cancelled; started again, from where it was."""
        self._cursor = max(self._cursor, head)
        self._trusted_until = self._monotonic() + self._trust_seconds
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.streams.beat_forever())
            tasks.create_task(self._follow())
            tasks.create_task(self._follow_progress())
            tasks.create_task(self.audience.run())

    def wake(self) -> None:
        """Look at the log soon: somebody else has written."""
        self._wake.set()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._catch_up()
            except StoreError:
                continue  # unconfirmed: after TRUST_SECONDS the cache stands aside

    async def _follow_progress(self) -> None:
        """Tell how far humans are who are at work on another process: drafts are not in the log."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for case_id in list(self._told):
                if not self.streams.waits(case_id):
                    del self._told[case_id]
                    continue
                try:
                    entry = await self.entry(case_id)
                except StoreError:
                    continue  # at the next turn
                if entry is None or entry.case.status is not Status.IN_PROGRESS:
                    self._told.pop(case_id, None)
                elif wire.plain_value(entry.case.progress) != self._told.get(case_id):
                    self._tell_progress(entry.case)

    async def _catch_up(self) -> None:
        while True:
            started = self._monotonic()
            entries = await self._log_since(self._cursor, PAGE)
            for entry in entries:
                if entry.position > self._cursor:
                    self._cursor = entry.position
                    if entry.event is None:
                        self.audience.look()
                    else:
                        self.polls.happened(entry.event.case_id, entry.event.seq)
                        self._tell(entry.event)
            if len(entries) < PAGE:
                self._trusted_until = started + self._trust_seconds
                return

    def committed(self, batch: Sequence[Committed]) -> None:
        """Take over what this process has just committed; on the event loop's thread."""
        for done in batch:
            decision = done.decision
            self.polls.committed(decision.case, decision.answer, done.place)
            if done.first_position is not None and done.last_position is not None:
                if done.first_position == self._cursor + 1:
                    self._cursor = done.last_position
                elif done.last_position > self._cursor:
                    self.wake()  # another process wrote in between: the cursor may not jump over it
            for event in decision.events:
                self._tell(event)
            if not decision.events:
                self._tell_progress(decision.case)

    def _tell(self, event: Event) -> None:
        self.audience.happened(event)
        if self.streams.waits(event.case_id):
            chunk = self._encoded(event)
            self.streams.offer(event.case_id, chunk, seq=event.seq, final=event.kind in _FINAL_KINDS)
            if event.kind is EventKind.IN_PROGRESS:
                self._told[event.case_id] = wire.plain_value(event.data.get("progress"))

    def _encoded(self, event: Event) -> bytes:
        url = self._review_url(event.case_id) if event.kind is EventKind.REMINDER else None
        return event_bytes(event.kind, wire.event_data(event, review_url=url), event.seq)

    def _tell_progress(self, case: ReviewCase) -> None:
        if case.status is Status.IN_PROGRESS and self.streams.waits(case.case_id):
            self.streams.offer(case.case_id, _progress_bytes(case), seq=None, final=False)
            self._told[case.case_id] = wire.plain_value(case.progress)

    def cached(self, case_id: str) -> PollEntry | None:
        """Return the poll entry of a case if it may be served from memory."""
        if not self._trust_seconds or self._monotonic() > self._trusted_until:
            return None
        return self.polls.fresh(case_id)

    async def entry(self, case_id: str) -> PollEntry | None:
        """Return the poll entry of a case, reading it if need be; None if there is no such case."""
        return self.cached(case_id) or await self.polls.fill(case_id)

    def replay(self, stream: Stream, events: Sequence[Event]) -> None:
        """Queue events that a resuming client has missed, in order."""
        for event in events:
            stream.push(self._encoded(event), seq=event.seq, final=event.kind in _FINAL_KINDS)

    def progress(self, stream: Stream, case: ReviewCase) -> None:
        """Queue how far the human is, which the log does not say. HITL v0.8 §10.3.4."""
        if case.status is Status.IN_PROGRESS and case.progress:
            stream.push(_progress_bytes(case))
            self._told.setdefault(case.case_id, wire.plain_value(case.progress))

    def present(self, stream: Stream, entry: PollEntry) -> None:
        """Queue the present state of a case as its first event."""
        case = entry.case
        chunk = event_bytes(case.status, wire.state_data(case, entry.answer), case.seq)
        stream.push(chunk, seq=case.seq, final=case.is_final)
        if case.status is Status.IN_PROGRESS:
            self._told.setdefault(case.case_id, wire.plain_value(case.progress))


def _progress_bytes(case: ReviewCase) -> bytes:
    return event_bytes(case.status, wire.state_data(case, None), None)


_FINAL_KINDS = frozenset(EventKind(status.value) for status in FINAL)

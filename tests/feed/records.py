"""A store that the test moves on by hand: cases, answers and the log that the feed follows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openhitl.errors import StoreError
from openhitl.feed import TRUST_SECONDS, Feed
from openhitl.protocol import wire
from openhitl.protocol.case import Status
from openhitl.protocol.lifecycle import Decision, Event, EventKind
from openhitl.protocol.timestamps import timestamp
from openhitl.store.records import Committed, LogEntry, StoredCase
from tests.protocol.values import CASE_ID, HUMAN, NOW, answer, case, content

#: What an event of any kind may tell.
_DATA = {"expires_at": timestamp(NOW), "reminder_at": timestamp(NOW), "reason": None}


class Records:
    """One case and its log. `reads` counts how often the case was read; `gate` holds reads back."""

    def __init__(self) -> None:
        self.stored = StoredCase(case=case(), content=content())
        self.log: list[LogEntry] = [LogEntry(position=1, event=self._event(EventKind.PENDING, 1))]
        self.failing = False
        self.reads = 0
        self.looks = 0
        self.looked = asyncio.Condition()
        self.gate = asyncio.Event()
        self.gate.set()
        self.wall = NOW.timestamp()
        self.monotonic = 0.0

    def feed(self, *, trust_seconds: float = TRUST_SECONDS) -> Feed:
        """Make the feed of a process that follows these records."""
        return Feed(
            load=self.load,
            log_since=self.log_since,
            spell=lambda case, answer, place: wire.poll_body(case, answer),
            review_url=lambda case_id: f"http://localhost/review/{case_id}?token=it",
            of_cases=self.hearers,
            newest=self.newest,
            of_notices=self.notice_hearers,
            lasting=self.lasting,
            wall=lambda: self.wall,
            trust_seconds=trust_seconds,
            monotonic=lambda: self.monotonic,
        )

    async def load(self, case_id: str) -> StoredCase | None:
        """Read what is stored now, and hand it over when the gate is open."""
        self.reads += 1
        found = self.stored if case_id == CASE_ID else None
        await self.gate.wait()
        return found

    async def log_since(self, position: int, limit: int) -> Sequence[LogEntry]:
        async with self.looked:
            self.looks += 1
            self.looked.notify_all()
        if self.failing:
            raise StoreError
        return [entry for entry in self.log if entry.position > position][:limit]

    async def hearers(self, case_ids: Sequence[str], person_ids: Sequence[int]) -> list[tuple[str, int]]:
        """Everybody may answer everything."""
        return [(case_id, person_id) for case_id in case_ids for person_id in person_ids]

    async def newest(self) -> Sequence[int]:
        return ()

    async def notice_hearers(
        self, numbers: Sequence[int], person_ids: Sequence[int]
    ) -> list[tuple[int, int]]:
        return []

    async def lasting(self, session_ids: Sequence[int]) -> Sequence[int]:
        """Nobody signs out."""
        return session_ids

    async def looked_again(self, feed: Feed) -> None:
        """Wake the feed and wait until it has looked at the log, and done with it what it does."""
        looks = self.looks
        feed.wake()
        async with self.looked:
            await self.looked.wait_for(lambda: self.looks > looks)
        await asyncio.sleep(0)

    def happen(self, kind: EventKind, **changes: Any) -> Committed:
        """Write an event as any process may; return what its own feed is told."""
        before = self.stored.case
        status = Status(kind.value) if kind is not EventKind.REMINDER else before.status
        now = replace(before, status=status, version=before.version + 1, seq=before.seq + 1, **changes)
        given = answer() if status is Status.COMPLETED else None
        self.stored = replace(self.stored, case=now, answer=given)
        event = self._event(kind, now.seq)
        position = self.log[-1].position + 1
        self.log.append(LogEntry(position=position, event=event))
        return Committed(
            decision=Decision(case=now, events=(event,), answer=given),
            first_position=position,
            last_position=position,
        )

    def _event(self, kind: EventKind, seq: int) -> Event:
        return Event(case_id=CASE_ID, seq=seq, kind=kind, at=NOW, actor=HUMAN, data=_DATA)

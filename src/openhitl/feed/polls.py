"""The poll cache: for each case the encoded poll body, its ETag, and how long both may be served."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from openhitl.feed.lru import WeightedCache
from openhitl.protocol.case import Answer, ReviewCase, Status
from openhitl.protocol.compact import compact
from openhitl.protocol.receipts import LogPlace
from openhitl.store.records import StoredCase

#: Makes the poll body of a case, its answer and where the log records that.
Spell = Callable[[ReviewCase, Answer | None, LogPlace | None], Mapping[str, Any]]
#: What an entry weighs beside its answer and its encoded body, roughly.
ENTRY_BYTES = 1_000
#: Progress is not in the log, so other processes' drafts are noticed by asking again this often.
IN_PROGRESS_SECONDS = 1.0
#: A case that has ended may be given a next round, or another one, without an event.
NEXT_ROUND_SECONDS = 2.0


class PollEntry:
    """One case as a poll sees it. `valid_until` is in seconds since the epoch."""

    __slots__ = ("answer", "case", "encoded", "etag", "place", "valid_until")

    def __init__(
        self, case: ReviewCase, answer: Answer | None, place: LogPlace | None = None, *, now: float
    ) -> None:
        self.case = case
        self.answer = answer
        self.place = place
        self.etag = f'"v{case.version}-{case.status}"'.encode()
        self.encoded: bytes | None = None
        if case.is_final:
            self.valid_until = now + NEXT_ROUND_SECONDS
        else:
            self.valid_until = case.expires_at.timestamp()
            if case.status is Status.IN_PROGRESS:
                self.valid_until = min(self.valid_until, now + IN_PROGRESS_SECONDS)


class PollCache:
    """Entries by case, filled once however many ask, never going back to an older version.

    Args:
        load: reads a case from the store.
        spell: makes a poll body.
        wall: seconds since the epoch.
        capacity_bytes: how much may be kept.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[StoredCase | None]],
        *,
        spell: Spell,
        wall: Callable[[], float],
        capacity_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._load = load
        self._spell = spell
        self._wall = wall
        self._entries: WeightedCache[str, PollEntry] = WeightedCache(capacity_bytes)
        self._filling: dict[str, asyncio.Task[PollEntry | None]] = {}
        self._overtaken: set[str] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def fresh(self, case_id: str) -> PollEntry | None:
        """Return the entry if it may still be served."""
        entry = self._entries.get(case_id)
        if entry is None or entry.valid_until <= self._wall():
            return None
        return entry

    async def fill(self, case_id: str) -> PollEntry | None:
        """Read a case into the cache; None if there is none. All who ask meanwhile share one read."""
        task = self._filling.get(case_id)
        if task is None:
            task = asyncio.ensure_future(self._read(case_id))
            self._filling[case_id] = task
        return await asyncio.shield(task)

    async def _read(self, case_id: str) -> PollEntry | None:
        try:
            while True:
                self._overtaken.discard(case_id)
                stored = await self._load(case_id)
                if stored is None:
                    return None
                if case_id not in self._overtaken:
                    break
            entry = PollEntry(stored.case, stored.answer, stored.place, now=self._wall())
            return self._keep(entry)
        finally:
            del self._filling[case_id]
            self._overtaken.discard(case_id)

    def committed(self, case: ReviewCase, answer: Answer | None, place: LogPlace | None = None) -> None:
        """Take over a state that has just been committed."""
        if case.case_id in self._filling:
            self._overtaken.add(case.case_id)
        if case.status is Status.COMPLETED and answer is None:
            self._entries.drop(case.case_id)  # a change after the end: the answer has to be read
        else:
            self._keep(PollEntry(case, answer, place, now=self._wall()))

    def happened(self, case_id: str, seq: int) -> None:
        """Forget an entry that an event of another process has made old."""
        if case_id in self._filling:
            self._overtaken.add(case_id)
        entry = self._entries.get(case_id)
        if entry is not None and entry.case.seq < seq:
            self._entries.drop(case_id)

    def body(self, entry: PollEntry) -> bytes:
        """Return the poll body as UTF-8 JSON, encoded at the first use."""
        if entry.encoded is None:
            entry.encoded = compact(self._spell(entry.case, entry.answer, entry.place))
            if self._entries.get(entry.case.case_id) is entry:
                self._entries.put(entry.case.case_id, entry, _weight_bytes(entry))
        return entry.encoded

    def _keep(self, entry: PollEntry) -> PollEntry:
        known = self._entries.get(entry.case.case_id)
        if known is not None and known.case.version > entry.case.version:
            return known
        self._entries.put(entry.case.case_id, entry, _weight_bytes(entry))
        return entry


def _weight_bytes(entry: PollEntry) -> int:
    answer = len(str(entry.answer.data)) if entry.answer is not None else 0
    return ENTRY_BYTES + answer + len(entry.encoded or b"")

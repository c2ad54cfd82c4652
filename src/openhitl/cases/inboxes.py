"""What the inbox of a person holds: what waits, what has ended, what they were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from openhitl.cases.ledger import Ledger
from openhitl.protocol.case import Assurance
from openhitl.protocol.record import record
from openhitl.store.history import EndedAt, Sought
from openhitl.store.records import Notice, StoredCase

#: More unread notices than this are not counted.
MOST_UNREAD = 99
#: So many cases are read at a time in search of such that match.
_STEP = 200
#: So many are looked at for one page; the next page goes on from there.
_MOST_LOOKED_AT = 2_000


@record(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """What somebody looks for in their history: `surface` is where it was answered, `assurance` how."""

    sought: Sought = Sought()
    surface: str = ""
    assurance: Assurance | None = None

    def matches(self, stored: StoredCase) -> bool:
        """Tell whether a case was answered there and so."""
        if not self.surface and self.assurance is None:
            return True
        actor = stored.place.actor if stored.place else None
        if actor is None:
            return False
        is_there = self.surface in ("", actor.surface)
        return is_there and self.assurance in (None, actor.assurance)


@record(frozen=True, slots=True)
class HistoryPage:
    """Some cases that have ended, and where the next page begins; None at the end."""

    cases: Sequence[StoredCase]
    following: EndedAt | None


class Inboxes:
    """Reads what the inboxes of people hold. Raises, in every method: StoreError, Stopping."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._store = ledger.store
        self._read = ledger.read
        self._clock = clock

    async def waiting(self, person_id: int, *, limit: int, also: Sequence[str] = ()) -> Sequence[StoredCase]:
        """List what waits for a person, the next deadline first, and of `also` what they may answer, too."""
        ids = await self._read(self._store.waiting_for, person_id, limit)
        if also:
            theirs = await self._read(self._store.hearers, also, [person_id])
            ids = list(dict.fromkeys([*ids, *(case_id for case_id, _ in theirs)]))
        return list((await self._read(self._store.load_many, ids)).values()) if ids else []

    async def count_waiting(self, person_id: int) -> int:
        """Count what waits for a person."""
        return await self._read(self._store.count_waiting, person_id)

    async def theirs(self, person_id: int, case_ids: Sequence[str]) -> Sequence[StoredCase]:
        """Read those of these cases that a person may answer, in the order given."""
        found = {case_id for case_id, _ in await self._read(self._store.hearers, case_ids, [person_id])}
        loaded = await self._read(self._store.load_many, [one for one in case_ids if one in found])
        return [loaded[case_id] for case_id in dict.fromkeys(case_ids) if case_id in loaded]

    async def history(
        self, person_id: int, wanted: HistoryFilter, *, after: EndedAt | None, limit: int
    ) -> HistoryPage:
        """List what has ended of what a person may answer, the last first.

        A page may hold fewer than `limit` although there are more: many may have to be looked at.
        """
        found: list[StoredCase] = []
        looked_at = 0
        while looked_at < _MOST_LOOKED_AT:
            ended = await self._read(
                self._store.ended_for, person_id, wanted.sought, after=after, limit=_STEP
            )
            loaded = await self._read(self._store.load_many, [one.case_id for one in ended])
            for place in ended:
                after = place
                stored = loaded.get(place.case_id)
                if stored is not None and wanted.matches(stored):
                    found.append(stored)
                    if len(found) == limit:
                        return HistoryPage(found, after)
            looked_at += len(ended)
            if len(ended) < _STEP:
                return HistoryPage(found, None)
        return HistoryPage(found, after)

    async def notices(
        self, person_id: int, *, before: int | None, limit: int
    ) -> Sequence[tuple[Notice, bool]]:
        """List what a person was told, newest first, and whether they have read it."""
        return await self._read(self._store.notices_for, person_id, before=before, limit=limit)

    async def count_unread(self, person_id: int) -> int:
        """Count what a person has not read, up to one more than `MOST_UNREAD`."""
        return await self._read(self._store.count_unread, person_id, MOST_UNREAD + 1)

    async def mark_read(self, person_id: int, until: int) -> None:
        """Note that a person has read all up to a notice."""
        await self._read(self._store.mark_read, person_id, until=until, now=self._clock())

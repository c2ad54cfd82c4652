"""People who are told what happens to the cases that they may answer, and of new notices.

A stream of a person is one of `Streams` under the person's own name, so heartbeats and the end are those of
all streams. Who may answer is asked of the store, once for all events that came meanwhile and only while
somebody listens. So is which sessions last, before anything is told: a stream ends with the session that it
was opened in, whoever ended that and wherever. It is at least once and in no strict order: whoever hears of a
case reads it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from openhitl.errors import StoreError
from openhitl.feed.lru import WeightedCache
from openhitl.feed.streams import Stream, Streams
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.compact import compact
from openhitl.protocol.lifecycle import Event, EventKind
from openhitl.protocol.notices import notice_id
from openhitl.protocol.people import actor_id_of
from openhitl.protocol.timestamps import timestamp

#: How often it is looked for what another process has told people.
LOOK_SECONDS = 1.0
#: Cases of which is remembered what was told last.
REMEMBERED = 10_000
#: Who may answer is asked for at most so many cases at once.
PAGE = 500

#: Given cases and people, says who of them may answer which; given notices and people, whom they are for.
CaseHearers = Callable[[Sequence[str], Sequence[int]], Awaitable[Sequence[tuple[str, int]]]]
NoticeHearers = Callable[[Sequence[int], Sequence[int]], Awaitable[Sequence[tuple[int, int]]]]
#: Given sessions, names those of them that are not over.
Lasting = Callable[[Sequence[int]], Awaitable[Collection[int]]]


class Audience:
    """Tells people who listen.

    Args:
        of_cases: pairs of a case and a person who may answer it.
        newest: the numbers of the newest notices.
        of_notices: pairs of a notice and a person whom it is for.
        lasting: the sessions of some that are not over.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        of_cases: CaseHearers,
        newest: Callable[[], Awaitable[Sequence[int]]],
        of_notices: NoticeHearers,
        lasting: Lasting,
    ) -> None:
        self._streams = streams
        self._of_cases = of_cases
        self._newest = newest
        self._of_notices = of_notices
        self._lasting = lasting
        self._sessions: dict[Stream, int] = {}
        self._listening: Counter[int] = Counter()
        self._events: dict[str, Event] = {}
        self._seqs: WeightedCache[str, int] = WeightedCache(REMEMBERED)
        self._known: frozenset[int] | None = None
        self._wake = asyncio.Event()

    def make_room(self, person_id: int, most: int) -> None:
        """End the oldest streams of somebody who would have more than so many.

        Of readers that have left nothing is known before the next heartbeat: they are among the oldest.
        """
        if self._listening[person_id] < most:
            return
        name = actor_id_of(person_id)
        own = [stream for stream in self._sessions if stream.case_id == name and not stream.ended]
        for stream in own[: max(0, len(own) - most + 1)]:
            stream.end()

    async def join(self, person_id: int, session_id: int) -> Stream:
        """Let somebody listen while their session lasts: whatever is written from now on reaches the stream.

        Raises: StoreError.
        """
        stream = self._streams.register(actor_id_of(person_id))
        self._sessions[stream] = session_id
        self._listening[person_id] += 1
        with ExitStack() as undone:
            undone.callback(self.leave, person_id, stream)
            newest = frozenset(await self._newest()) if self._known is None else None
            undone.pop_all()
        if self._known is None:  # whoever came first sets what is new from then on
            self._known = newest
        stream.push(inbox_event("ready", {}))
        return stream

    def leave(self, person_id: int, stream: Stream) -> None:
        """Let somebody listen no more."""
        self._streams.remove(stream)
        del self._sessions[stream]
        self._listening -= Counter([person_id])
        if not self._listening:
            self._known = None
            self._events.clear()

    def happened(self, event: Event) -> None:
        """Take note of an event; of each case the last one counts."""
        if not self._listening or event.kind is EventKind.REMINDER:
            return
        if event.seq > (self._seqs.get(event.case_id) or 0):
            self._seqs.put(event.case_id, event.seq, 1)
            self._events[event.case_id] = event
            self._wake.set()

    def look(self) -> None:
        """Look soon whether whoever listens still may: something of people has changed."""
        if self._listening:
            self._wake.set()

    async def run(self) -> None:
        """Tell whoever listens, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._end_over()
                await self._tell_cases()
                await self._tell_notices()
            except StoreError:
                continue  # what is left is told at the next turn

    async def _end_over(self) -> None:
        """End the streams of sessions that are over, before more is told there."""
        if not self._sessions:
            return
        asked = dict(self._sessions)  # who joins meanwhile was not asked about
        lasting = await self._lasting(list(set(asked.values())))
        for stream, session_id in asked.items():
            if session_id not in lasting:
                stream.end()

    async def _tell_cases(self) -> None:
        while self._events and self._listening:
            events = dict(list(self._events.items())[:PAGE])
            found = await self._of_cases(list(events), list(self._listening))
            for case_id, event in events.items():
                if self._events.get(case_id) is event:
                    del self._events[case_id]
            for case_id, person_id in found:
                self._offer(person_id, inbox_event("case", _told_of(events[case_id])))

    async def _tell_notices(self) -> None:
        if self._known is None:
            return
        newest = await self._newest()
        fresh = [number for number in newest if number not in self._known]
        found = await self._of_notices(fresh, list(self._listening)) if fresh else ()
        if self._known is not None:
            self._known = frozenset(newest)
        for number, person_id in found:
            self._offer(person_id, inbox_event("notice", {"notice_id": notice_id(number)}))

    def _offer(self, person_id: int, chunk: bytes) -> None:
        self._streams.offer(actor_id_of(person_id), chunk, seq=None, final=False)


def inbox_event(kind: str, data: Mapping[str, Any]) -> bytes:
    """Encode one event of a person's stream."""
    return b"event: inbox.%b\ndata: %b\n\n" % (kind.encode(), compact(data))


def _told_of(event: Event) -> dict[str, Any]:
    return {
        "case_id": event.case_id,
        "status": str(event.kind),
        "at": timestamp(event.at),
        "by": _said(event.actor),
    }


#: Nobody's name is told of whom the log knows only by a link or a clock.
_NAMED = frozenset({ActorKind.PERSON, ActorKind.RELAYED, ActorKind.AGENT, ActorKind.SERVICE})


def _said(actor: Actor) -> dict[str, str | None]:
    return {"kind": str(actor.kind), "name": actor.name if actor.kind in _NAMED else None}

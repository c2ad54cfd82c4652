"""Who waits for events, and the bytes they are sent. HITL v0.8 §8.5."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from openhitl.protocol.compact import compact

HEARTBEAT = b": \n\n"
#: A second less than promised, for a turn that comes late.
HEARTBEAT_SECONDS = 14


def event_bytes(kind: str, data: Mapping[str, Any], event_id: int | None) -> bytes:
    """Encode one event; without an id a client's `Last-Event-ID` stays as it is."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return b"%bevent: review.%b\ndata: %b\n\n" % (head.encode(), kind.encode(), compact(data))


class Stream:
    """One waiting connection: what it has not been sent yet, and the future it waits on."""

    __slots__ = ("_pending", "_wake", "case_id", "ended", "seq")

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.seq = 0
        self.ended = False
        self._pending: list[bytes] = []
        self._wake: asyncio.Future[None] | None = None

    def push(self, chunk: bytes, *, seq: int | None = None, final: bool = False) -> None:
        """Queue bytes; an event that was sent before is passed over."""
        if self.ended or (seq is not None and seq <= self.seq):
            return
        if seq is not None:
            self.seq = seq
        self._pending.append(chunk)
        self.ended = final
        self._rouse()

    def end(self) -> None:
        """Let the connection finish after what is queued."""
        self.ended = True
        self._rouse()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    @property
    def waiting(self) -> bool:
        """Whether bytes are queued that have not been taken yet."""
        return bool(self._pending)

    def beat(self) -> None:
        """Queue a heartbeat unless something else is on its way."""
        if not self._pending:
            self.push(HEARTBEAT)

    async def next_chunk(self) -> bytes:
        """Wait for bytes to send; empty when the stream has ended."""
        if not self._pending and not self.ended:
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        chunk = b"".join(self._pending)
        self._pending.clear()
        return chunk


class Streams:
    """All waiting connections of this process, by case, with heartbeats from one wheel."""

    def __init__(self, *, heartbeat_seconds: int = HEARTBEAT_SECONDS) -> None:
        self._by_case: dict[str, set[Stream]] = {}
        self._wheel: list[set[Stream]] = [set() for _ in range(heartbeat_seconds)]
        self._slot = 0
        self._count = 0
        self.closing = False

    def __len__(self) -> int:
        return self._count

    def register(self, case_id: str) -> Stream:
        """Add a connection; every event from now on reaches it."""
        stream = Stream(case_id)
        self._by_case.setdefault(case_id, set()).add(stream)
        # The slot that was beaten last: its next turn is a whole round away.
        self._wheel[self._slot - 1].add(stream)
        self._count += 1
        if self.closing:
            stream.end()
        return stream

    def remove(self, stream: Stream) -> None:
        waiting = self._by_case[stream.case_id]
        waiting.discard(stream)
        if not waiting:
            del self._by_case[stream.case_id]
        for slot in self._wheel:
            slot.discard(stream)
        self._count -= 1

    def waits(self, case_id: str) -> bool:
        """Tell whether anybody here waits for this case."""
        return case_id in self._by_case

    def offer(self, case_id: str, chunk: bytes, *, seq: int | None, final: bool) -> None:
        """Hand one encoded event to all who wait for the case."""
        for stream in self._by_case.get(case_id, ()):
            stream.push(chunk, seq=seq, final=final)

    def end_all(self) -> None:
        """End every stream, and every one that still comes."""
        self.closing = True
        for waiting in self._by_case.values():
            for stream in waiting:
                stream.end()

    async def beat_forever(self) -> None:
        """Turn the wheel once a second, so that each stream gets a beat once a round."""
        loop = asyncio.get_running_loop()
        turn = loop.time()
        while True:
            turn = max(turn + 1, loop.time())
            await asyncio.sleep(turn - loop.time())
            for stream in list(self._wheel[self._slot]):
                stream.beat()
            self._slot = (self._slot + 1) % len(self._wheel)

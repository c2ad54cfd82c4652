"""Many idle event streams: what each costs the server, and how soon an answer reaches its stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import cast

from benchmarks.load import WrongAnswer

AT_ONCE = 100
STREAMS_PER_ADDRESS = 5_000
TIMEOUT_SECONDS = 60.0
#: Enough of what came before to find a name that two reads have cut in half.
TAIL_BYTES = 64


class EventStream(asyncio.Protocol):
    """One open event stream. `ready` when its first event is here; `told` at the completed event."""

    def __init__(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.told: asyncio.Future[float] = loop.create_future()
        self._request = request
        self._tail = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        seen = self._tail + data
        if not self.ready.done():
            if not b"HTTP/1.1 200 ".startswith(seen[:13]):
                self.ready.set_exception(WrongAnswer(f"no stream but {seen[:600]!r}"))
                return
            if b"\nevent: review.pending" in seen:
                self.ready.set_result(None)
        elif not self.told.done() and b"event: review.completed" in seen:
            self.told.set_result(now)
        self._tail = seen[-TAIL_BYTES:] if self.ready.done() else seen

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(WrongAnswer(f"a stream was closed: {exc}"))
        elif not self.told.done():
            self.told.set_exception(WrongAnswer(f"a stream was lost: {exc}"))

    def close(self) -> None:
        """Hang up."""
        self.told.cancel()
        self._transport.close()


async def open_streams(port: int, requests: Sequence[bytes]) -> list[EventStream]:
    """Open one stream a request and wait until each has had its first event. Raises: WrongAnswer."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as tasks:
        opening = [
            tasks.create_task(_open(port, request, number, gate)) for number, request in enumerate(requests)
        ]
    return [task.result() for task in opening]


async def _open(port: int, request: bytes, number: int, gate: asyncio.Semaphore) -> EventStream:
    # One address has about 28,000 ports, and those of earlier runs rest for a minute.
    source = (f"127.0.0.{1 + number // STREAMS_PER_ADDRESS}", 0)
    async with gate, asyncio.timeout(TIMEOUT_SECONDS):
        _, stream = await asyncio.get_running_loop().create_connection(
            lambda: EventStream(request), "127.0.0.1", port, local_addr=source
        )
        await stream.ready
        return stream

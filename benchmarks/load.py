"""A closed-loop load client on raw sockets: each connection asks again as soon as it was answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from benchmarks.process import Server

CONNECTIONS = 64
TIMEOUT_SECONDS = 120.0
_LENGTH = b"\r\ncontent-length: "
_END_OF_HEAD = b"\r\n\r\n"


class WrongAnswer(Exception):
    """The server answered something else than it should: the run is void."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What a burst of requests took, and every response, in the order of the requests."""

    wall_seconds: float
    cpu_seconds: float
    responses: list[bytes]

    @property
    def per_cpu_second(self) -> float:
        """Requests per second of server CPU."""
        return len(self.responses) / self.cpu_seconds

    @property
    def per_second(self) -> float:
        """Requests per second of wall time."""
        return len(self.responses) / self.wall_seconds


class Shift:
    """The requests still to be sent by all connections together, and the answers so far."""

    def __init__(self, requests: Sequence[bytes], *, status: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.responses = [b""] * len(requests)
        self._requests = requests
        self._status_line = b"HTTP/1.1 %d " % status
        self._next = 0
        self._open = len(requests)

    def take(self) -> int | None:
        """Return the number of the next request; None when all are taken."""
        if self._next == len(self._requests):
            return None
        self._next += 1
        return self._next - 1

    def request(self, number: int) -> bytes:
        """Return the bytes of a request."""
        return self._requests[number]

    def answered(self, number: int, response: bytes) -> None:
        """Take a complete response; a wrong status voids everything."""
        self.responses[number] = response
        if not response.startswith(self._status_line):
            self.fail(f"wanted {self._status_line.decode()}, got {response[:600]!r}")
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)

    def fail(self, reason: str) -> None:
        """Void the burst."""
        if not self.done.done():
            self.done.set_exception(WrongAnswer(reason))


class Caller(asyncio.Protocol):
    """One keep-alive connection with one request in flight."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._received = b""
        self._number: int | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def ask(self) -> None:
        """Send the next request; nothing when all are sent."""
        self._number = self._shift.take()
        if self._number is not None:
            self._transport.write(self._shift.request(self._number))

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        if not is_complete(data):
            self._received = data
            return
        self._received = b""
        if self._number is None:
            self._shift.fail("an answer that nobody asked for")
            return
        self._shift.answered(self._number, data)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._number is not None:
            self._shift.fail(f"a connection was lost: {exc}")

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def is_complete(data: bytes) -> bool:
    """Tell whether a response is here as a whole; without content-length it has no body."""
    head = data.find(_END_OF_HEAD)
    if head < 0:
        return False
    length = data.find(_LENGTH, 0, head)
    if length < 0:
        return True
    start = length + len(_LENGTH)
    end = data.find(b"\r", start)
    return len(data) >= head + 4 + int(data[start:end])


async def burst(
    server: Server, requests: Sequence[bytes], *, status: int, connections: int = CONNECTIONS
) -> Burst:
    """Send all requests over a few connections; every answer must have the given status.

    Raises: WrongAnswer.
    """
    shift = Shift(requests, status=status)
    callers = [await _connect(server.port, shift) for _ in range(connections)]
    try:
        wall, cpu = time.perf_counter(), server.cpu_seconds()
        for caller in callers:
            caller.ask()
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await shift.done
        return Burst(time.perf_counter() - wall, server.cpu_seconds() - cpu, shift.responses)
    finally:
        for caller in callers:
            caller.close()


async def _connect(port: int, shift: Shift) -> Caller:
    loop = asyncio.get_running_loop()
    _, caller = await loop.create_connection(lambda: Caller(shift), "127.0.0.1", port)
    return caller

"""What streams through a transport keeps streaming: nothing is held back that is no answer to wait for."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import httpx2
import pytest
import requests

from openhitl.agent.transports import httpx as for_httpx
from openhitl.agent.transports import httpx2 as for_httpx2
from openhitl.agent.transports.holding import MAX_HELD_BYTES
from openhitl.agent.transports.requests import HITLAdapter
from tests.threads import on_thread

from .peer import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

FIRST, LAST = b"first ", b"last"


class Slow:
    """A service that sends the last of its answer only when told to."""

    def __init__(self, head: bytes, start: bytes) -> None:
        self._head = head
        self._start = start
        self.goes_on = asyncio.Event()
        self.left = asyncio.Event()

    async def answers(self, reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 202 Accepted\r\n" + self._head + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%s\r\n" % (len(self._start), self._start))
        await writer.drain()
        waiting = [asyncio.create_task(self.goes_on.wait()), asyncio.create_task(reader.read())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if not self.goes_on.is_set():
            self.left.set()
        writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(LAST), LAST))
        writer.close()


@asynccontextmanager
async def served(slow):
    server = await asyncio.start_server(slow.answers, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        slow.goes_on.set()  # so that no thread is left reading
        server.close()


class Reading:
    """Reads an answer on a thread, and says when the first of it is there."""

    def __init__(self, *, to_the_end: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._to_the_end = to_the_end
        self.begun = asyncio.Event()
        self.body = b""

    def takes(self, chunks) -> None:
        for chunk in chunks:
            self.body += chunk
            self._loop.call_soon_threadsafe(self.begun.set)
            if not self._to_the_end:
                return

    async def takes_async(self, chunks) -> None:
        async for chunk in chunks:
            self.body += chunk
            self.begun.set()
            if not self._to_the_end:
                return


def with_client(library, ours, url, reading):
    with (
        library.Client(transport=ours.HITLTransport(), trust_env=False) as client,
        client.stream("GET", url) as response,
    ):
        reading.takes(response.iter_bytes())


def with_requests(url, reading):
    with requests.Session() as session:
        session.mount("http://", HITLAdapter())
        with session.get(url, stream=True) as response:
            reading.takes(response.iter_content(None))


async def with_async_client(library, ours, url, reading):
    async with (
        library.AsyncClient(transport=ours.AsyncHITLTransport(), trust_env=False) as client,
        client.stream("GET", url) as response,
    ):
        await reading.takes_async(response.aiter_bytes())


WAYS = {
    "httpx2": lambda *given: on_thread(with_client, httpx2, for_httpx2, *given),
    "httpx": lambda *given: on_thread(with_client, httpx, for_httpx, *given),
    "httpx2-async": lambda *given: with_async_client(httpx2, for_httpx2, *given),
    "httpx-async": lambda *given: with_async_client(httpx, for_httpx, *given),
    "requests": lambda *given: on_thread(with_requests, *given),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("head", "start"),
    [
        (b"Content-Type: text/event-stream", FIRST),
        (b"Content-Type: application/x-ndjson", FIRST),
        (b"Content-Type: application/json", b" " * (MAX_HELD_BYTES + 1)),
    ],
    ids=["events", "lines", "large-json"],
)
async def test_the_first_of_an_answer_is_there_before_the_last(way, head, start):
    """HITL v0.8 §6 "When to Return HTTP 202": without `hitl` it is any other 202."""
    slow = Slow(head, start)
    async with served(slow) as url, asyncio.timeout(PATIENCE_SECONDS):
        reading = Reading()
        task = asyncio.ensure_future(WAYS[way](url, reading))
        await reading.begun.wait()
        slow.goes_on.set()
        await task
    assert reading.body == start + LAST


@pytest.mark.parametrize("way", WAYS)
async def test_who_leaves_in_the_middle_leaves_the_connection(way):
    slow = Slow(b"Content-Type: application/json", b" " * (MAX_HELD_BYTES + 1))
    async with served(slow) as url, asyncio.timeout(PATIENCE_SECONDS):
        await WAYS[way](url, Reading(to_the_end=False))
        await slow.left.wait()

"""Sending an event stream: what is queued, as it comes, until the reader or the server goes."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from openhitl.feed import Stream
from openhitl.review.asgi import Receive, Send

#: Clients are told to come back after a random time, so that a restart is not a stampede.
RETRY_MILLISECONDS = (500, 3_000)
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def send_head(send: Send) -> None:
    """Answer a HEAD for a stream."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


async def pump(
    stream: Stream, receive: Receive, send: Send, stuck_seconds: float, *, life: timedelta | None = None
) -> None:
    """Send what a stream holds until it ends, its reader leaves or its life is over.

    Raises: TimeoutError for a reader that takes nothing for too long.
    """
    loop = asyncio.get_running_loop()
    end = None if life is None else loop.time() + life.total_seconds()
    retry = b"retry: %d\n\n" % random.randint(*RETRY_MILLISECONDS)  # noqa: S311 - not a secret
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": retry, "more_body": True})
    more = True
    while more:
        chunk = await stream.next_chunk()
        if end is not None and loop.time() >= end:
            stream.end()
        more = not stream.ended or stream.waiting
        if chunk or not more:
            async with asyncio.timeout(stuck_seconds):
                await send({"type": "http.response.body", "body": chunk, "more_body": more})
        if more and await _is_gone(receive):
            return


async def _is_gone(receive: Receive) -> bool:
    """Tell, without waiting, whether the client has left."""
    try:
        async with asyncio.timeout(0):
            message = await receive()
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")

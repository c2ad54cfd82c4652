"""What carries requests to a service, async or not, and what all such wires have in common."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from openhitl.client.exchange import Request, Response
from openhitl.client.origins import site_of
from openhitl.errors import PeerError, ServerUnreachable

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
#: A stream that is silent for three of the server's heartbeats is dead.
SILENCE_SECONDS = 45.0
#: Who takes longer over one answer than this does not want to be understood.
WHOLE_SECONDS = 60.0
#: What of a body may be packed how: little of these unpacks to no more than memory holds.
_UNPACKED = frozenset({"", "identity", "gzip", "deflate"})
MAX_BODY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """An open response whose body is still coming."""

    head: Response
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class BlockingStream:
    """An open response whose body is still coming, for code that is not async."""

    head: Response
    chunks: Iterator[bytes]


class Wire(Protocol):
    """Sends requests from async code. Redirects are never followed."""

    async def send(self, request: Request) -> Response:
        """Send a request and read the whole answer. Raises: ServerUnreachable, PeerError."""
        ...

    def stream(self, request: Request, *, silence_seconds: float) -> AbstractAsyncContextManager[Stream]:
        """Send a request and hand out the body as it comes. Raises: ServerUnreachable, PeerError."""
        ...


class BlockingWire(Protocol):
    """Sends requests from code that is not async. Redirects are never followed."""

    def stream(self, request: Request, *, silence_seconds: float) -> AbstractContextManager[BlockingStream]:
        """Send a request and hand out the body as it comes. Raises: ServerUnreachable, PeerError."""
        ...


def send(wire: BlockingWire, request: Request, *, within_seconds: float = WHOLE_SECONDS) -> Response:
    """Send a request and read the whole answer. Raises: ServerUnreachable, PeerError."""
    end = time.monotonic() + within_seconds
    with wire.stream(request, silence_seconds=min(READ_SECONDS, within_seconds)) as stream:
        body = bytearray()
        for chunk in stream.chunks:
            body += chunk
            check_length(body)
            if time.monotonic() > end:
                raise unreachable(request.url, TimeoutError("the answer takes too long"))
        return whole(stream.head, body)


def check_length(body: bytearray) -> None:
    """Refuse a body beyond 16 MiB. Raises: PeerError."""
    if len(body) > MAX_BODY_BYTES:
        raise PeerError("The server's answer is too long.")


def whole(head: Response, body: bytearray) -> Response:
    """Put a response together."""
    return Response(status=head.status, headers=head.headers, body=bytes(body), url=head.url)


def head_of(status: int, headers: Mapping[str, str], url: str) -> Response:
    """Return a response without its body. Raises: PeerError for a body packed as nobody asked for."""
    named = {name.lower(): value for name, value in headers.items()}
    if named.get("content-encoding", "").strip().lower() not in _UNPACKED:
        raise PeerError("The server's answer is packed in a way that nobody asked for.")
    return Response(status=status, headers=named, url=url)


def unreachable(url: str, error: Exception) -> ServerUnreachable:
    """Say which server did not answer, and why; the address may hold a token and is not said."""
    why = str(error).rstrip(".") or type(error).__name__
    return ServerUnreachable(f"No answer from {site_of(url)}: {why}.")

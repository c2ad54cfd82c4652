"""HTTP to a service: sends requests, streams events, and minds where the credential goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from types import ModuleType, TracebackType
from typing import Any

import httpx2

from openhitl import __version__
from openhitl.client.credentials import Credential, Renewal
from openhitl.client.exchange import Request, Response
from openhitl.client.origins import is_loopback
from openhitl.client.pauses import PASSING, backoff_seconds
from openhitl.client.refusals import refusal
from openhitl.client.wires import (
    CONNECT_SECONDS,
    READ_SECONDS,
    SILENCE_SECONDS,
    WHOLE_SECONDS,
    BlockingStream,
    Stream,
    check_length,
    head_of,
    send,
    unreachable,
    whole,
)
from openhitl.errors import PeerError, ServerUnreachable

ATTEMPTS = 4
#: A server that asks for a longer pause than this is not waited for, but reported.
MAX_PATIENCE_SECONDS = 10.0
_HEADERS = {"User-Agent": f"openhitl/{__version__}", "Accept-Encoding": "identity"}


class Session:
    """Keeps connections to a service for one agent; used by one event loop. Close it when done.

    Redirects are never followed. The credential goes with requests to its own origin only, whatever
    address a case names for polling or events. `library` is httpx2 or a module with its names; with
    a `transport` of that library, requests go through that one.
    """

    def __init__(
        self, credential: Credential, *, library: ModuleType = httpx2, transport: Any = None
    ) -> None:
        self._credential = credential
        self._library = library
        self._client = library.AsyncClient(**_options(library, credential.url), transport=transport)

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def headers(self, url: str) -> Mapping[str, str]:
        """Return what lets a request to `url` in, renewed if it has ended: for clients of other protocols.

        Raises: ServerUnreachable, LoginEnded.
        """
        renewal = self._credential.renewal_for(url)
        if renewal is not None and renewal.is_due():
            await asyncio.to_thread(_renew, self._library, renewal)
        return self._credential.headers_for(url)

    async def send(self, request: Request) -> Response:
        """Send a request and read the whole answer, whatever its status.

        Raises: ServerUnreachable if no whole answer came; PeerError for a body beyond 16 MiB.
        """
        try:
            async with (
                asyncio.timeout(WHOLE_SECONDS),
                self.stream(request, silence_seconds=READ_SECONDS) as stream,
            ):
                body = bytearray()
                async for chunk in stream.chunks:
                    body += chunk
                    check_length(body)
                return whole(stream.head, body)
        except TimeoutError as error:
            raise unreachable(request.url, error) from error

    async def exchange(self, request: Request) -> Response:
        """Send a request until it is answered for good; a busy or restarting server is tried again.

        Raises: the error that the server named, or ServerUnreachable after four attempts.
        """
        attempt = 1
        while True:
            last = attempt == ATTEMPTS or not request.repeatable
            try:
                response = await self.send(request)
            except ServerUnreachable:
                if last:
                    raise
                pause = None
            else:
                if response.status < 300:
                    return response
                pause = response.retry_after(now=datetime.now(UTC))
                if last or response.status not in PASSING or (pause or 0.0) > MAX_PATIENCE_SECONDS:
                    raise refusal(response)
            await asyncio.sleep(max(pause or 0.0, backoff_seconds(attempt)))
            attempt += 1

    @asynccontextmanager
    async def stream(
        self, request: Request, *, silence_seconds: float = SILENCE_SECONDS
    ) -> AsyncIterator[Stream]:
        """Send a request and hand out the body as it comes.

        Raises: ServerUnreachable, here or while reading, if the connection fails or is silent for
        longer than `silence_seconds`, or if the server of this machine is nobody's whom we know;
        LoginEnded.
        """
        renewal = self._credential.renewal_for(request.url)
        if renewal is not None and renewal.is_due():
            await asyncio.to_thread(_renew, self._library, renewal)
        with _failures(self._library, request.url):
            async with AsyncExitStack() as stack:
                sent = self._credential.headers_for(request.url)
                response = await stack.enter_async_context(self._open(request, sent, silence_seconds))
                if (
                    response.status_code == 401
                    and renewal is not None
                    and await asyncio.to_thread(_renew, self._library, renewal, sent)
                ):
                    await stack.aclose()
                    sent = self._credential.headers_for(request.url)
                    response = await stack.enter_async_context(self._open(request, sent, silence_seconds))
                head = head_of(response.status_code, response.headers, request.url)
                # Closed here, by the task that reads, and not whenever memory is cleared up.
                async with aclosing(self._chunks(request.url, response)) as chunks:
                    yield Stream(head, chunks)

    def _open(self, request: Request, credential: Mapping[str, str], silence_seconds: float) -> Any:
        return self._client.stream(**_spelled(self._library, request, credential, silence_seconds))

    async def _chunks(self, url: str, response: Any) -> AsyncGenerator[bytes]:
        with _failures(self._library, url):
            async for chunk in response.aiter_bytes():
                yield chunk


class BlockingSession:
    """The same for code that is not async; one wait at a time."""

    def __init__(
        self, credential: Credential, *, library: ModuleType = httpx2, transport: Any = None
    ) -> None:
        self._credential = credential
        self._library = library
        self._client = library.Client(**_options(library, credential.url), transport=transport)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @contextmanager
    def stream(
        self, request: Request, *, silence_seconds: float = SILENCE_SECONDS
    ) -> Iterator[BlockingStream]:
        """Send a request and hand out the body as it comes; see `Session.stream`."""
        renewal = self._credential.renewal_for(request.url)
        if renewal is not None and renewal.is_due():
            _renew(self._library, renewal)
        with _failures(self._library, request.url), ExitStack() as stack:
            sent = self._credential.headers_for(request.url)
            response = stack.enter_context(self._open(request, sent, silence_seconds))
            if response.status_code == 401 and renewal is not None and _renew(self._library, renewal, sent):
                stack.close()
                sent = self._credential.headers_for(request.url)
                response = stack.enter_context(self._open(request, sent, silence_seconds))
            head = head_of(response.status_code, response.headers, request.url)
            yield BlockingStream(head, self._chunks(request.url, response))

    def _open(self, request: Request, credential: Mapping[str, str], silence_seconds: float) -> Any:
        return self._client.stream(**_spelled(self._library, request, credential, silence_seconds))

    def _chunks(self, url: str, response: Any) -> Iterator[bytes]:
        with _failures(self._library, url):
            yield from response.iter_bytes()


def _spelled(
    library: ModuleType, request: Request, credential: Mapping[str, str], silence_seconds: float
) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "content": request.body,
        "headers": {**credential, **request.headers},
        "timeout": library.Timeout(silence_seconds, connect=CONNECT_SECONDS),
    }


def _renew(library: ModuleType, renewal: Renewal, refused: Mapping[str, str] | None = None) -> bool:
    """Get headers that let in again; blocks. The requests for that carry no other credential."""

    def ask(request: Request) -> Response:
        with closing(BlockingSession(Credential(request.url), library=library)) as session:
            return send(session, request)

    return renewal.renew(ask, refused)


def _options(library: ModuleType, url: str) -> dict[str, Any]:
    return {
        "timeout": library.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        "headers": _HEADERS,
        "follow_redirects": False,
        # A proxy of the environment must never see what stays on this machine.
        "trust_env": not is_loopback(url),
    }


@contextmanager
def _failures(library: ModuleType, url: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (library.TransportError, library.DecodingError) as error:
        raise unreachable(url, error) from error
    except library.InvalidURL as error:
        raise PeerError(f"The server named an address that is not one: {error}.") from error

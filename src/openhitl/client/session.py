"""HTTP to one server: sends requests, streams events, and minds where the credential goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import httpx2

from openhitl import __version__
from openhitl.client.config import ClientConfig
from openhitl.client.exchange import Request, Response
from openhitl.client.origins import is_loopback, same_origin
from openhitl.client.pauses import PASSING, backoff_seconds
from openhitl.client.refusals import refusal
from openhitl.errors import PeerError, ServerUnreachable

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
#: A stream that is silent for three of the server's heartbeats is dead.
SILENCE_SECONDS = 45.0
MAX_BODY_BYTES = 16 * 1024 * 1024
ATTEMPTS = 4
#: A server that asks for a longer pause than this is not waited for, but reported.
MAX_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Stream:
    """An open response whose body is still coming."""

    head: Response
    chunks: AsyncIterator[bytes]


class Session:
    """Keeps connections to a server for one agent; used by one event loop. Close it when done.

    Redirects are never followed. The credential goes with requests to the configured server's own
    origin only, whatever address a case names for polling or events.
    """

    def __init__(self, config: ClientConfig) -> None:
        self.config = config
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": f"openhitl/{__version__}"},
            follow_redirects=False,
            # A proxy of the environment must never see what stays on this machine.
            trust_env=not is_loopback(config.server_url),
        )

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, request: Request) -> Response:
        """Send a request and read the whole answer, whatever its status.

        Raises: ServerUnreachable if no whole answer came; PeerError for a body beyond 16 MiB.
        """
        async with self.stream(request, silence_seconds=READ_SECONDS) as stream:
            body = bytearray()
            async for chunk in stream.chunks:
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise PeerError("The server's answer is too long.")
            head = stream.head
            return Response(status=head.status, headers=head.headers, body=bytes(body), url=head.url)

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
        longer than `silence_seconds`, or if the server of this machine is nobody's whom we know.
        """
        if same_origin(request.url, self.config.server_url) and not self.config.is_trusted:
            raise ServerUnreachable("No server of yours runs on this machine.")
        try:
            async with self._client.stream(
                request.method,
                request.url,
                content=request.body,
                headers={**request.headers, **self._credential(request.url)},
                timeout=httpx2.Timeout(silence_seconds, connect=CONNECT_SECONDS),
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                head = Response(status=response.status_code, headers=headers, url=request.url)
                yield Stream(head, response.aiter_bytes())
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            why = str(error).rstrip(".") or type(error).__name__
            raise ServerUnreachable(f"No answer from {self.config.server_url}: {why}.") from error
        except httpx2.InvalidURL as error:
            raise PeerError(f"The server named an address that is not one: {error}.") from error

    def _credential(self, url: str) -> dict[str, str]:
        key = self.config.api_key
        if key and same_origin(url, self.config.server_url):
            return {"Authorization": f"Bearer {key}"}
        return {}

"""Guarded HTTP: no redirects, no proxies from the environment, bounded in time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2

from openhitl.errors import AddressRefused, PeerError
from openhitl.outbound.guard import Guard, GuardedBackend

TIMEOUT_SECONDS = 10.0
MAX_BYTES = 64 * 1024
_FAILURES = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, TimeoutError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back: status, media type without parameters, body."""

    status: int
    media_type: str
    body: bytes


class OutboundHttp:
    """Calls other servers; every connection goes through the guard."""

    def __init__(self, guard: Guard) -> None:
        self._pool = httpcore2.AsyncConnectionPool(network_backend=GuardedBackend(guard))

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a URL.

        Raises: AddressRefused for a scheme or address that is not allowed; PeerError for a failed
        connection, more than 64 KiB or more than 10 s.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise AddressRefused("Only plain http(s) addresses can be fetched.")
        sent = [("host", parts.netloc), ("user-agent", "OpenHITL"), *(headers or {}).items()]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._fetch(url, sent)
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            TimeoutError,
            httpcore2.TimeoutException,
        ) as error:
            raise PeerError(f"{parts.hostname} did not answer.") from error

    async def _fetch(self, url: str, headers: list[tuple[str, str]]) -> Fetched:
        body = bytearray()
        async with self._pool.stream("GET", url, headers=headers) as response:
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise PeerError(f"The answer is longer than {MAX_BYTES} bytes.")
            received = {name.lower(): value for name, value in response.headers}
            content_type = received.get(b"content-type", b"").decode("latin-1")
            return Fetched(response.status, content_type.partition(";")[0].strip().lower(), bytes(body))

    async def close(self) -> None:
        await self._pool.aclose()

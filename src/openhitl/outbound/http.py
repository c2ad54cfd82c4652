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

    def __init__(self, guard: Guard, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._pool = httpcore2.AsyncConnectionPool(network_backend=GuardedBackend(guard))

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a URL.

        Raises: AddressRefused for a scheme or address that is not allowed; PeerError for a failed
        connection, more than 64 KiB or more than 10 s.
        """
        address = _checked(url)
        host = address.host.decode("ascii")
        sent = [("host", urlsplit(url).netloc), ("user-agent", "OpenHITL"), *(headers or {}).items()]
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._fetch(address, sent)
        except _FAILURES as error:
            raise PeerError(f"{host} did not answer.") from error

    async def _fetch(self, url: httpcore2.URL, headers: list[tuple[str, str]]) -> Fetched:
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


def _checked(url: str) -> httpcore2.URL:
    """Parse an address. Raises: AddressRefused for one that is broken, or not plain http(s)."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        address = httpcore2.URL(url)
    except (ValueError, TypeError) as error:  # a port beyond 65535, a character beyond ASCII
        raise AddressRefused("That is not a web address.") from error
    if not plain:
        raise AddressRefused("Only plain http(s) addresses can be fetched.")
    return address

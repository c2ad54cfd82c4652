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
CONNECTIONS = 100
_FAILURES = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, TimeoutError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back: status, media type without parameters, body, and the header Retry-After."""

    status: int
    media_type: str
    body: bytes
    retry_after: str | None = None


class OutboundHttp:
    """Calls other servers; every connection goes through the guard."""

    def __init__(self, guard: Guard, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=CONNECTIONS, network_backend=GuardedBackend(guard)
        )

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a URL.

        Raises: AddressRefused for a scheme or address that is not allowed; PeerError for a failed
        connection, more than 64 KiB or more than 10 s.
        """
        fetched = await self._send("GET", url, headers or {}, b"")
        if len(fetched.body) > MAX_BYTES:
            raise PeerError(f"The answer is longer than {MAX_BYTES} bytes.")
        return fetched

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Fetched:
        """Post a body; of the answer no more than 64 KiB are read, and the rest does not matter.

        Raises: AddressRefused, PeerError for a failed connection or more than 10 s.
        """
        return await self._send("POST", url, {**headers, "content-length": str(len(body))}, body)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Fetched:
        address = _checked(url)
        sent = [("host", urlsplit(url).netloc), ("user-agent", "OpenHITL"), *headers.items()]
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(method, address, sent, body)
        except _FAILURES as error:
            raise PeerError(f"{address.host.decode('ascii')} did not answer.") from error

    async def _exchange(
        self, method: str, url: httpcore2.URL, headers: list[tuple[str, str]], body: bytes
    ) -> Fetched:
        read = bytearray()
        async with self._pool.stream(method, url, headers=headers, content=body) as response:
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) > MAX_BYTES:
                    break
            received = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            media_type = received.get(b"content-type", "").partition(";")[0].strip().lower()
            return Fetched(response.status, media_type, bytes(read), received.get(b"retry-after"))

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

"""HTTP to the service under test, and its replies as plain values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from openhitl import __version__
from openhitl.conformance.check import Deviation

REQUEST_SECONDS = 20.0
MAX_PAUSE_SECONDS = 65.0
SECRET_CHARACTERS = 8
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: What any request may end with that is no reply.
NO_REPLY = (httpx2.HTTPError, httpx2.InvalidURL)


@dataclass(frozen=True, slots=True)
class Reply:
    """One response; header names are in lower case."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        text = self.body.decode("utf-8", "replace")
        return f"{self.status} to {self.method} {urlsplit(self.url).path}" + (f": {text}" if text else "")

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def accepted(self) -> bool:
        """Whether the service did what was asked, or sends a browser on as if it had."""
        return self.status < 400

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500

    def object(self) -> dict[str, Any]:
        """Decode a JSON object. Raises: Deviation for anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Deviation("a JSON object", self) from error
        if not isinstance(value, dict):
            raise Deviation("a JSON object", self)
        return value


class Caller:
    """Sends requests. The given headers go to the origin of the service's address only.

    A 429 is waited for once, as long as it asks to, unless the request says otherwise.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base: str,
        headers: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> None:
        self._client = client
        self.base = base.rstrip("/") + "/"
        self.headers = headers
        self._tell = tell

    @property
    def secrets(self) -> list[str]:
        """The parts of the given headers that no report may show, the longest first."""
        parts = {part for value in self.headers.values() for part in value.split()}
        return sorted((part for part in parts if len(part) >= SECRET_CHARACTERS), key=len, reverse=True)

    def address(self, path: str) -> str:
        """Make an address absolute: against the service's own, whose path counts too."""
        return urljoin(self.base, path.removeprefix("/") if not path.startswith("//") else path)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        as_asker: bool = False,
        patient: bool = True,
    ) -> Reply:
        """Send one request.

        Args:
            as_asker: with the headers of whoever asks, credentials included.
            patient: wait for a 429 and repeat.

        Raises: httpx2.HTTPError, httpx2.InvalidURL (see NO_REPLY).
        """
        given = {**self._asking(url, as_asker), **(headers or {})}
        reply = await self._once(method, url, given, content)
        if reply.status == 429 and patient:
            seconds = _pause(reply)
            self._tell(f"asked to wait {seconds:.0f} s before {method} {urlsplit(url).path}")
            await asyncio.sleep(seconds)
            reply = await self._once(method, url, given, content)
        return reply

    async def status_of(self, url: str, *, as_asker: bool = False) -> int:
        """Return the status of a response whose body may never end."""
        async with self._client.stream("GET", url, headers=dict(self._asking(url, as_asker))) as response:
            return response.status_code

    async def _once(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        response = await self._client.request(method, url, headers=dict(headers), content=content)
        return _reply(response, response.content)

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str], *, silence: float
    ) -> AsyncIterator[tuple[Reply, AsyncIterator[str]]]:
        """Open a response as the asker and yield its head and its lines, still coming.

        Args:
            silence: seconds after which a connection that brings nothing is given up.
        """
        given = {**self._asking(url, as_asker=True), **headers}
        # A little longer, so that whoever waits for an event gives up before the connection does.
        timeout = httpx2.Timeout(REQUEST_SECONDS, read=silence + 1)
        async with self._client.stream("GET", url, headers=given, timeout=timeout) as response:
            yield _reply(response, b""), response.aiter_lines()

    def _asking(self, url: str, as_asker: bool) -> Mapping[str, str]:
        return self.headers if as_asker and _origin(url) == _origin(self.base) else {}


def open_client(base: str) -> httpx2.AsyncClient:
    """Make a client that follows no redirect and keeps no cookie: each request stands for itself."""
    return httpx2.AsyncClient(
        timeout=REQUEST_SECONDS,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=urlsplit(base).hostname not in _LOOPBACK,
        headers={"user-agent": f"openhitl-conformance/{__version__}"},
    )


def _reply(response: httpx2.Response, body: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.request.method, str(response.request.url), response.status_code, headers, body)


def _pause(reply: Reply) -> float:
    value = reply.headers.get("retry-after", "")
    return min(float(value) if value.isascii() and value.isdigit() else 1.0, MAX_PAUSE_SECONDS)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Name an origin; all names of this machine are one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (
        parts.scheme,
        "loopback" if host in _LOOPBACK else host,
        parts.port or _DEFAULT_PORTS.get(parts.scheme),
    )

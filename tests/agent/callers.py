"""Programs that call a service with an HTTP client and know nothing of humans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import httpx2
import requests

from openhitl.agent.transports import httpx as for_httpx
from openhitl.agent.transports import httpx2 as for_httpx2
from openhitl.agent.transports.requests import HITLAdapter
from tests.threads import on_thread


@dataclass(frozen=True)
class Got:
    """What the caller got. `cookies` are those that its client has now."""

    status: int
    headers: Any
    body: bytes
    json: Any
    cookies: dict[str, str]
    seconds: float


class Caller(Protocol):
    """Calls one address by POST, with a client made for that."""

    async def call(self, url: str, body: Any, headers: dict[str, str], **options: Any) -> Got: ...


def _got(response: Any, client: Any) -> Got:
    body = response.content
    try:
        value = response.json()
    except (ValueError, RecursionError):
        value = None
    return Got(
        response.status_code,
        response.headers,
        body,
        value,
        dict(client.cookies),
        response.elapsed.total_seconds(),
    )


@dataclass(frozen=True)
class Blocking:
    """A client of httpx or httpx2."""

    library: Any
    ours: Any

    async def call(self, url: str, body: Any, headers: dict[str, str], **options: Any) -> Got:
        return await on_thread(self._call, url, body, headers, options)

    def _call(self, url, body, headers, options):
        transport = self.ours.HITLTransport(**options)
        with self.library.Client(transport=transport, trust_env=False) as client:
            return _got(client.post(url, json=body, headers=headers), client)


@dataclass(frozen=True)
class Async:
    """An async client of httpx or httpx2."""

    library: Any
    ours: Any

    async def call(self, url: str, body: Any, headers: dict[str, str], **options: Any) -> Got:
        transport = self.ours.AsyncHITLTransport(**options)
        async with self.library.AsyncClient(transport=transport, trust_env=False) as client:
            return _got(await client.post(url, json=body, headers=headers), client)


@dataclass(frozen=True)
class Requests:
    """A session of requests."""

    async def call(self, url: str, body: Any, headers: dict[str, str], **options: Any) -> Got:
        return await on_thread(self._call, url, body, headers, options)

    def _call(self, url, body, headers, options):
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", HITLAdapter(**options))
            return _got(session.post(url, json=body, headers=headers), session)


CALLERS: dict[str, Caller] = {
    "httpx2": Blocking(httpx2, for_httpx2),
    "httpx2-async": Async(httpx2, for_httpx2),
    "httpx": Blocking(httpx, for_httpx),
    "httpx-async": Async(httpx, for_httpx),
    "requests": Requests(),
}

"""`HITLTransport` and `AsyncHITLTransport` for httpx.

    client = httpx.Client(transport=HITLTransport())

What you would give the client about connections (TLS, proxies, HTTP/2) is given to the transport
within: `HITLTransport(httpx.HTTPTransport(verify=…))`. Polls go through it too.
"""

from __future__ import annotations

from typing import ClassVar

import httpx

from openhitl.agent.transports import faces

__all__ = ["AsyncHITLTransport", "HITLTransport"]


class _Replay(faces.Replay, httpx.SyncByteStream):
    pass


class _AsyncReplay(faces.AsyncReplay, httpx.AsyncByteStream):
    pass


class HITLTransport(faces.BlockingFace, httpx.BaseTransport):
    """A transport of httpx that waits for a human where a service wants one. See `holding.Options`."""

    library: ClassVar = httpx
    replay: ClassVar = _Replay


class AsyncHITLTransport(faces.AsyncFace, httpx.AsyncBaseTransport):
    """The same for `httpx.AsyncClient`, under asyncio."""

    library: ClassVar = httpx
    replay: ClassVar = _AsyncReplay

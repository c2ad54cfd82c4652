"""`HITLTransport` and `AsyncHITLTransport` for httpx2.

    client = httpx2.Client(transport=HITLTransport())

What you would give the client about connections (TLS, proxies, HTTP/2) is given to the transport
within: `HITLTransport(httpx2.HTTPTransport(verify=…))`. Polls go through it too.
"""

from __future__ import annotations

from typing import ClassVar

import httpx2

from openhitl.agent.transports import faces

__all__ = ["AsyncHITLTransport", "HITLTransport"]


class _Replay(faces.Replay, httpx2.SyncByteStream):
    pass


class _AsyncReplay(faces.AsyncReplay, httpx2.AsyncByteStream):
    pass


class HITLTransport(faces.BlockingFace, httpx2.BaseTransport):
    """A transport of httpx2 that waits for a human where a service wants one. See `holding.Options`."""

    library: ClassVar = httpx2
    replay: ClassVar = _Replay


class AsyncHITLTransport(faces.AsyncFace, httpx2.AsyncBaseTransport):
    """The same for `httpx2.AsyncClient`, under asyncio."""

    library: ClassVar = httpx2
    replay: ClassVar = _AsyncReplay

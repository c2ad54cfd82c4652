"""One client's connection: uvicorn's, which bounds neither how long nor how large a head may be."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openhitl.errors import PayloadTooLarge
from openhitl.review.http import error_response
from openhitl.server.asgi import Patience

#: What a client may send besides bodies: the head of a request; chunk sizes and trailers after it.
MAX_HEAD_BYTES = 64 * 1024
MAX_FRAMING_BYTES = 8 * 1024 * 1024
_REFUSAL = error_response(
    PayloadTooLarge(
        "The address and headers are larger than this server accepts.", limit_bytes=MAX_HEAD_BYTES
    )
)


class Connection(HttpToolsProtocol):
    """Closes what sends no whole head in time, or a head without end."""

    def __init__(self, *args: Any, patience: Patience, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_seconds = patience.head_seconds
        self._in_head = True
        self._unbodied_bytes = 0
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless it is too much."""
        self._unbodied_bytes += len(data)
        super().data_received(data)
        if self._unbodied_bytes > (MAX_HEAD_BYTES if self._in_head else MAX_FRAMING_BYTES):
            self._refuse()
        elif self._in_head and self._unbodied_bytes and self._waiting is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._unbodied_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count a body apart: the doors have limits of their own for it."""
        self._unbodied_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Whatever comes next is the next head."""
        self._in_head = True
        self._unbodied_bytes = 0
        super().on_message_complete()

    def _refuse(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(
                b"HTTP/1.1 %d \r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
                b"cache-control: no-store\r\nconnection: close\r\n\r\n%b"
                % (_REFUSAL.status, len(_REFUSAL.body), _REFUSAL.body)
            )
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._waiting = self.loop.call_later(self._head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: what a client offers to speak is none of the operator's worries."""

"""One client's connection: uvicorn's, which bounds neither how long nor how large a request may be."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from openhitl.errors import HitlError, MalformedRequest, Overloaded, PayloadTooLarge
from openhitl.review.asgi import Patience
from openhitl.review.http import error_response
from openhitl.review.room import Room

#: What a client may send besides bodies: the head of a request; chunk sizes and trailers after it.
MAX_HEAD_BYTES = 64 * 1024
MAX_FRAMING_BYTES = 8 * 1024 * 1024


class Connection(HttpToolsProtocol):
    """Closes what sends no whole request in time, or a head without end.

    A request that comes in one piece, as nearly all do, needs no timer.
    """

    def __init__(self, *args: Any, patience: Patience, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Addresses carry tokens, and whether loggers are told is for whoever sets up logs to say.
        self.access_log = False
        self._patience = patience
        self._room = room
        self._in_head = True
        self._unbodied_bytes = 0
        self._waiting: asyncio.TimerHandle | None = None
        #: Requests that are still being answered while later ones have come, oldest first.
        self._answering: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head, if there is room for one more client."""
        super().connection_made(transport)
        if len(self.connections) > self._room.connections:
            self._answer(Overloaded("As many connections are open as this server takes."))
            transport.close()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more, and tell every request in work; uvicorn tells the last one alone."""
        self._stop_waiting()
        for cycle in self._answering:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless it is too much."""
        self._unbodied_bytes += len(data)
        super().data_received(data)
        if self._unbodied_bytes > (MAX_HEAD_BYTES if self._in_head else MAX_FRAMING_BYTES):
            self._refuse_size()
        elif self._waiting is None and (self._unbodied_bytes or not self._in_head):
            self._wait()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._unbodied_bytes = 0
        self._stop_waiting()
        if self.cycle is not None and not self.cycle.response_complete:
            self._remember(self.cycle)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count a body apart: the doors have limits of their own for it."""
        self._unbodied_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Whatever comes next is the next head."""
        self._in_head = True
        self._unbodied_bytes = 0
        self._stop_waiting()
        super().on_message_complete()

    def _remember(self, cycle: RequestResponseCycle) -> None:
        while self._answering and self._answering[0].response_complete:
            self._answering.pop(0)
        self._answering.append(cycle)

    def _refuse_size(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._answer(
                PayloadTooLarge(
                    "The address and headers are larger than this server accepts.",
                    limit_bytes=MAX_HEAD_BYTES,
                )
            )
        self.transport.close()

    def _give_up(self) -> None:
        if not self._in_head and self.cycle is not None and not self.cycle.response_started:
            seconds = f"{self._patience.body_seconds:g}"
            self._answer(MalformedRequest(f"The body took longer than {seconds} seconds."))
        self.transport.close()

    def _answer(self, error: HitlError) -> None:
        """Say what is wrong, as the last word on this connection."""
        if self.transport.is_closing():
            return
        refusal = error_response(error)
        headers = "".join(f"{name}: {value}\r\n" for name, value in refusal.headers)
        self.transport.write(
            b"HTTP/1.1 %d \r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"%bconnection: close\r\n\r\n%b"
            % (refusal.status, len(refusal.body), headers.encode("latin-1"), refusal.body)
        )

    def _wait(self) -> None:
        seconds = self._patience.head_seconds if self._in_head else self._patience.body_seconds
        self._waiting = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: what a client offers to speak is none of the operator's worries."""

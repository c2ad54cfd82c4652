"""Serve a receiver of callbacks without a web framework, on a thread of this process."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from openhitl.agent.receiver import MAX_BODY_BYTES, Receiver

PATIENCE_SECONDS = 10.0
MAX_DISCARDED_BYTES = 8 * MAX_BODY_BYTES
_CHUNK_BYTES = 64 * 1024


class ReceiverServer:
    """Listens for callbacks for as long as it is entered; `url` is where.

    It speaks plain HTTP: to be reached from elsewhere it wants an https proxy or tunnel before it.
    Raises: OSError if the port is taken.
    """

    def __init__(self, receiver: Receiver, *, host: str = "127.0.0.1", port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"receiver": receiver})
        self._server = _Server((host, port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="openhitl-receiver", daemon=True
        )
        self.url = f"http://{host}:{self._server.server_port}/"

    def __enter__(self) -> ReceiverServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Takes each connection on a thread that ends with the process."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a sender that goes away in the middle."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection. Whoever sends slowly is cut off."""

    receiver: Receiver
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_SECONDS

    def do_POST(self) -> None:
        """Take one callback."""
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            self._answer(411)
        elif int(length) > MAX_BODY_BYTES:
            self._discard(int(length))
            self._answer(413)
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(self.receiver.hear(headers, body))

    def _discard(self, length: int) -> None:
        """Read a body away, within reason: who is cut off in the middle of it does not see the answer."""
        left = min(length, MAX_DISCARDED_BYTES)
        while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)

    def _answer(self, status: int) -> None:
        self.send_response_only(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        if status in (411, 413):  # more may be coming, and nobody reads it
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: an address may hold a token."""

"""Gateways under test, and a server that does what it can to run something in the browser."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openhitl.cli.gateway.app import Gateway
from openhitl.cli.gateway.cookies import KEY_BYTES, Cookies
from openhitl.cli.gateway.serving import bind, uvicorn_for
from openhitl.cli.gateway.site import Site


@dataclass(frozen=True)
class OpenGateway:
    """A gateway that serves, and the names of files that pages wanted in another version."""

    site: Site
    missed: list[str]
    key: bytes = field(repr=False)

    @property
    def url(self) -> str:
        return self.site.origin

    def cookie(self, name: str, value: str) -> tuple[str, str]:
        """Name and spell a cookie of the server as the browser has it."""
        told = Cookies(self.site, self.key).down(f"{name}={value}")
        assert told is not None
        named, _, sealed = told.partition(";")[0].partition("=")
        return named, sealed

    def opened(self, name: str, sealed: str) -> str | None:
        """Read what the server gets of a cookie that the browser has; None if nothing."""
        return Cookies(self.site, self.key).up(f"{name}={sealed}") or None


@contextmanager
def gateway_to(server: str) -> Iterator[OpenGateway]:
    """Serve a gateway to a server on a free port for as long as this is entered."""
    listener, missed, key = bind(0), [], secrets.token_bytes(KEY_BYTES)
    site = Site(server, listener.getsockname()[1])
    gateway = Gateway(site, key=key, miss=missed.append)
    serving = uvicorn_for(gateway)

    async def serve() -> None:
        async with gateway:
            await serving.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="gateway-under-test")
    thread.start()
    try:
        yield OpenGateway(site, missed, key)
    finally:
        serving.should_exit = True
        thread.join()
        listener.close()


@dataclass(frozen=True)
class Answer:
    """What the stand-in says to a path."""

    body: bytes = b""
    headers: Sequence[tuple[str, str]] = (("Content-Type", "text/html; charset=utf-8"),)
    status: int = 200


@dataclass
class StandIn:
    """A server of somebody who wants more than to show pages; it keeps what it was asked."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    #: Method, path with query, headers by lower-case name, body.
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    def paths(self) -> set[str]:
        return {path for _, path, _, _ in self.asked}


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serve what a test says on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    found = StandIn(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(found)
    thread = threading.Thread(target=server.serve_forever, name="stand-in")
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(found: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append((self.command, self.path, headers, body))
            answer = found.answers.get(self.path.partition("?")[0], Answer(b"not here", status=404))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler

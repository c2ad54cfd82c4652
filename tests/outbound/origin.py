"""Another party's web server, on a real socket of this machine, that answers as a test says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """What a path answers. With `stalls` the last byte is kept back until the server is left."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    stalls: bool = False


@dataclass(frozen=True)
class Origin:
    """A running server: `answers` by path, and what was `seen` and `posted`.

    That is every request's path and lower-case headers, and every POST's headers and body.
    """

    url: str
    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    posted: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


@contextmanager
def serving(host: str = "127.0.0.1", *, pem: Path | None = None) -> Iterator[Origin]:
    """Serve on a free port of an address for as long as this is entered; `pem` has the key for https."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            origin.seen.append((self.path, headers))
            answer = origin.answers.get(self.path.partition("?")[0], Answer(status=404))
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body) + answer.stalls))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.stalls:
                self.wfile.flush()
                origin.released.wait(60)

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            origin.posted.append((headers, self.rfile.read(int(headers["content-length"]))))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing: what was asked is in `seen`."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: callers that hang up are what some tests want."""

    listener = Listener((host, 0), Handler)
    port = listener.server_address[1]
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    origin = Origin(f"{'https' if pem else 'http'}://{host}:{port}", port)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.released.set()
        listener.shutdown()
        thread.join()
        listener.server_close()

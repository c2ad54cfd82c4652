"""A proxy before a real PostgreSQL that breaks a connection around a COMMIT."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

#: What the client sends in the extended protocol (Parse of an unnamed or named COMMIT), and what the
#: server answers (CommandComplete).
_COMMIT = b"COMMIT\0"
_COMPLETE = b"C\0\0\0\x0bCOMMIT\0"


class LossyProxy:
    """Forwards bytes both ways; on demand it drops a writer's next commit or its confirmation."""

    def __init__(self, target: str) -> None:
        self.lost = 0
        self._target = target
        self._losing: bytes | None = None
        self._refusing = False
        self._refuse_next = False
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = [self._listener]
        self._spawn(self._accept)

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def lose(self, what: str, *, and_refuse: bool = False) -> None:
        """Break the connection at `a commit` or `the confirmation of a commit`."""
        self._losing = {"a commit": _COMMIT, "the confirmation of a commit": _COMPLETE}[what]
        self._refuse_next = and_refuse

    def recover(self) -> None:
        """Take connections again."""
        self._refusing = False

    def freeze(self) -> None:
        """Let nothing through any more, and keep every connection open."""
        self._flowing.clear()

    def _spawn(self, work, *args) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refusing:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._sockets += [client, server]
                self._spawn(self._serve, client, server)

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        is_writer = False
        with client, server, suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                self._flowing.wait()
                for source in ready:
                    data = source.recv(1 << 20)
                    if not data:
                        return
                    is_writer = is_writer or b"INSERT INTO" in data
                    if is_writer and self._breaks_at(data, from_client=source is client):
                        return
                    (server if source is client else client).sendall(data)

    def _breaks_at(self, data: bytes, *, from_client: bool) -> bool:
        if self._losing is None or from_client != (self._losing == _COMMIT) or self._losing not in data:
            return False
        self._losing = None
        self._refusing = self._refuse_next
        self.lost += 1
        return True

    def close(self) -> None:
        self._flowing.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)


class _Addressed:
    def __init__(self, proxy: LossyProxy, url: str) -> None:
        self.url = url
        self.lose, self.recover, self.freeze = proxy.lose, proxy.recover, proxy.freeze
        self._proxy = proxy

    @property
    def lost(self) -> int:
        return self._proxy.lost


@contextmanager
def lossy_proxy(url: str) -> Iterator[_Addressed]:
    """Stand before the server of a database address; `url` of what is yielded leads through."""
    parsed = make_url(url)
    proxy = LossyProxy(f"{parsed.query['host']}/.s.PGSQL.{parsed.port or 5432}")
    through = parsed.set(host="127.0.0.1", port=proxy.port, query={"sslmode": "disable"})
    try:
        yield _Addressed(proxy, through.render_as_string(hide_password=False))
    finally:
        proxy.close()

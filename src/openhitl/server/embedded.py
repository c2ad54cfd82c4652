"""A server inside another program, for as long as that program waits."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from types import TracebackType

from openhitl.errors import AlreadyServed, SetupError
from openhitl.server.app import Server
from openhitl.server.local import ensure_local_key
from openhitl.server.lock import ServerLock
from openhitl.server.logs import log_to_stderr
from openhitl.server.serving import GONE_SECONDS, HitlUvicorn, bind, uvicorn_for
from openhitl.settings import Settings

START_SECONDS = 30.0


class EmbeddedServer:
    """Serves on a thread while it is entered; one process a data folder.

    After entering, `url` is where it serves and `api_key` the local agent's key.
    Raises on entering: AlreadyServed with the other's URL (None while that one starts), SetupError,
    StoreError.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.url = ""
        self.api_key = ""

    def __enter__(self) -> EmbeddedServer:
        log_to_stderr()
        with ExitStack() as stack:
            lock = stack.enter_context(ServerLock(self._settings.data_dir, self._settings.public_url))
            if not lock.held:
                raise AlreadyServed(lock.holder())
            listener, settings = bind(self._settings)
            lock.announce(settings.public_url)
            self.url = settings.public_url
            self.api_key = ensure_local_key(settings)
            self._start(settings, listener)
            self._open = stack.pop_all()
        return self

    def _start(self, settings: Settings, listener: socket.socket) -> None:
        server = Server(settings)
        self._uvicorn: HitlUvicorn = uvicorn_for(server)
        started = threading.Event()
        self._uvicorn.on_started = started.set
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listener]}, name="embedded-server", daemon=True
        )
        self._thread.start()
        if not started.wait(START_SECONDS) or not self._uvicorn.started:
            raise SetupError("The embedded server did not start.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(GONE_SECONDS)
        self._open.close()

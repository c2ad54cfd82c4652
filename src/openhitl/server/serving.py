"""Listening: a socket, uvicorn, and an orderly end."""

from __future__ import annotations

import gc
import logging
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn

from openhitl.errors import SetupError
from openhitl.protocol.visible import visible
from openhitl.review.asgi import Patience
from openhitl.server.app import Server
from openhitl.server.connection import Connection
from openhitl.server.local import ensure_local_key
from openhitl.server.lock import ServerLock
from openhitl.server.logs import log_to_stderr
from openhitl.settings import Settings

BACKLOG = 4_096
#: With what the ledger may take to close, less than ten seconds.
GRACEFUL_SECONDS = 4
#: When what still hangs is given up: a database that does not answer must not keep the process.
GONE_SECONDS = 9.0
COLLECTOR_THRESHOLDS = (20_000, 20, 50)


class HitlUvicorn(uvicorn.Server):
    """uvicorn that ends the event streams before it waits for connections to finish."""

    def __init__(self, config: uvicorn.Config, server: Server) -> None:
        super().__init__(config)
        self._hitl = server
        self.on_started: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so whether or not it worked."""
        try:
            await super().startup(sockets)
        finally:
            if self.on_started is not None:
                self.on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave on a signal, and see to it that the process is gone in time."""
        if not self.should_exit:
            last_resort = threading.Timer(GONE_SECONDS, leave_at_once)
            last_resort.daemon = True
            last_resort.start()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave, then let uvicorn wait for what is still being answered."""
        self._hitl.leave()
        await super().shutdown(sockets)


def leave_at_once() -> None:
    """End the process whatever its threads wait for: what was acknowledged is durable already."""
    print("Something does not end; leaving all the same.", file=sys.stderr, flush=True)
    os._exit(1)


def bind(settings: Settings) -> tuple[socket.socket, Settings]:
    """Listen where the settings say; with port 0 the settings come back with the port it became.

    Raises: SetupError if the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    cut_stuck_readers(listener, Patience().stuck_seconds)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SetupError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            hint="Choose another port with HITL_PORT, or `hitl serve --port`. "
            "To ask an OpenHITL server that has this one: `hitl login --server`.",
        ) from error
    port = listener.getsockname()[1]
    return listener, settings.model_copy(update={"port": port})


def cut_stuck_readers(listener: socket.socket, seconds: float) -> None:
    """Have the kernel reset connections whose other end has taken nothing for so long.

    Closing would not do: a connection stays until what is queued for it has been taken.
    """
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


def uvicorn_for(server: Server) -> HitlUvicorn:
    """Make the uvicorn that serves; no access log, since addresses carry tokens."""
    config = uvicorn.Config(
        server,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=partial(Connection, patience=server.patience, room=server.room),  # type: ignore[arg-type]  # makes one
        ws="none",
        lifespan="on",
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        date_header=True,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        timeout_keep_alive=30,
        backlog=BACKLOG,
    )
    return HitlUvicorn(config, server)


def raise_file_limit() -> None:
    """Take as many file descriptors as this user may have: each waiting agent needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def calm_collector() -> None:
    """Let Python's cycle collector look less often: what a server keeps are caches without cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def run(settings: Settings, *, welcome: Callable[[Settings], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises: SetupError, StoreError.

    `welcome` is called with the settings in force once it is clear that this process serves the data folder.
    """
    log_to_stderr()
    raise_file_limit()
    calm_collector()
    listener, settings = bind(settings)
    with ServerLock(settings.data_dir, settings.public_url) as lock:
        ensure_local_key(settings)
        where = settings.database_url.partition(":")[0] or visible(str(settings.database_file))
        print(f"OpenHITL listens on {settings.public_url} (store: {where})", file=sys.stderr, flush=True)
        if not lock.held:
            print("Another server of this data folder runs too.", file=sys.stderr, flush=True)
        elif welcome is not None:
            welcome(settings)
        try:
            uvicorn_for(Server(settings)).run(sockets=[listener])
        finally:
            print("Stopped.", file=sys.stderr, flush=True)

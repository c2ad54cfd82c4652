"""A server before there were device lists: it carries the older envelopes alone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from openhitl.protocol.case import ActorKind
from openhitl.review.asgi import Receive, Scope, Send
from openhitl.server.app import Server
from openhitl.server.local import new_key
from openhitl.server.serving import bind, uvicorn_for
from openhitl.settings import Settings
from tests.asking.clients import BOUND_SECONDS
from tests.asking.haste import HASTY
from tests.servers import RunningServer


class OlderServer(Server):
    """Knows nobody to encrypt to but the devices of the older client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/v1/recipients":
            scope = {**scope, "path": "/api/v1/nothing"}
        await super().__call__(scope, receive, send)


@contextmanager
def older_server(folder: Path, port: int = 0) -> Iterator[RunningServer]:
    folder.mkdir(exist_ok=True)
    listener, settings = bind(Settings(data_dir=folder, port=port, agent_rate=0))
    with serving(uvicorn_for(OlderServer(settings, pace=HASTY)), listener), contextlib.ExitStack() as closing:
        key = new_key(settings, "agent-under-test", ActorKind.AGENT)
        nobody: Any = None
        yield RunningServer(settings.public_url, settings, key, "", nobody, nobody, nobody, closing)


@contextmanager
def serving(server: Any, listener: socket.socket) -> Iterator[None]:
    """Serve on a thread. The server calls `on_started` once it does."""
    assert isinstance(server, uvicorn.Server)
    started = threading.Event()
    server.on_started = started.set  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(BOUND_SECONDS)
        yield
    finally:
        server.should_exit = True
        thread.join()

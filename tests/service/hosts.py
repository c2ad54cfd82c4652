"""Web services of somebody else's that embed ours, under their real servers on real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import uvicorn
import waitress

SECRET = "5a" * 32


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def post_url(hitl: Mapping[str, Any], verb: str) -> str:
    """Return the address that the review page's form posts to."""
    base, _, case = hitl["review_url"].rpartition("/review/")
    return f"{base}/reviews/{case.replace('?', f'/{verb}?')}"


class Announcing(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def under_uvicorn(app: Any, port: int) -> Iterator[httpx2.Client]:
    """Serve an ASGI application, without telling it to start, for as long as this is entered."""
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    server = Announcing(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(20)
        with httpx2.Client(base_url=f"http://localhost:{port}", timeout=20, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def under_waitress(app: Any, port: int) -> Iterator[httpx2.Client]:
    """Serve a WSGI application for as long as this is entered."""
    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx2.Client(base_url=f"http://localhost:{port}", timeout=20, trust_env=False) as client:
            yield client
    finally:
        server.trigger.pull_trigger(server.close)
        thread.join(20)
        assert not thread.is_alive()

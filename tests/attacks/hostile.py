"""A server that answers with what it has said before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from openhitl.protocol.case import ActorKind
from openhitl.review.asgi import Receive, Scope, Send, send_response
from openhitl.review.http import Response
from openhitl.server.app import Server
from openhitl.server.local import new_key
from openhitl.server.serving import bind, uvicorn_for
from openhitl.settings import Settings
from tests.asking.haste import HASTY
from tests.sealed.older import serving
from tests.servers import RunningServer


class HostileServer(Server):
    """Repeats its last answer at an address of which `repeats` says so."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, pace=HASTY)
        self.repeats = ""
        self._said: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path and path == self.repeats:
            await send_response(send, Response(202, self._said[path]))
            return

        async def heard(message: Any) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                self._said[path] = message["body"]
            await send(message)

        await super().__call__(scope, receive, heard)


@contextmanager
def hostile_server(folder: Path) -> Iterator[tuple[RunningServer, HostileServer]]:
    listener, settings = bind(Settings(data_dir=folder, port=0, agent_rate=0))
    server = HostileServer(settings)
    with serving(uvicorn_for(server), listener), contextlib.ExitStack() as closing:
        key = new_key(settings, "agent-under-test", ActorKind.AGENT)
        client = closing.enter_context(
            httpx2.Client(base_url=settings.public_url, headers={"x-api-key": key}, trust_env=False)
        )
        running = RunningServer(settings.public_url, settings, key, "", client, client, client, closing)
        yield running, server

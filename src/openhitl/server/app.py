"""The composition root: one store, one casebook, the doors, the background work, one ASGI callable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from openhitl.asking.pace import Pace
from openhitl.errors import HitlError
from openhitl.jobs import Engine
from openhitl.notices import NoticeBoard
from openhitl.protocol.oauth import MCP_PATH
from openhitl.review.asgi import Patience, Receive, Scope, Send, answer_safely
from openhitl.review.protocol_app import ProtocolApp
from openhitl.review.room import Room
from openhitl.server.house import house_app
from openhitl.server.late_mcp import LateMcp
from openhitl.server.notices import ServerDoor
from openhitl.server.oauth_documents import prefixed_documents
from openhitl.server.opening import open_store
from openhitl.server.table import SERVER_ROUTES
from openhitl.settings import Settings

_HOUSE = ("/healthz", "/readyz", "/metrics", "/openapi.json")


class Server:
    """Everything that serves one store, from `start` to `stop`, as an ASGI callable."""

    def __init__(
        self,
        settings: Settings,
        *,
        patience: Patience | None = None,
        room: Room | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.settings = settings
        self.patience = patience or Patience()
        self.room = room or Room.of_this_process()
        self._pace = pace or Pace()
        self.ready = False
        self._prefix = ""

    async def start(self) -> None:
        """Open the store, then the doors. Raises: StoreError, SetupError."""
        store, keyring = await asyncio.to_thread(open_store, self.settings)
        self._engine = engine = Engine(store, keyring, self.settings, has_accounts=True)
        self.book = engine.book
        door = ServerDoor(
            engine.book,
            engine.askers,
            engine.secrets,
            engine.passkeys,
            self.settings,
            engine.fetch_default,
            accounts=engine.accounts,
            agents=engine.agents,
            oauth=engine.oauth,
            sso=engine.sso,
            push=engine.push,
            notices=NoticeBoard(
                store, run=self.book.ledger.read, clock=self.book.clock, admit=self.book.admit
            ),
            room=self.room,
            pace=self._pace,
        )
        self._prefix = door.base
        self._door = ProtocolApp(
            door, (*SERVER_ROUTES, *prefixed_documents(door.base)), self.patience, self.room
        )
        self._house = house_app(self)
        self._mcp = LateMcp(door, self.room, self._pace)
        await engine.start()
        self.ready = True

    def leave(self) -> None:
        """Stop taking new work: not ready, and every stream is ended."""
        self.ready = False
        self._engine.leave()

    async def stop(self) -> None:
        """End the background work, let the writer finish, close the store."""
        self.leave()
        await self._mcp.stop()
        await self._engine.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        await answer_safely(self._answer, scope, receive, send)

    def _answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Find who answers: the house, else the door."""
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = scope["path"] = path[len(self._prefix) :]
        if path.startswith(_HOUSE):
            return self._house(scope, receive, send)
        if path.rstrip("/") == MCP_PATH:
            return self._mcp(scope, receive, send)
        return self._door(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except HitlError as error:
            await send({"type": "lifespan.startup.failed", "message": f"{error.message} {error.hint}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

"""The MCP door, loaded by the first request for it: its library would take a third of every start."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Protocol

from openhitl.asking.pace import Pace
from openhitl.errors import Stopping
from openhitl.review.asgi import Receive, Scope, Send, send_response
from openhitl.review.http import error_response
from openhitl.review.room import Room
from openhitl.server.notices import ServerDoor


class _Door(Protocol):
    """As `openhitl.server.mcp.McpDoor`."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class LateMcp:
    """MCP as an ASGI callable, until `stop`; after that it refuses."""

    def __init__(self, door: ServerDoor, room: Room, pace: Pace) -> None:
        self._made_of = door, room, pace
        self._loading = asyncio.Lock()
        self._door: _Door | None = None
        self._is_stopped = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            door = self._door or await self._load()
        except Stopping as error:
            await send_response(send, error_response(error))
            return
        await door(scope, receive, send)

    async def _load(self) -> _Door:
        """Return the door. Raises: Stopping once nobody would stop it any more."""
        async with self._loading:
            if self._is_stopped:
                raise Stopping
            if self._door is None:
                # In a thread: whoever asks something else meanwhile is answered.
                module = await asyncio.to_thread(import_module, "openhitl.server.mcp")
                door: _Door = module.McpDoor(*self._made_of)
                await door.start()
                self._door = door
            return self._door

    async def stop(self) -> None:
        """End every call that still runs."""
        async with self._loading:
            self._is_stopped = True
            if self._door is not None:
                await self._door.stop()
                self._door = None

"""The MCP door: the tools over Streamable HTTP, of 2026-07-28 and of the revisions before it.

There are no sessions. Each request says with its own credential whose it is, and a question lives by its
key and not by its call: nothing of a client is kept here that another could take over, or a restart lose.
"""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from sse_starlette.sse import AppStatus

from openhitl import __version__
from openhitl.asking.calls import Context
from openhitl.asking.pace import Pace
from openhitl.asking.sealed_tools import SEALED_TOOLS
from openhitl.asking.tool_server import tool_server
from openhitl.asking.tools import TOOLS
from openhitl.errors import (
    CrossSite,
    HitlError,
    InsufficientScope,
    InvalidToken,
    MethodNotAllowed,
    NotFound,
)
from openhitl.identity import Asker
from openhitl.protocol.oauth import MCP_PATH
from openhitl.protocol.oauth_documents import resource_document_url
from openhitl.protocol.scopes import ALL_SCOPES, Scope, spelled
from openhitl.review.asgi import Receive, Send, read_body, send_response
from openhitl.review.asgi import Scope as AsgiScope
from openhitl.review.http import Request, error_response
from openhitl.review.room import Room
from openhitl.server.lines import HttpLine, Lines
from openhitl.server.notices import ServerDoor
from openhitl.server.questioner import CaseQuestioner

#: Libraries whose debug lines hold what humans answered.
_CHATTY = ("mcp", "sse_starlette")
#: Where a request's line is in its ASGI scope.
_LINE = "openhitl.line"


class McpDoor:
    """MCP as an ASGI callable, between `start` and `stop`."""

    def __init__(self, door: ServerDoor, room: Room, pace: Pace) -> None:
        self._door = door
        self._room = room
        tools = tool_server(_line_of, pace, __version__, offered=(*TOOLS, *SEALED_TOOLS))
        self._manager = StreamableHTTPSessionManager(tools, stateless=True)
        self._lines = Lines()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve. Raises what keeps the library from it."""
        # Calls that wait are answered when the server ends; their streams must not be cut before that.
        AppStatus.enable_automatic_graceful_drain = False
        for chatty in _CHATTY:
            logging.getLogger(chatty).setLevel(logging.WARNING)
        started = asyncio.Event()
        self._running = asyncio.create_task(self._run(started), name="mcp")
        self._running.add_done_callback(lambda _: started.set())
        await started.wait()
        if self._running.done():
            await self._running

    async def _run(self, started: asyncio.Event) -> None:
        async with self._manager.run():
            started.set()
            await asyncio.Event().wait()

    async def stop(self) -> None:
        """End every call that still runs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])  # asyncio logs what it may have failed with

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            asker = await self._admitted(scope["method"], headers)
            body = await read_body(headers, receive)
        except HitlError as error:
            await send_response(send, error_response(error, self._challenge(error), with_detail=True))
            return
        line = scope[_LINE] = HttpLine(CaseQuestioner(self._door, asker, self._room), body)
        address = scope["client"][0] if scope.get("client") else ""
        caller = (asker.agent_id, address, headers.get("user-agent", ""))
        with self._lines.held(caller, body, line):
            try:
                await self._manager.handle_request(scope, line.receiving(receive), line.sending(send))
            finally:
                await line.hang_up()

    async def _admitted(self, method: str, headers: dict[str, str]) -> Asker:
        """Say whose request this is, if it may be answered at all."""
        request = Request(method, MCP_PATH, headers=headers)
        # A browser names where its page is from, and a page of another place has no business here, even
        # if its name leads to this machine (DNS rebinding): MCP "Transports", Security Warning.
        origin = headers.get("origin")
        if origin is not None and origin != self._origin:
            raise CrossSite("Pages of other places may not use this server.", hint="")
        await self._door.asker(request, Scope.READ)  # what people answer is read, too
        asker = await self._door.asker(request, Scope.ASK)
        if method != "POST":
            raise MethodNotAllowed(allow=["POST"])
        if "mcp-session-id" in headers:
            raise NotFound("There is no such session: every request stands for itself.")
        return asker

    @property
    def _origin(self) -> str:
        parts = urlsplit(self._door.settings.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _challenge(self, error: HitlError) -> str | None:
        """Say where a client learns who gives credentials for this. RFC 9728 §5.1, RFC 6750 §3."""
        if error.status != 401 and not isinstance(error, InsufficientScope):
            return None
        document = resource_document_url(self._door.public_url, MCP_PATH)
        parts = [f'resource_metadata="{document}"', f'scope="{spelled(ALL_SCOPES)}"']
        if isinstance(error, InvalidToken | InsufficientScope):
            parts.insert(0, f'error="{error.code}"')
        return f"Bearer {', '.join(parts)}"


def _line_of(context: Context) -> HttpLine:
    assert context.request is not None
    line: HttpLine = context.request.scope[_LINE]
    return line

"""The tools of a remote MCP server, called one connection each: nothing is left to lose between two calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, Tool

from openhitl.asking.calls import Context
from openhitl.asking.sealed_tools import SUFFIX
from openhitl.asking.tools import TOOLS
from openhitl.client.origins import is_loopback
from openhitl.client.session import Session
from openhitl.errors import PeerError, ServerUnreachable
from openhitl.protocol.case import Json

T = TypeVar("T")
#: A connection that has shown nothing for so long is taken for broken; ours beats every ten seconds.
SILENCE_SECONDS = 90.0
#: What asks or tells a human, and so must never go out in the clear.
OURS = frozenset(tool.name for tool in TOOLS)


class RemoteTools:
    """A remote server's tools. Raises, in every method: ServerUnreachable, PeerError, MCPError.

    Args:
        session: what it lends its credential to.
    """

    def __init__(self, url: str, session: Session) -> None:
        self._url = url
        self._session = session

    async def listed(self) -> Sequence[Tool]:
        """List all tools."""

        async def list_all(client: Client) -> list[Tool]:
            page = await client.list_tools()
            found = list(page.tools)
            while page.next_cursor is not None:
                page = await client.list_tools(cursor=page.next_cursor)
                found += page.tools
            return found

        return await self._with_client(list_all)

    async def others(self) -> Sequence[Tool]:
        """List what has nothing to do with humans, and so is passed through."""
        tools = await self.listed()
        return [tool for tool in tools if tool.name not in OURS and not tool.name.endswith(SUFFIX)]

    async def call_other(self, context: Context, name: str, arguments: Json) -> CallToolResult:
        """Call a tool that has nothing to do with humans."""
        if name in OURS or name.endswith(SUFFIX):
            raise MCPError(INVALID_PARAMS, "There is no such tool that could be encrypted.")
        return await self.call(context, name, arguments)

    async def call(self, context: Context, name: str, arguments: Json) -> CallToolResult:
        """Call a tool as it is; beats are passed on."""

        async def beat(progress: float, total: float | None, message: str | None) -> None:
            await context.session.report_progress(progress, total, message)

        async def call(client: Client) -> CallToolResult:
            return await client.call_tool(name, dict(arguments), progress_callback=beat)

        return await self._with_client(call)

    async def _with_client(self, use: Callable[[Client], Awaitable[T]]) -> T:
        """Connect, and return what is made of that.

        What is raised inside comes out of a group of tasks, and so as a group: what the server refused is
        taken out of it before.
        """
        outcome: T | MCPError
        try:
            async with self._connected() as client:
                try:
                    outcome = await use(client)
                except MCPError as error:
                    outcome = error
        except (OSError, httpx2.HTTPError, ExceptionGroup) as error:
            raise _failure(self._url, error) from error
        if isinstance(outcome, MCPError):
            raise outcome
        return outcome

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        headers = dict(await self._session.headers(self._url))
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=10.0)
        options: dict[str, Any] = {"headers": headers, "trust_env": not is_loopback(self._url)}
        async with (
            httpx2.AsyncClient(timeout=timeout, **options) as http,
            Client(streamable_http_client(self._url, http_client=http), cache=None) as client,
        ):
            yield client


def _failure(url: str, error: BaseException) -> PeerError:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, httpx2.HTTPStatusError):
        return PeerError(f"{url} answered {error.response.status_code}.", hint="Is this the MCP address?")
    return ServerUnreachable(f"{url} cannot be reached: {error}.")

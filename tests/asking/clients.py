"""The MCP SDK's own client, calling a real server; and the human at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from tests.servers import token_of

#: One of every era: what a client of today finds out for itself, and the handshake before it.
MODES = ("auto", "legacy")
PATH = "/mcp-server/mcp/"
BOUND_SECONDS = 30.0


@asynccontextmanager
async def connected(url: str, key: str, mode: str = MODES[0], **options: Any) -> AsyncIterator[Client]:
    """Connect to the tools of a server with a key or an access token, in one of the eras."""
    headers = {"authorization": f"Bearer {key}"}
    options.setdefault("read_timeout_seconds", BOUND_SECONDS)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=BOUND_SECONDS, trust_env=False) as http,
        Client(streamable_http_client(url + PATH, http_client=http), mode=mode, **options) as client,
    ):
        yield client


class Waiting:
    """A call that waits for a human, and the beats that it has shown."""

    def __init__(self, client: Client, tool: str, arguments: dict[str, Any], **options: Any) -> None:
        self.beats: list[tuple[float, str | None]] = []
        self._beat = asyncio.Condition()
        call = client.call_tool(tool, arguments, progress_callback=self._heard, **options)
        self.result: asyncio.Task[CallToolResult] = asyncio.create_task(call)

    async def _heard(self, progress: float, total: float | None, message: str | None) -> None:
        async with self._beat:
            self.beats.append((progress, message))
            self._beat.notify_all()

    async def asked(self, beats: int = 1) -> Waiting:
        """Wait until the call has beaten so often: then its question was asked."""
        async with asyncio.timeout(BOUND_SECONDS), self._beat:
            await self._beat.wait_for(lambda: len(self.beats) >= beats)
        return self

    async def dropped(self) -> None:
        """Break the call off."""
        self.result.cancel()
        await asyncio.wait([self.result])


class Human:
    """Whoever answers the cases of one agent."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._headers = {"x-api-key": key}

    def cases(self, **filters: str) -> list[dict[str, Any]]:
        """List the agent's cases, newest first."""
        return self._get("/api/v1/reviews", filters)["reviews"]

    def notices(self) -> list[dict[str, Any]]:
        """List what the agent has told, newest first."""
        return self._get("/api/v1/notices", {})["notices"]

    @property
    def open(self) -> dict[str, Any]:
        """The one case that is open."""
        [case] = self.cases(status="pending")
        return case

    @property
    def is_waited_for(self) -> bool:
        """Whether any call waits at the server."""
        metrics = httpx2.get(self.url + "/metrics", trust_env=False, timeout=BOUND_SECONDS).text
        return "openhitl_event_streams 0.0" not in metrics.splitlines()

    def answer(self, action: str, case: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
        """Answer a case, by default the one that is open."""
        return self._post(case or self.open, "respond", {"action": action, "data": data})

    def decline(self, reason: str) -> None:
        """Cancel the one open case."""
        self._post(self.open, "cancel", {"reason": reason})

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        response = httpx2.get(
            self.url + path, params=query, headers=self._headers, trust_env=False, timeout=BOUND_SECONDS
        )
        assert response.status_code == 200, response.text
        return response.json()

    def _post(self, case: dict[str, Any], what: str, body: dict[str, Any]) -> dict[str, Any]:
        token = token_of(case["review_url"])
        response = httpx2.post(
            f"{self.url}/reviews/{case['case_id']}/{what}?token={token}",
            json=body,
            trust_env=False,
            timeout=BOUND_SECONDS,
        )
        assert response.status_code == 200, response.text
        return case


def said(result: CallToolResult) -> str:
    """Return the text of a result, which must be no error."""
    assert not result.is_error, result
    return text_of(result)


def text_of(result: CallToolResult) -> str:
    """Return the one text of a result."""
    [block] = result.content
    return block.text

"""`ApiClient`: paths of the server, called by hand."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import typer

from openhitl.client.config import load_config
from openhitl.client.exchange import Request, Response
from openhitl.client.session import Session
from openhitl.errors import HitlError


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What `post_sync` returns."""

    status_code: int
    body: Any

    def json(self) -> Any:
        """Return the decoded body."""
        return self.body


class ApiClient:
    """Sends requests with this user's credential, which goes to the server that it belongs to.

    What the server refuses is printed, and ends the program as it did: with `typer.Exit(1)`.
    """

    def __init__(self, base_url: str | None = None) -> None:
        self._config = load_config(base_url)
        self.base_url = self._config.server_url

    async def get(self, path: str) -> Any:
        """GET a path of the server; return the decoded body."""
        return await self._send("GET", path, None)

    async def post(self, path: str, data: Any = None) -> Any:
        """POST `data` as JSON."""
        return await self._send("POST", path, data)

    async def put(self, path: str, data: Any = None) -> Any:
        """PUT `data` as JSON."""
        return await self._send("PUT", path, data)

    async def delete(self, path: str) -> Any:
        """DELETE a path of the server."""
        return await self._send("DELETE", path, None)

    def get_sync(self, path: str) -> Any:
        """`get` for code that is not async."""
        return asyncio.run(self.get(path))

    def post_sync(self, path: str, data: Any = None) -> ApiResponse:
        """`post` for code that is not async; what went wrong is in the response."""
        try:
            return ApiResponse(200, asyncio.run(self.post(path, data)))
        except typer.Exit as error:
            return ApiResponse(error.exit_code, {"error": "Request failed"})

    async def _send(self, method: str, path: str, data: Any) -> Any:
        body = None if data is None else json.dumps(data).encode()
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(method=method, url=f"{self.base_url}{path}", headers=headers, body=body)
        try:
            async with Session(self._config.credential) as session:
                return _read(await session.send(request))
        except HitlError as error:
            raise _ended(f"API Error: {error}") from error


def _read(response: Response) -> Any:
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.status == 401:
        raise _ended("Error: Authentication failed. Please run 'hitl-cli login' again.")
    if response.status >= 400:
        told = body if isinstance(body, dict) else {}
        raise _ended(f"API Error: {told.get('detail') or told.get('message') or f'HTTP {response.status}'}")
    return {"status": "success"} if body is None else body


def _ended(message: str) -> typer.Exit:
    print(message)
    return typer.Exit(1)

"""One event stream of the service under test. WHATWG HTML "Server-sent events"; HITL v0.8 §8.5."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2

from openhitl.conformance.caller import Reply


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `id` is None if this very event named none."""

    name: str
    data: str
    id: str | None


class Stream:
    """Reads events, each within `patience` seconds. `closed` tells that the service ended the stream."""

    def __init__(self, head: Reply, lines: AsyncIterator[str], patience: float) -> None:
        self.head = head
        self.closed = False
        self.seen: list[Event] = []
        self._over = False
        self._lines = lines
        self._patience = patience

    async def next(self) -> Event | None:
        """Wait for the next event; None if the stream ended or was silent for too long, and from then on."""
        if self._over:
            return None
        try:
            async with asyncio.timeout(self._patience):
                event = await self._read()
        except (TimeoutError, httpx2.HTTPError):
            self._over = True
            return None
        if event is None:
            self.closed = self._over = True
        else:
            self.seen.append(event)
        return event

    async def until(self, name: str) -> Event | None:
        """Wait for an event of this name; None if none came."""
        while (event := await self.next()) is not None:
            if event.name == name:
                return event
        return None

    async def drain(self) -> None:
        """Read to the end."""
        while await self.next() is not None:
            pass

    async def _read(self) -> Event | None:
        fields: dict[str, Any] = {}
        data: list[str] = []
        async for line in self._lines:
            if not line and data:
                return Event(fields.get("event", "message"), "\n".join(data), fields.get("id"))
            if not line:
                fields = {}
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name in ("event", "id"):
                fields[name] = value
        return None

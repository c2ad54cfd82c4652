"""A service that speaks the protocol's wire on a real socket, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

CASE_ID = "review_peer0001"
CREATED_AT = "2026-02-20T10:00:00Z"
EXPIRES_AT = "2036-02-20T10:00:00Z"
PATIENCE_SECONDS = 20
HEARTBEAT_SECONDS = 0.2
FINAL = ("completed", "expired", "cancelled")
REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 304: "Not Modified"}


@dataclass(frozen=True)
class Seen:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Fault:
    """What to do to the next request of a kind instead of answering it.

    status 0 drops the connection without a word. A body of bytes is sent as it is. One that drips comes
    so slowly that it never ends.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    drips: bool = False


class Peer:
    """One case, created by the first POST, advanced by the test.

    `faults[kind]` holds what goes wrong with the next requests of kind create, show, status, events,
    cancel or received. `streams` False leaves events_url out. Events are numbered from 1, the creation.
    """

    def __init__(self, *, streams: bool = True, retry_after: str = "1") -> None:
        self.streams = streams
        self.retry_after = retry_after
        self.seen: list[Seen] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.events: list[tuple[str, dict[str, Any]]] = [("pending", {"created_at": CREATED_AT})]
        self.created: dict[str, Any] | None = None
        self.ends_streams_after_each_event = False
        self.streams_only_heartbeats = False
        self.url = ""
        self.foreign_poll_url: str | None = None
        self.hitl_more: dict[str, Any] = {}
        self.accepted_headers: dict[str, str] = {}
        self._port = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Peer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Reset every open connection."""
        for writer, task in self._connections.items():
            writer.transport.abort()
            task.cancel()

    def fail(self, kind: str, *faults: Fault) -> None:
        """Have the next requests of this kind fail, in this order."""
        self.faults.setdefault(kind, deque()).extend(faults)

    async def advance(self, status: str, **data: Any) -> None:
        """Move the case on and tell the streams."""
        self.events.append((status, data))
        async with self._news:
            self._news.notify_all()

    async def complete(self, action: str = "approve", data: Any = None, **rest: Any) -> None:
        """Answer the case."""
        result = {"action": action, "data": data or {}}
        await self.advance("completed", completed_at="2026-02-20T10:15:00Z", result=result, **rest)

    async def saw(self, kind: str, times: int = 1) -> Seen:
        """Wait until this many requests of a kind have come in; return the last of them."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: self.count(kind) >= times)
        return [seen for seen in self.seen if kind_of(seen) == kind][times - 1]

    def count(self, kind: str) -> int:
        return sum(kind_of(seen) == kind for seen in self.seen)

    # -- the wire ---------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[writer] = task
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            del self._connections[writer]
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        seen = Seen(method, parts.path, parse_qs(parts.query), headers, json.loads(raw) if raw else None)
        self.seen.append(seen)
        async with self._news:
            self._news.notify_all()
        kind = kind_of(seen)
        if self.faults.get(kind):
            fault = self.faults[kind].popleft()
            if not fault.status:
                writer.transport.abort()
                return False
            if fault.drips:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
                while not writer.is_closing():
                    await self._beat(writer)
            return await self._answer(writer, fault.status, fault.body, fault.headers)
        if kind == "events":
            return await self._stream(writer, seen.headers.get("last-event-id"))
        return await self._answer(writer, *getattr(self, f"_{kind}")(seen))

    async def _answer(
        self, writer: asyncio.StreamWriter, status: int, body: Any, headers: dict[str, str]
    ) -> bool:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}"]
        if status not in (204, 304):
            lines += [f"content-length: {len(raw)}"]
            lines += [] if isinstance(body, bytes) else ["content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
        await writer.drain()
        return True

    # -- the endpoints ----------------------------------------------------------------------------

    @property
    def status(self) -> str:
        return [status for status, _ in self.events if status != "reminder"][-1]

    def hitl(self) -> dict[str, Any]:
        assert self.created is not None
        hitl = {
            "spec_version": "0.8",
            "case_id": CASE_ID,
            "review_url": f"{self.url}/review/{CASE_ID}?token=t",
            "poll_url": self.foreign_poll_url or f"{self.url}/api/reviews/{CASE_ID}/status",
            "type": self.created["type"],
            "prompt": self.created["prompt"],
            "created_at": CREATED_AT,
            "expires_at": EXPIRES_AT,
            "context": self.created.get("context", {}),
        }
        if self.streams:
            hitl["events_url"] = f"{self.url}/api/reviews/{CASE_ID}/events"
        return hitl | self.hitl_more

    def _create(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        self.created = seen.body
        body = {"status": "human_input_required", "message": "Please look.", "hitl": self.hitl()}
        return 202, body, {"Retry-After": "30", **self.accepted_headers}

    def _show(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        return 200, {**self.hitl(), **self._body()}, {}

    def _cancel(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        self.events.append(("cancelled", {"reason": seen.body.get("reason")}))
        return 200, self._body(), {}

    def _received(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        return 204, None, {}

    def _status(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        etag = f'"v{len(self.events)}-{self.status}"'
        headers = {"ETag": etag, "Retry-After": self.retry_after}
        if seen.headers.get("if-none-match") == etag:
            return 304, None, headers
        return 200, self._body(), headers

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"status": self.status, "case_id": CASE_ID, "created_at": CREATED_AT}
        if self.status not in FINAL:
            body["expires_at"] = EXPIRES_AT
        for _, data in self.events:
            body |= data
        return body

    async def _stream(self, writer: asyncio.StreamWriter, last_event_id: str | None) -> bool:
        told = int(last_event_id) if last_event_id else len(self.events) - 1
        if last_event_id and told == len(self.events) and self.status in FINAL:
            return await self._answer(writer, 204, None, {})
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        writer.write(b"retry: 10\n: hello\n\n")
        while self.streams_only_heartbeats and not writer.is_closing():
            await self._beat(writer)
        while not writer.is_closing():
            if len(self.events) > told:
                told = await self._tell(writer, told)
                if self.ends_streams_after_each_event or self.status in FINAL:
                    break
            async with self._news:
                await self._news.wait_for(lambda told=told: len(self.events) > told)
        return False

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS), self._news:
                await self._news.wait()
        writer.write(b":\n\n")
        await writer.drain()

    async def _tell(self, writer: asyncio.StreamWriter, told: int) -> int:
        for seq, (status, data) in enumerate(self.events[told:], start=told + 1):
            public = {name: value for name, value in data.items() if name != "result"}
            event = json.dumps({"case_id": CASE_ID, **public})
            writer.write(f"id: {seq}\nevent: review.{status}\ndata: {event}\n\n".encode())
        told = len(self.events)
        await writer.drain()
        return told


def kind_of(seen: Seen) -> str:
    """Name the endpoint that a request was for."""
    last = seen.path.rsplit("/", 1)[-1]
    if last in ("status", "events", "cancel", "received"):
        return last
    return "create" if seen.method == "POST" else "show"

"""Carries ASGI requests to the protocol door and its responses back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import structlog

from openhitl.errors import HitlError, MalformedRequest, PayloadTooLarge, SignInRequired, Stopping
from openhitl.review.callers import Callers
from openhitl.review.door import Door
from openhitl.review.http import (
    MAX_BODY_BYTES,
    Pending,
    Request,
    Response,
    error_response,
    parse_query,
    see_other,
    wants_html,
)
from openhitl.review.reading import error_page
from openhitl.review.router import Route, Router

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_log = structlog.get_logger("openhitl.review")
_JSON_BEATS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
WITH_BODY = frozenset({"POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a client may take: to send a head and a body, and to take what it is sent."""

    head_seconds: float = 30.0
    body_seconds: float = 30.0
    stuck_seconds: float = 20.0


class DoorApp:
    """The protocol door as an ASGI callable."""

    def __init__(self, door: Door, router: Router) -> None:
        self._door = door
        self._router = router
        self._callers = Callers(door.settings.proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is answered too."""
        method, path = scope["method"], scope["path"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        route: Route | None = None
        try:
            route, values = self._router.match(method, path)
            body = b""
            if method in WITH_BODY:
                body = await read_body(headers, receive)
            query = parse_query(scope["query_string"].decode("latin-1"))
            client = self._callers.of(scope, headers)
            request = Request(method, path, query, headers, body, client)
            response: Response | Pending = await route.handler(self._door, request, **values)
        except HitlError as error:
            response = await self._refusal(error, scope, headers, route)
        if isinstance(response, Pending):
            await send_when_ended(receive, send, response)
        else:
            await send_response(send, response)

    async def _refusal(
        self, error: HitlError, scope: Scope, headers: Mapping[str, str], route: Route | None
    ) -> Response:
        for_people = route.html if route else not scope["path"].startswith("/api/")
        if not for_people or not wants_html(headers):
            return error_response(error, with_detail=route is not None and route.detail)
        if isinstance(error, SignInRequired) and scope["method"] in ("GET", "HEAD"):
            wanted = quote(scope["path"]) + ("?" + scope["query_string"].decode("latin-1")).rstrip("?")
            return see_other(f"{self._door.base}/sign-in?{urlencode({'next': wanted})}")
        request = Request(scope["method"], scope["path"], headers=headers)
        return await error_page(self._door, error, request, is_known=route is not None)


async def answer_safely(
    answer: Callable[[Scope, Receive, Send], Awaitable[None]], scope: Scope, receive: Receive, send: Send
) -> None:
    """Have a request answered; of what fails nothing leaves but a stable code."""
    try:
        await answer(scope, receive, send)
    except Exception as error:  # the outermost handler
        _log.exception("request_failed", method=scope["method"], path=scope["path"], error=repr(error))
        await send_response(send, error_response(HitlError()))


async def read_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Read a body; how long it may take is for the connection to say.

    Raises: PayloadTooLarge beyond 1 MiB, without reading on; MalformedRequest for one that does not
    come whole: a part of an answer must never be taken for the answer; Stopping when the server ends
    meanwhile.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > MAX_BODY_BYTES:
        raise PayloadTooLarge(limit_bytes=MAX_BODY_BYTES)
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        try:
            message = await receive()
        except asyncio.CancelledError as error:  # requests are cancelled only when the server ends
            raise Stopping from error
        if message["type"] == "http.disconnect":
            raise MalformedRequest("The body ended early.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise PayloadTooLarge(limit_bytes=MAX_BODY_BYTES)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def send_response(send: Send, response: Response) -> None:
    """Send a whole response."""
    headers = [(b"content-length", str(len(response.body)).encode())]
    if response.body:
        headers.append((b"content-type", response.content_type.encode("latin-1")))
    headers.extend((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers)
    if response.status in (204, 304):
        headers = headers[1:]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def send_when_ended(receive: Receive, send: Send, pending: Pending) -> None:
    """Send a response once there is one, unless the client goes away before.

    Blanks may stand before any JSON text (RFC 8259 §2), so they are the beats. The status is sent with the
    first of them: what ends later says in its body whether it is an error.
    """
    ending = asyncio.create_task(pending.end())
    leaving = asyncio.create_task(_disconnected(receive))
    is_begun = False
    try:
        while True:
            done, _ = await asyncio.wait(
                {ending, leaving}, timeout=pending.beat_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                break
            if not is_begun:
                await send({"type": "http.response.start", "status": 200, "headers": _JSON_BEATS})
                is_begun = True
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
        if ending not in done:
            return
        response = ending.result()
        if is_begun:
            await send({"type": "http.response.body", "body": response.body})
        else:
            await send_response(send, response)
    finally:
        ending.cancel()
        leaving.cancel()
        await asyncio.wait({ending, leaving})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

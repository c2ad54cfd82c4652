"""Hear a service's callbacks. They only wake the wait: the poll says what happened. HITL v0.8 §9."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from openhitl.agent.bells import Bell
from openhitl.client.exchange import decode_json
from openhitl.errors import InvalidSignature
from openhitl.protocol.callbacks import verify_callback

MAX_BODY_BYTES = 1024 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Receiver:
    """Takes callbacks from a service that shares `secret` with us; an ASGI application.

    Mount it where `hitl_callback_url` leads, or serve it with `openhitl.agent.receiving`. Several
    secrets may be live while one is being replaced. A callback must carry the headers of Standard
    Webhooks, which are refused five minutes later, or `X-HITL-Signature`, which has no time.
    """

    def __init__(self, *secrets: str) -> None:
        if not secrets or not all(secrets):
            raise ValueError("A receiver needs the secret that it shares with the service.")
        self._secrets = secrets
        self._bells: dict[str, list[Bell]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def bell(self, case_id: str) -> Iterator[Bell]:
        """Hang up a bell that callbacks about a case ring."""
        bell = Bell()
        with self._lock:
            self._bells.setdefault(case_id, []).append(bell)
        try:
            yield bell
        finally:
            with self._lock:
                bells = self._bells[case_id]
                bells.remove(bell)
                if not bells:
                    del self._bells[case_id]

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> int:
        """Take one callback; header names are in lower case. Return the HTTP status to answer with.

        204 heard (also when nobody waits for it), 400 not a callback, 401 not from the service, 413
        longer than 1 MiB.
        """
        if len(body) > MAX_BODY_BYTES:
            return 413
        try:
            verify_callback(headers, body, *self._secrets, now=now or datetime.now(UTC))
        except InvalidSignature:
            return 401
        case_id = _case_id(body)
        if case_id is None:
            return 400
        with self._lock:
            for bell in self._bells.get(case_id, ()):
                bell.ring()
        return 204

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request."""
        if scope["type"] != "http":
            raise ValueError(f"A receiver takes requests only, not {scope['type']!r}.")
        if scope["method"] != "POST":
            await _answer(send, 405)
            return
        body = await _read(receive)
        if body is None:
            await _answer(send, 413)
            return
        headers = (
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        )
        await _answer(send, self.hear(dict(headers), body))


def _case_id(body: bytes) -> str | None:
    try:
        event = decode_json(body)
    except ValueError:
        return None
    case_id = event.get("case_id") if isinstance(event, dict) else None
    return case_id if isinstance(case_id, str) else None


async def _read(receive: Receive) -> bytes | None:
    """Read the body; None if it is too long."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return b""
        body += event.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not event.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

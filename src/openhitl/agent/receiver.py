"""Hear a service's callbacks. They only wake the wait: the poll says what happened. HITL v0.8 §9."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

from openhitl.agent.bells import Bell
from openhitl.client.exchange import decode_json

MAX_BODY_BYTES = 1024 * 1024
#: A signed message that is older, or as far in the future, may be one that somebody recorded.
MAX_AGE_SECONDS = 300.0
_SECRET_PREFIX = "whsec_"  # noqa: S105
_SIGNED_BY = ("webhook-id", "webhook-timestamp", "webhook-signature")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Receiver:
    """Takes callbacks from a service that shares `secret` with us; an ASGI application.

    Mount it where `hitl_callback_url` leads, or serve it with `openhitl.agent.receiving`. Several
    secrets may be live while one is being replaced. A callback must carry `X-HITL-Signature`
    (HMAC-SHA256 of the body with the whole secret) or the headers of Standard Webhooks, and all that
    it carries must be right. Only those of Standard Webhooks have a time: older than five minutes, it
    is refused.
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

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> int:
        """Take one callback; header names are in lower case. Return the HTTP status to answer with.

        204 heard (also when nobody waits for it), 400 not a callback, 401 not from the service, 413
        longer than 1 MiB. `now` is Unix time.
        """
        if len(body) > MAX_BODY_BYTES:
            return 413
        if not self._is_genuine(headers, body, time.time() if now is None else now):
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

    def _is_genuine(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        simple = headers.get("x-hitl-signature")
        standard = any(name in headers for name in _SIGNED_BY)
        if simple is None and not standard:
            return False
        if simple is not None and not _matches([simple], [_simple(one, body) for one in self._secrets]):
            return False
        return not standard or self._is_standard(headers, body, now)

    def _is_standard(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Check a message as Standard Webhooks signs it: id, time and body."""
        try:
            message_id, stamp, given = (headers[name] for name in _SIGNED_BY)
            age = abs(now - int(stamp))
        except (KeyError, ValueError):
            return False
        if age > MAX_AGE_SECONDS:
            return False
        signed = f"{message_id}.{stamp}.".encode() + body
        return _matches(given.split(), [_standard(secret, signed) for secret in self._secrets])


def _simple(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _standard(secret: str, signed: bytes) -> str:
    digest = hmac.new(_decoded(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _decoded(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 after `whsec_`, else its own characters."""
    if secret.startswith(_SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def _matches(given: Sequence[str], right: Sequence[str]) -> bool:
    """Compare all with all, in a time that tells nothing about the right ones."""
    found = False
    for one in given[:16]:
        for other in right:
            found |= hmac.compare_digest(one.encode(), other.encode())
    return found


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

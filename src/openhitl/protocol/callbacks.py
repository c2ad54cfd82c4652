"""What a callback says and how it is signed. HITL v0.8 §9; Standard Webhooks 1.0.

Two signatures go out. `X-HITL-Signature` covers the body alone, with the whole secret as its key.
Standard Webhooks covers id, time and body, so that a receiver can tell a replay, with the part of the
secret after `whsec_`, decoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import product

from openhitl.errors import InvalidSignature
from openhitl.protocol import wire
from openhitl.protocol.compact import compact
from openhitl.protocol.lifecycle import Event

SECRET_PREFIX = "whsec_"  # noqa: S105 - says what follows
#: How far a callback's time may lie from the receiver's, as Standard Webhooks' own libraries have it.
TOLERANCE_SECONDS = 300
#: More than these a callback need not carry: one for each secret that is good.
MAX_SIGNATURES = 16
_STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")


def secret_from_bytes(random: bytes) -> str:
    """Spell random bytes as a secret: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(random).decode("ascii")


def callback_id(event: Event) -> str:
    """Name a callback: the same however often it is sent. Standard Webhooks "webhook-id"."""
    return f"msg_{event.case_id}_{event.seq}"


def callback_body(event: Event) -> bytes:
    """Spell the body: the event's name and data, without sensitive values. HITL v0.8 §9."""
    return compact({"event": f"review.{event.kind}", **wire.event_data(event)})


def signed_headers(body: bytes, message_id: str, sent_at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Sign a callback.

    Args:
        secrets: those that are good at the moment, oldest first. `X-HITL-Signature` has room for one,
            and is made with the oldest, which every receiver still knows.
    """
    seconds = str(int(sent_at.timestamp()))
    return {
        "x-hitl-signature": _hitl_signature(body, secrets[0]),
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(body, message_id, seconds, secret) for secret in secrets),
    }


def verify_callback(headers: Mapping[str, str], body: bytes, *secrets: str, now: datetime) -> None:
    """Check that a callback was signed with one of these secrets, and lately.

    Where the headers of Standard Webhooks are, they decide. A callback that carries only
    `X-HITL-Signature` is good whenever it comes: nothing in it says when it was sent. Header names are
    lower case. Raises: InvalidSignature.
    """
    if any(name in headers for name in _STANDARD):
        message_id, seconds, signatures = (headers.get(name, "") for name in _STANDARD)
        if not seconds.isdecimal() or abs(now.timestamp() - int(seconds[:12])) > TOLERANCE_SECONDS:
            raise InvalidSignature("The callback was sent too long ago, or does not say when.")
        given = signatures.split()[:MAX_SIGNATURES]
        expected = [_signature(body, message_id, seconds, secret) for secret in secrets]
    else:
        given = [headers.get("x-hitl-signature", "")]
        expected = [_hitl_signature(body, secret) for secret in secrets]
    pairs = product((one.encode() for one in given), (one.encode() for one in expected))
    if not any(hmac.compare_digest(one, other) for one, other in pairs):
        raise InvalidSignature("The callback was not signed with this secret.")


def _hitl_signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _signature(body: bytes, message_id: str, seconds: str, secret: str) -> str:
    signed = f"{message_id}.{seconds}.".encode() + body
    digest = hmac.digest(_key(secret), signed, "sha256")
    return "v1," + base64.b64encode(digest).decode("ascii")


def _key(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 after `whsec_`, else its own characters."""
    with suppress(ValueError):  # not base64, or not even ASCII
        if secret.startswith(SECRET_PREFIX):
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return secret.encode()

"""What a callback says and how it is signed. HITL v0.8 §9; Standard Webhooks 1.0.

Two signatures go out. `X-HITL-Signature` covers the body alone, with the whole secret as its key.
Standard Webhooks covers id, time and body, so that a receiver can tell a replay, with the part of the
secret after `whsec_`, decoded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from openhitl.errors import InvalidSignature
from openhitl.protocol import wire
from openhitl.protocol.compact import compact
from openhitl.protocol.lifecycle import Event

SECRET_PREFIX = "whsec_"  # noqa: S105 - says what follows
SECRET_BYTES = 32
#: How far a callback's time may lie from the receiver's, as Standard Webhooks' own libraries have it.
TOLERANCE_SECONDS = 300


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


def verify_callback(headers: Mapping[str, str], body: bytes, secret: str, *, now: datetime) -> None:
    """Check that a callback was signed with this secret, and lately.

    A callback that carries only `X-HITL-Signature` is good whenever it comes: nothing in it says when
    it was sent. Header names are lower case. Raises: InvalidSignature.
    """
    message_id = headers.get("webhook-id")
    if message_id is None:
        given, expected = [headers.get("x-hitl-signature", "")], _hitl_signature(body, secret)
    else:
        seconds = headers.get("webhook-timestamp", "")
        if not seconds.isdecimal() or abs(now.timestamp() - int(seconds[:12])) > TOLERANCE_SECONDS:
            raise InvalidSignature("The callback was sent too long ago, or does not say when.")
        given = headers.get("webhook-signature", "").split()
        expected = _signature(body, message_id, seconds, secret)
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        raise InvalidSignature("The callback was not signed with this secret.")


def _hitl_signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _signature(body: bytes, message_id: str, seconds: str, secret: str) -> str:
    signed = f"{message_id}.{seconds}.".encode() + body
    digest = hmac.digest(_key(secret), signed, "sha256")
    return "v1," + base64.b64encode(digest).decode("ascii")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise InvalidSignature("The secret is not whsec_ and base64.") from error

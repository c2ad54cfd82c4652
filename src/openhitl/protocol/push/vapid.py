"""Saying to a push service who sends. RFC 8292."""

from __future__ import annotations

from datetime import datetime, timedelta

from openhitl.protocol.base64url import encode
from openhitl.protocol.compact import compact

#: RFC 8292 §2 allows 24 hours; clocks differ.
LIFETIME = timedelta(hours=12)


def signing_input(origin: str, subject: str, *, now: datetime) -> bytes:
    """Return the bytes to sign with ES256 for a push service: header and claims of the token.

    Args:
        origin: of the push service, e.g. `https://fcm.googleapis.com`.
        subject: whom its operator can reach, `mailto:…` or `https:…`.
    """
    header = {"typ": "JWT", "alg": "ES256"}
    claims = {"aud": origin, "exp": int((now + LIFETIME).timestamp()), "sub": subject}
    return f"{encode(compact(header))}.{encode(compact(claims))}".encode("ascii")


def authorization(signed: bytes, signature: bytes, public_key: bytes) -> str:
    """Spell the header `Authorization`: the token, and the key that it was signed with. RFC 8292 §3."""
    return f"vapid t={signed.decode('ascii')}.{encode(signature)}, k={encode(public_key)}"

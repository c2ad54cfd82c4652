"""Proof that an interaction came from Discord. Apart from the rest, for it loads `cryptography`."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature as Forged
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openhitl.errors import InvalidSignature


def check_discord(body: bytes, *, public_key: str, timestamp: str, signature: str) -> None:
    """Check the headers `X-Signature-Timestamp` and `X-Signature-Ed25519` over the raw body.

    `public_key` is the application's, 64 hexadecimal digits. Discord sends forged requests now and then
    and wants 401 for them.
    Raises: InvalidSignature. Source: Discord "Receiving and responding to interactions".
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), timestamp.encode("ascii") + body)
    except (ValueError, Forged) as error:
        raise InvalidSignature from error

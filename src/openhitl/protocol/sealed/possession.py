"""Proof that a device holds the key it signs with: public keys are known to all, and prove nothing.

What is signed names what it is good for: a session of one person, or one pairing. Signed for one, it moves a
device to no other.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openhitl.protocol.base64url import decode
from openhitl.protocol.devices import DeviceKeys

_LABEL = "openhitl device claim v1"


def session_claim(person: str, session_id: int, keys: DeviceKeys) -> bytes:
    """Spell what a device signs that says it is where a session is. `person` is as in device lists."""
    return _spelt(keys, what="session", whose=person, where=str(session_id))


def pairing_claim(code: str, keys: DeviceKeys) -> bytes:
    """Spell what a device signs that claims a pairing; `code` is as it was typed."""
    return _spelt(keys, what="pairing", whose=code)


def is_proven(claim: bytes, keys: DeviceKeys, signature: object) -> bool:
    """Tell whether the device of these keys has signed a claim.

    Args:
        signature: of Ed25519, base64url; None if there is none. RFC 8032.
    """
    try:
        raw = decode(signature) if isinstance(signature, str) else b""
        Ed25519PublicKey.from_public_bytes(decode(keys.sign)).verify(raw, claim)
    except (InvalidSignature, ValueError):
        return False
    return True


def _spelt(keys: DeviceKeys, *, what: str, whose: str, where: str = "") -> bytes:
    return "\n".join((_LABEL, what, whose, where, keys.box, keys.sign)).encode()

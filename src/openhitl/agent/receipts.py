"""Receipts, verified offline. Apart from the rest, for it loads `cryptography`. HITL v0.8 §13.4."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from openhitl.errors import InvalidReceipt
from openhitl.protocol import receipts
from openhitl.protocol.case import Json
from openhitl.protocol.jws import Jws
from openhitl.protocol.receipts import VerifiedReceipt


def verify_receipt(poll_body: Json, jwks: Json) -> VerifiedReceipt:
    """Check that a service vouches for an answer, and for every word of it.

    Args:
        poll_body: what the poll of an answered case returned (`decision.poll`), or the
            case as its creator sees it; then what was shown is compared too.
        jwks: the service's `/.well-known/jwks.json`, from a place that you trust. The address in the
            receipt itself proves nothing.

    `next_case_id` is set after the answer and not vouched for; any other member that the receipt does
    not know is refused. Raises: InvalidReceipt.
    """
    receipt = receipts.read_receipt(poll_body)
    key = receipts.public_key(jwks, receipt.key_id)
    if not is_signed(key, receipt):
        raise InvalidReceipt("The receipt was not signed with the key that it names.")
    return receipts.check_claims(receipt, poll_body)


def is_signed(public_key: bytes, statement: Jws) -> bool:
    """Tell whether a JWS was signed with a public key of 32 bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(statement.signature, statement.signed)
    except (InvalidSignature, ValueError):
        return False
    return True

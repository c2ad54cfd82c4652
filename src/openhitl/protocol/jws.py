"""Compact JWS with one algorithm, Ed25519 (`alg` EdDSA), each with a `typ` of its own. RFC 7515, RFC 8037.

The same key signs receipts and checkpoints: `typ` is inside what is signed, so that neither ever passes
for the other (RFC 8725 §3.11). Nothing here signs: keys and the curve are with those who import this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from openhitl.protocol import jcs
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.case import Json
from openhitl.protocol.record import record

ALGORITHM = "EdDSA"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_JWK = ("kty", "crv", "x", "kid", "use", "alg")


@record(frozen=True, slots=True)
class Jws:
    """A compact JWS in its parts, nothing of it verified. `signed` is what the signature covers."""

    key_id: str
    payload: bytes
    signed: bytes
    signature: bytes


def signing_input(claims: Json, *, key_id: str, kind: str) -> bytes:
    """Return the bytes to sign: header and payload. RFC 7515 §5.1."""
    header = {"alg": ALGORITHM, "kid": key_id, "typ": kind}
    return f"{encode(jcs.canonical(header))}.{encode(jcs.canonical(claims))}".encode("ascii")


def compact(signed: bytes, signature: bytes) -> str:
    """Spell the whole. RFC 7515 §7.1."""
    return f"{signed.decode('ascii')}.{encode(signature)}"


def parse(text: str, *, kind: str, noun: str) -> Jws:
    """Take a compact JWS of this `typ` apart. Raises: ValueError, a sentence about this noun."""
    parts = text.split(".")
    if len(parts) != 3:
        raise ValueError(f"The {noun} is not a compact JWS.")
    header = json_object(decode_part(parts[0], noun=noun), noun=noun)
    if set(header) != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (ALGORITHM, kind):
        raise ValueError(f"The {noun}'s header is not that of a {noun}.")
    payload, signature = (decode_part(part, noun=noun) for part in parts[1:])
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError(f"The {noun}'s signature has not the length of one.")
    return Jws(str(header["kid"]), payload, ".".join(parts[:2]).encode("ascii"), signature)


def json_object(text: bytes, *, noun: str) -> Json:
    """Read the JSON object in a part. Raises: ValueError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"A part of the {noun} is not JSON.") from error
    if not isinstance(value, Mapping):
        raise ValueError(f"A part of the {noun} is not a JSON object.")
    return value


def decode_part(text: str, *, noun: str) -> bytes:
    """Read the base64url of a part. Raises: ValueError."""
    try:
        return decode(text)
    except ValueError as error:
        raise ValueError(f"A part of the {noun} is not base64url as it should be spelled.") from error


def public_jwk(public_key: bytes) -> dict[str, str]:
    """Spell a public key of 32 bytes for the JWKS; its `kid` is its thumbprint. RFC 8037 §2, RFC 7638."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": encode(public_key),
        "kid": key_id(public_key),
        "use": "sig",
        "alg": ALGORITHM,
    }


def key_id(public_key: bytes) -> str:
    """Name a public key by what it is, so that no other key can bear the name. RFC 7638 §3."""
    thumbprint = jcs.digest({"crv": "Ed25519", "kty": "OKP", "x": encode(public_key)})
    return f"receipt-{thumbprint}"


def public_key(jwks: Json, wanted: str) -> bytes:
    """Return the 32 bytes of the key of this name. Raises: ValueError if the JWKS has none."""
    keys = jwks.get("keys")
    listed = keys if isinstance(keys, list) else []
    for jwk in listed:
        if isinstance(jwk, Mapping) and jwk.get("kid") == wanted and isinstance(jwk.get("x"), str):
            found = decode_part(jwk["x"], noun="JWKS")
            # The key's name is its thumbprint: another key under this name is refused here.
            if len(found) == KEY_BYTES and {name: jwk.get(name) for name in _JWK} == public_jwk(found):
                return found
    raise ValueError("The JWKS has no such key.")

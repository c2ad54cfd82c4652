"""Signed requests to World App: that a proof is asked for by us. World ID 4.0 "RP Signatures"."""

from __future__ import annotations

import os
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from openhitl.errors import SetupError
from openhitl.evidence.keccak import hash_to_field, keccak256

LIFE_SECONDS = 300
KEY_BYTES = 32
_VERSION = b"\x01"
#: The curve secp256k1: its field, its order, its generator. SEC 2 §2.4.1.
_P = 2**256 - 2**32 - 977
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_Point = tuple[int, int] | None


class RequestSigner:
    """Signs requests with the key of a relying party.

    Raises: SetupError for a key that is not 32 bytes in hexadecimal, with or without 0x.
    """

    def __init__(self, key: str) -> None:
        try:
            raw = bytes.fromhex(key.strip().removeprefix("0x"))
            if len(raw) != KEY_BYTES:
                raise ValueError
            self._key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256K1())
        except ValueError:  # what was wrong may quote the key
            raise SetupError("HITL_WORLD_ID_SIGNING_KEY is not a key of 32 bytes in hexadecimal.") from None

    def signed(self, action: str, now: datetime, *, drawn: bytes | None = None) -> dict[str, str | int]:
        """Return nonce, created_at, expires_at and signature of a request; `drawn` are 32 random bytes."""
        nonce = hash_to_field(os.urandom(KEY_BYTES) if drawn is None else drawn)
        created_at = int(now.timestamp())
        message = request_message(nonce, created_at, created_at + LIFE_SECONDS, action)
        return {
            "nonce": f"0x{nonce.hex()}",
            "created_at": created_at,
            "expires_at": created_at + LIFE_SECONDS,
            "signature": f"0x{self._signature(message).hex()}",
        }

    def _signature(self, message: bytes) -> bytes:
        """Sign as EIP-191 says; the last byte lets the public key be worked out of the signature."""
        digest = keccak256(f"\x19Ethereum Signed Message:\n{len(message)}".encode() + message)
        algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
        r, s = decode_dss_signature(self._key.sign(digest, algorithm))
        # Only public values go into this arithmetic: nothing of it has to take the same time always.
        numbers = self._key.public_key().public_numbers()
        inverse = pow(s, -1, _N)
        first = _times(_G, int.from_bytes(digest, "big") * inverse % _N)
        point = _plus(first, _times((numbers.x, numbers.y), r * inverse % _N))
        assert point is not None
        is_odd = point[1] & 1
        if s > _N // 2:
            s, is_odd = _N - s, is_odd ^ 1
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + is_odd])


def request_message(nonce: bytes, created_at: int, expires_at: int, action: str) -> bytes:
    """Spell what is signed: 81 bytes."""
    times = created_at.to_bytes(8, "big") + expires_at.to_bytes(8, "big")
    return _VERSION + nonce + times + hash_to_field(action.encode())


def _plus(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = 3 * x1 * x1 * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(point: _Point, factor: int) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        factor >>= 1
    return total

"""Messages that only the browser they are for can read. RFC 8291, RFC 8188 with one record."""

from __future__ import annotations

import hmac
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openhitl.protocol.base64url import decode
from openhitl.protocol.problems import invalid, text_of
from openhitl.protocol.record import record

CURVE = ec.SECP256R1()
SALT_BYTES = 16
AUTH_BYTES = 16
_POINT_BYTES = 65
_RECORD_BYTES = 4096  # RFC 8030 §7.2: what every push service takes
_HEADER = struct.Struct(">16sIB")
_LAST_RECORD = b"\x02"  # RFC 8188 §2
_TAG_BYTES = 16
#: The longest message: 103 bytes of a body are not text.
MAX_PLAINTEXT_BYTES = _RECORD_BYTES - _HEADER.size - _POINT_BYTES - len(_LAST_RECORD) - _TAG_BYTES


@record(frozen=True, slots=True)
class Receiver:
    """The keys of a subscription: an uncompressed point of P-256 (65 bytes) and a secret (16 bytes)."""

    p256dh: bytes
    auth: bytes


def parse_receiver(p256dh: object, auth: object) -> Receiver:
    """Read the keys of a subscription, each as base64url. Raises: InvalidRequest."""
    point, secret = _bytes_of(p256dh, "keys.p256dh"), _bytes_of(auth, "keys.auth")
    try:
        if len(point) != _POINT_BYTES:
            raise ValueError("not an uncompressed point")
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError:
        invalid("keys.p256dh", "must be an uncompressed point of the curve P-256")
    if len(secret) != AUTH_BYTES:
        invalid("keys.auth", f"must be {AUTH_BYTES} bytes")
    return Receiver(point, secret)


def _bytes_of(value: object, path: str) -> bytes:
    text = text_of(value, path, least=1, most=200)
    try:
        return decode(text.rstrip("="))
    except ValueError:
        invalid(path, "must be base64url")


def encrypt(
    plaintext: bytes, receiver: Receiver, *, ephemeral: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Seal a message; the body of a push, at most 4,096 bytes.

    Args:
        plaintext: at most `MAX_PLAINTEXT_BYTES`.
        ephemeral: a key of P-256 that was made for this message alone.
        salt: 16 random bytes, for this message alone.

    Raises: ValueError if the message is too long.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise ValueError(f"A push message has at most {MAX_PLAINTEXT_BYTES} bytes.")
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver.p256dh)
    own = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ephemeral.exchange(ec.ECDH(), public)
    # RFC 8291 §3.4
    info = b"WebPush: info\x00" + receiver.p256dh + own
    keying = _expanded(_mac(receiver.auth, shared), info, 32)
    # RFC 8188 §2.2, §2.3
    pseudorandom = _mac(salt, keying)
    key = _expanded(pseudorandom, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _expanded(pseudorandom, b"Content-Encoding: nonce\x00", 12)
    header = _HEADER.pack(salt, _RECORD_BYTES, len(own)) + own
    return header + AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD, None)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _expanded(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 §2.3, of one block."""
    return _mac(key, info + b"\x01")[:length]

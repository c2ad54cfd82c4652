"""Envelope v1, as hitl-cli 1.2.1 speaks it: base64(24 bytes nonce ‖ NaCl box), text inside.

It says who wrote the text and nothing more: neither which case it belongs to, nor when, nor in which
direction. Use v2 wherever the other side can.
"""

from __future__ import annotations

import base64
import binascii

from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey

from openhitl.errors import EnvelopeChanged, InvalidEnvelope, InvalidRequest
from openhitl.protocol.sealed.keys import SIZE, Keys, is_canonical

NONCE_BYTES = 24
_TAG_BYTES = 16
#: As much as fits into a request of 1 MiB with room to spare.
MAX_TEXT_BYTES = 512 * 1024
_MAX_CHARACTERS = 4 * -(-(NONCE_BYTES + _TAG_BYTES + MAX_TEXT_BYTES) // 3)


def read_key(text: str) -> bytes:
    """Read a public key spelt in base64. Raises: InvalidEnvelope."""
    raw = _decode(text)
    if not is_canonical(raw):
        raise InvalidEnvelope(f"A public key is {SIZE} bytes in base64, below 2^255 - 19.")
    return raw


def write_key(public: bytes) -> str:
    """Spell a public key in base64."""
    return base64.b64encode(public).decode("ascii")


def seal_box(text: str, sender: Keys, recipient: bytes, *, nonce: bytes) -> str:
    """Encrypt text of at most 512 KiB; `nonce` is 24 random bytes, never used before.

    Raises: InvalidRequest for longer text or half a character in it, InvalidEnvelope for a public key that
    is none.
    """
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidRequest("Text holds half a character (a lone surrogate).") from error
    if len(raw) > MAX_TEXT_BYTES:
        raise InvalidRequest(f"Encrypted text has at most {MAX_TEXT_BYTES} bytes.")
    return base64.b64encode(bytes(_box(sender, recipient).encrypt(raw, nonce))).decode("ascii")


def open_box(payload: str, keys: Keys, sender: bytes) -> str:
    """Decrypt text that the owner of the public key `sender` wrote.

    Raises: InvalidEnvelope for what is no envelope v1, EnvelopeChanged for one that was changed or is
    from somebody else or to another key: v1 cannot tell which.
    """
    if len(payload) > _MAX_CHARACTERS:
        raise InvalidEnvelope("The envelope is too long.")
    raw = _decode(payload)
    if len(raw) < NONCE_BYTES + _TAG_BYTES:
        raise InvalidEnvelope("The envelope is too short.")
    try:
        return _box(keys, sender).decrypt(raw[NONCE_BYTES:], raw[:NONCE_BYTES]).decode("utf-8")
    except CryptoError as error:
        raise EnvelopeChanged from error
    except UnicodeDecodeError as error:
        raise InvalidEnvelope("What was encrypted is no text.") from error


def _box(keys: Keys, public: bytes) -> Box:
    try:
        return Box(PrivateKey(keys.private), PublicKey(public))
    except CryptoError as error:
        raise InvalidEnvelope("A public key is not one of X25519.") from error


def _decode(text: str) -> bytes:
    """Read the one right spelling of bytes in base64. RFC 4648 §3.5, §4."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEnvelope("An envelope of version 1 and its keys are base64.") from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise InvalidEnvelope("That is not how these bytes are spelt in base64.")
    return raw

"""The JSON form of envelope v2: one spelling for every envelope, everything else refused."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

from openhitl.errors import InvalidEnvelope, UnknownEnvelopeVersion
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.case import Json
from openhitl.protocol.record import record
from openhitl.protocol.sealed.keys import SIZE, is_canonical

VERSION = 2
KEY_BYTES = 32
COMMITMENT_BYTES = 32
TAG_BYTES = 16
WRAP_BYTES = KEY_BYTES + TAG_BYTES
PAD_BYTES = 256
MAX_PLAINTEXT_BYTES = 512 * 1024
MAX_RECIPIENTS = 128
_AROUND = COMMITMENT_BYTES + TAG_BYTES
_MAX_BOX_BYTES = _AROUND + MAX_PLAINTEXT_BYTES


@record(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope as bytes: `keys` are pairs of recipient and wrapped key, in the order of their spelling."""

    sender: bytes
    ephemeral: bytes
    keys: tuple[tuple[bytes, bytes], ...]
    box: bytes

    @property
    def recipients(self) -> tuple[bytes, ...]:
        """The public keys that it is encrypted to."""
        return tuple(to for to, _ in self.keys)

    @property
    def digest(self) -> str:
        """Base64url SHA-256 of the box. It stands for content, sender and recipients."""
        return encode(hashlib.sha256(self.box).digest())

    def to_json(self) -> Json:
        """Spell it for the wire."""
        return {
            "v": VERSION,
            "sender": encode(self.sender),
            "ephemeral": encode(self.ephemeral),
            "keys": [{"to": encode(to), "key": encode(wrap)} for to, wrap in self.keys],
            "box": encode(self.box),
        }


def parse_envelope(value: object) -> Envelope:
    """Read parsed JSON, the outside only: nothing here shows that anybody can decrypt it.

    Raises: UnknownEnvelopeVersion for another `v`; InvalidEnvelope for missing and unknown members, bytes
    that are not spelt as they must be, recipients that are out of order, twice, none or more than 128, and
    boxes whose size is not one that a message of at most 512 KiB has.
    """
    if not isinstance(value, dict):
        raise InvalidEnvelope("An envelope is a JSON object.")
    version = value.get("v")
    if type(version) is not int or version != VERSION:
        raise UnknownEnvelopeVersion
    _check_members(value, {"v", "sender", "ephemeral", "keys", "box"})
    box = _bytes(value["box"], _MAX_BOX_BYTES)
    if len(box) <= _AROUND or (len(box) - _AROUND) % PAD_BYTES:
        raise InvalidEnvelope("The box has not the size of any message.")
    return Envelope(
        sender=_key(value["sender"]),
        ephemeral=_key(value["ephemeral"]),
        keys=_keys(value["keys"]),
        box=box,
    )


def _keys(value: object) -> tuple[tuple[bytes, bytes], ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_RECIPIENTS:
        raise InvalidEnvelope(f"An envelope has 1 to {MAX_RECIPIENTS} keys.")
    found = []
    for one in value:
        if not isinstance(one, dict):
            raise InvalidEnvelope("A key is an object of `to` and `key`.")
        _check_members(one, {"to", "key"})
        wrap = _bytes(one["key"], WRAP_BYTES)
        if len(wrap) != WRAP_BYTES:
            raise InvalidEnvelope(f"A wrapped key has {WRAP_BYTES} bytes.")
        found.append((_key(one["to"]), wrap))
    if any(former["to"] >= latter["to"] for former, latter in pairwise(value)):
        raise InvalidEnvelope("The keys are not in order, or one is there twice.")
    return tuple(found)


def _check_members(value: dict[str, Any], members: set[str]) -> None:
    if set(value) != members:
        raise InvalidEnvelope(f"It must have exactly the members {', '.join(sorted(members))}.")


def _key(value: object) -> bytes:
    raw = _bytes(value, SIZE)
    if not is_canonical(raw):
        raise InvalidEnvelope(f"A public key is {SIZE} bytes, below 2^255 - 19.")
    return raw


def _bytes(value: object, most: int) -> bytes:
    """Read at most so many bytes from their one right spelling."""
    if not isinstance(value, str) or len(value) > -(-most * 4 // 3):
        raise InvalidEnvelope("Bytes are too many, or no text.")
    try:
        return decode(value)
    except ValueError as error:
        raise InvalidEnvelope("Bytes are not spelt in base64url without padding.") from error

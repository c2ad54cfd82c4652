"""Envelope v2: one message to many keys, bound to its case, direction, place in a row and deadline.

A random content key encrypts the message and is wrapped for each recipient with a key that takes an
ephemeral and the sender's static private key to compute, as in RFC 9180's authenticated mode (§5.1.3). So:

- only recipients read it, even if the sender's static key is stolen later (the ephemeral key is gone);
- a recipient knows who wrote it: each wrap is bound to the box, so not even another recipient, who knows
  the content key, can put other words into it;
- there is one message: the box begins with a commitment to the content key, the sender and the list of
  recipients (AES-GCM alone would let a sender make one box that reads differently under two keys). The
  SHA-256 of the box stands for all of that, and nobody can be dropped from the list unnoticed.

docs/envelopes.md says the exact bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import field
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openhitl.errors import (
    EnvelopeChanged,
    InvalidEnvelope,
    InvalidRequest,
    KeyToAnother,
    NotEncryptedToKey,
    UnknownSender,
)
from openhitl.protocol import jcs
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import Json
from openhitl.protocol.problems import check_storable
from openhitl.protocol.record import record
from openhitl.protocol.sealed.head import Direction, Head, check_head, read_head, write_head
from openhitl.protocol.sealed.keys import Keys, is_canonical
from openhitl.protocol.sealed.wire import (
    COMMITMENT_BYTES,
    KEY_BYTES,
    MAX_PLAINTEXT_BYTES,
    MAX_RECIPIENTS,
    PAD_BYTES,
    Envelope,
    parse_envelope,
)

_WRAP_LABEL = b"openhitl envelope v2\n"
_BOX_LABEL = b"openhitl envelope v2 box\n"
#: Every key is used for one message only.
_NONCE = bytes(12)


@record(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an envelope said: verified to be from `sender`, and to the same `recipients` for everybody.

    `digest` is base64url SHA-256 of the box: what an answer names to say which question it answers.
    `content_key` opens this envelope and no other: see `handed`.
    """

    head: Head
    body: Json
    sender: bytes
    recipients: tuple[bytes, ...]
    digest: str
    content_key: bytes = field(repr=False)


@record(frozen=True, slots=True)
class HandedKey:
    """The content key of the envelope with this digest, from a device that could open it: see `handed`."""

    digest: str
    content_key: bytes = field(repr=False)


def seal_envelope(
    head: Head,
    body: Json,
    *,
    sender: Keys,
    recipients: Collection[bytes],
    ephemeral: Keys,
    content_key: bytes,
) -> Json:
    """Encrypt a JSON object to 1 to 128 public keys and return the envelope as JSON.

    Args:
        head: what the envelope belongs to.
        body: at most 512 KiB as JSON, with numbers and nesting as `check_storable` has them.
        sender: the static keys of who writes. Name their public key among the recipients to be able to
            read it again.
        recipients: X25519 public keys; one that is named twice counts once.
        ephemeral: fresh random keys, for this envelope alone, forgotten afterwards.
        content_key: 32 fresh random bytes, for this envelope alone, forgotten afterwards.

    Raises: InvalidRequest for a body that cannot be carried, InvalidEnvelope for a public key that is none.
    """
    if len(content_key) != KEY_BYTES:
        raise ValueError(f"a content key has {KEY_BYTES} bytes")
    everybody = sorted(set(recipients), key=encode)
    if not 1 <= len(everybody) <= MAX_RECIPIENTS:
        raise InvalidRequest(f"A message is encrypted to 1 to {MAX_RECIPIENTS} keys.")
    if not all(map(is_canonical, everybody)):
        raise InvalidEnvelope("A recipient's public key is not one of X25519.")
    header = _header(sender.public, ephemeral.public, everybody)
    box_key, commitment = _box_keys(content_key, header)
    box = commitment + AESGCM(box_key).encrypt(_NONCE, _plaintext(head, body, sender.public), None)
    wraps = []
    for to in everybody:
        secret = ephemeral.shared_with(to) + sender.shared_with(to)
        wrap_key = _wrap_key(secret, ephemeral.public, sender.public, to, box)
        wraps.append((to, AESGCM(wrap_key).encrypt(_NONCE, content_key, None)))
    return Envelope(sender=sender.public, ephemeral=ephemeral.public, keys=tuple(wraps), box=box).to_json()


def open_envelope(
    envelope: object,
    keys: Keys | HandedKey,
    *,
    senders: Collection[bytes],
    case_id: str,
    direction: Direction,
    newer_than: int = 0,
) -> Opened:
    """Decrypt an envelope and check that it is what it is taken for.

    Args:
        envelope: parsed JSON.
        keys: of the one who reads; or what they were handed, and then whoever handed it vouches for who
            wrote the envelope.
        senders: public keys that may have written it.
        case_id: the case (or notice) that it must belong to.
        direction: what it must be.
        newer_than: the highest `seq` that was seen of this sender, case and direction.

    Raises, in this order: InvalidEnvelope or UnknownEnvelopeVersion, UnknownSender, NotEncryptedToKey (or
    KeyToAnother for what was handed), EnvelopeChanged, EnvelopeMoved, WrongDirection, EnvelopeReplayed.
    """
    sealed = parse_envelope(envelope)
    if sealed.sender not in senders:
        raise UnknownSender
    content_key = _handed(sealed, keys) if isinstance(keys, HandedKey) else _unwrapped(sealed, keys)
    plaintext = _decrypt(sealed, content_key)
    head, body = _read_plaintext(plaintext, sealed.sender)
    check_head(head, case_id=case_id, direction=direction, newer_than=newer_than)
    return Opened(
        head=head,
        body=body,
        sender=sealed.sender,
        recipients=sealed.recipients,
        digest=sealed.digest,
        content_key=content_key,
    )


def _handed(sealed: Envelope, handed: HandedKey) -> bytes:
    if handed.digest != sealed.digest:
        raise KeyToAnother
    return handed.content_key


def _unwrapped(sealed: Envelope, keys: Keys) -> bytes:
    wrap = dict(sealed.keys).get(keys.public)
    if wrap is None:
        raise NotEncryptedToKey
    secret = keys.shared_with(sealed.ephemeral) + keys.shared_with(sealed.sender)
    wrap_key = _wrap_key(secret, sealed.ephemeral, sealed.sender, keys.public, sealed.box)
    try:
        return AESGCM(wrap_key).decrypt(_NONCE, wrap, None)
    except InvalidTag as error:
        raise EnvelopeChanged from error


def _decrypt(sealed: Envelope, content_key: bytes) -> bytes:
    header = _header(sealed.sender, sealed.ephemeral, sealed.recipients)
    box_key, commitment = _box_keys(content_key, header)
    if not hmac.compare_digest(commitment, sealed.box[:COMMITMENT_BYTES]):
        raise EnvelopeChanged
    try:
        return AESGCM(box_key).decrypt(_NONCE, sealed.box[COMMITMENT_BYTES:], None)
    except InvalidTag as error:
        raise EnvelopeChanged from error


def _header(sender: bytes, ephemeral: bytes, recipients: Sequence[bytes]) -> bytes:
    to = [encode(one) for one in recipients]
    return jcs.canonical({"v": 2, "sender": encode(sender), "ephemeral": encode(ephemeral), "to": to})


def _wrap_key(secret: bytes, ephemeral: bytes, sender: bytes, to: bytes, box: bytes) -> bytes:
    info = _WRAP_LABEL + ephemeral + sender + to + hashlib.sha256(box).digest()
    return _hkdf(secret, info, KEY_BYTES)


def _box_keys(content_key: bytes, header: bytes) -> tuple[bytes, bytes]:
    """Derive the key of the box and the commitment that stands before it."""
    derived = _hkdf(content_key, _BOX_LABEL + header, KEY_BYTES + COMMITMENT_BYTES)
    return derived[:KEY_BYTES], derived[KEY_BYTES:]


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def _plaintext(head: Head, body: Json, sender: bytes) -> bytes:
    """Spell head and body as JSON, padded so that a short yes is as long as a short no."""
    check_storable(body)
    text = jcs.canonical({"head": write_head(head, sender), "body": body})
    if len(text) > MAX_PLAINTEXT_BYTES:
        raise InvalidRequest(f"An encrypted message has at most {MAX_PLAINTEXT_BYTES} bytes.")
    # What the other side reads is what counts: 1e16 is spelt as a whole number, and those are bounded.
    check_storable(orjson.loads(text))
    return text.ljust(-(-len(text) // PAD_BYTES) * PAD_BYTES)


def _read_plaintext(plaintext: bytes, sender: bytes) -> tuple[Head, Json]:
    text = plaintext.rstrip(b" ")
    if len(plaintext) - len(text) >= PAD_BYTES:
        raise InvalidEnvelope("The message is padded more than it should be.")
    said = _canonical_object(text)
    if set(said) != {"head", "body"} or not isinstance(said["body"], dict):
        raise InvalidEnvelope("A message is an object of head and body.")
    return read_head(said["head"], sender), said["body"]


def _canonical_object(text: bytes) -> dict[str, Any]:
    """Read JSON that has only one reading: two programs that differ on it show two people two texts."""
    try:
        said = orjson.loads(text)
        check_storable(said)
        if isinstance(said, dict) and jcs.canonical(said) == text:
            return said
    except (orjson.JSONDecodeError, InvalidRequest) as error:
        raise InvalidEnvelope("The message is not canonical JSON.") from error
    raise InvalidEnvelope("The message is not canonical JSON.")

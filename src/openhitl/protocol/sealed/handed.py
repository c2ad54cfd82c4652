"""Handed keys: how a device reads what was encrypted before its owner added it.

A device that can open an envelope hands its content key to another one of the same person, in an envelope of
its own. The digest in it stands for the content, sender and recipients of what it opens: so a handed key
opens that envelope and nothing else, and a device that hands one over vouches for having checked its sender.
That is why only a device on the verified list of the reader's own person may hand anything over.

docs/envelopes.md says the exact bytes.
"""

from __future__ import annotations

from collections.abc import Collection

from openhitl.errors import InvalidEnvelope
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.case import Json
from openhitl.protocol.sealed.envelope import HandedKey, Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.sealed.wire import KEY_BYTES

#: How many keys are handed over in one request.
MAX_AT_ONCE = 50
_DIGEST_BYTES = 32


def hand_over(opened: Opened, *, sender: Keys, recipient: bytes, ephemeral: Keys, content_key: bytes) -> Json:
    """Encrypt the content key of an envelope that was opened to one device, and return that as JSON.

    Args:
        sender: the keys of the device that has opened it.
        recipient: the key of a device on the verified list of its owner.
        ephemeral, content_key: as for any envelope, drawn for this one alone.

    Raises: InvalidEnvelope for a public key that is none.
    """
    head = Head(
        case_id=opened.head.case_id,
        direction=Direction.KEY,
        expires_at=opened.head.expires_at,
    )
    return seal_envelope(
        head,
        {"envelope": opened.digest, "key": encode(opened.content_key)},
        sender=sender,
        recipients={recipient},
        ephemeral=ephemeral,
        content_key=content_key,
    )


def read_handed(envelope: object, keys: Keys, *, devices: Collection[bytes], case_id: str) -> HandedKey:
    """Open a handed key; `open_envelope` takes it in the place of the reader's own keys.

    Args:
        envelope: parsed JSON.
        keys: of the device that reads.
        devices: the keys on the verified device list of its person.
        case_id: the case that it must belong to.

    Raises: as `open_envelope`; UnknownSender for one from outside of the list.
    """
    body = open_envelope(envelope, keys, senders=devices, case_id=case_id, direction=Direction.KEY).body
    if set(body) != {"envelope", "key"}:
        raise InvalidEnvelope("A handed key has exactly the members envelope and key.")
    _bytes(body["envelope"], _DIGEST_BYTES)
    return HandedKey(str(body["envelope"]), _bytes(body["key"], KEY_BYTES))


def _bytes(value: object, size: int) -> bytes:
    """Read so many bytes from their one right spelling."""
    try:
        raw = decode(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != size:
        raise InvalidEnvelope(f"A handed key and what it opens are {size} bytes in base64url.")
    return raw

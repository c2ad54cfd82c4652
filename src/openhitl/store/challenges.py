"""Challenges that passkeys and other evidence are made over: ours, for one purpose, from a known instant.

Nothing is stored before one is used.
"""

from __future__ import annotations

import hmac
import os
from datetime import datetime

from openhitl.errors import VerificationFailed
from openhitl.keyring import Keyring
from openhitl.protocol.base64url import decode, encode
from openhitl.store.instants import from_ms, to_ms

_INSTANT_BYTES = 6  # milliseconds since the epoch
_RANDOM_BYTES = 16
_MAC_BYTES = 16
_HEAD_BYTES = _INSTANT_BYTES + _RANDOM_BYTES


class Challenges:
    """Makes challenges, and reads them back on any process that has the root secret.

    Each is for a subject: a case, by its id, or something else that no case is called. That one is good once
    is for the store to say, when something rests on it.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def issue(self, subject: str, now: datetime) -> str:
        """Make a challenge for a subject: 51 characters of base64url."""
        head = to_ms(now).to_bytes(_INSTANT_BYTES, "big") + os.urandom(_RANDOM_BYTES)
        return encode(head + self._mac(head, subject))

    def issued_at(self, challenge: str, subject: str) -> datetime:
        """Say when a challenge was made. Raises: VerificationFailed unless it is ours, for this subject."""
        try:
            raw = decode(challenge)
        except ValueError:
            raw = b""
        head, mac = raw[:_HEAD_BYTES], raw[_HEAD_BYTES:]
        if not hmac.compare_digest(mac, self._mac(head, subject)):
            raise VerificationFailed("The challenge was not made here for this.")
        return from_ms(int.from_bytes(head[:_INSTANT_BYTES], "big"))

    def _mac(self, head: bytes, subject: str) -> bytes:
        return self._keyring.challenge_mac(head, subject=subject)[:_MAC_BYTES]

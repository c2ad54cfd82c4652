"""Challenges that evidence is made over: ours, for one case, from a known instant; nothing is stored."""

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

    That one is good once is for the store to say, when an answer rests on it.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def issue(self, case_id: str, now: datetime) -> str:
        """Make a challenge for a case: 51 characters of base64url."""
        head = to_ms(now).to_bytes(_INSTANT_BYTES, "big") + os.urandom(_RANDOM_BYTES)
        return encode(head + self._mac(head, case_id))

    def issued_at(self, challenge: str, case_id: str) -> datetime:
        """Say when a challenge was made. Raises: VerificationFailed unless it is ours, for this case."""
        try:
            raw = decode(challenge)
        except ValueError:
            raw = b""
        head, mac = raw[:_HEAD_BYTES], raw[_HEAD_BYTES:]
        if not hmac.compare_digest(mac, self._mac(head, case_id)):
            raise VerificationFailed("The challenge was not made here for this case.")
        return from_ms(int.from_bytes(head[:_INSTANT_BYTES], "big"))

    def _mac(self, head: bytes, case_id: str) -> bytes:
        return self._keyring.challenge_mac(head, case_id=case_id)[:_MAC_BYTES]

"""Receipts of answers, signed with keys of the root secret: the same whenever, wherever. HITL v0.8 §13.4.

The same keys sign checkpoints of the log.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.keyring import Keyring
from openhitl.protocol import checkpoints, jws, receipts, wire
from openhitl.protocol.case import Answer, ReviewCase
from openhitl.protocol.checkpoints import Checkpoint
from openhitl.protocol.receipts import LogPlace

JWKS_PATH = "/.well-known/jwks.json"
#: How many keys are kept at hand. Who answers today and who polls an old case want two.
KEYS = 8


class ReceiptDesk:
    """Signs what the store holds about answers.

    Nothing is drawn at random and Ed25519 draws nothing either: a receipt is made whenever it is
    wanted, and is the same each time.
    """

    def __init__(self, keyring: Keyring, public_url: str) -> None:
        self._keyring = keyring
        self.jwks_url = public_url + JWKS_PATH
        self._key = lru_cache(KEYS)(self._derived)

    def poll_body(self, case: ReviewCase, answer: Answer | None, place: LogPlace | None) -> dict[str, Any]:
        """Spell a poll body, with a receipt if the case was answered."""
        return wire.poll_body(case, answer, self.signature(case, answer, place))

    def signature(
        self, case: ReviewCase, answer: Answer | None, place: LogPlace | None
    ) -> dict[str, str] | None:
        """Make `result.signature`; None for a case that nobody has answered."""
        if answer is None or place is None:
            return None
        salt = self._keyring.receipt_salt(case.case_id)
        # Answers from before there were receipts do not say where the keys are: they are here.
        signer = answer.signer or self.jwks_url
        claims = receipts.claims_of(case, answer, place, salt=salt, signer=signer)
        key, key_id = self._key(place.generation)
        signed = receipts.signing_input(claims, key_id)
        return receipts.signature_object(claims, signed, key.sign(signed), salt=salt)

    def jwks(self, generation: int) -> dict[str, Any]:
        """Spell the JWKS: the key of this generation and all before it, the newest first. RFC 7517 §5."""
        keys = (self._derived(number)[0] for number in range(generation, -1, -1))
        return {"keys": [jws.public_jwk(key.public_key().public_bytes_raw()) for key in keys]}

    def checkpoint(self, checkpoint: Checkpoint, generation: int) -> str:
        """Sign a checkpoint of the log."""
        key, key_id = self._key(generation)
        signed = checkpoints.signing_input(checkpoint, key_id)
        return jws.compact(signed, key.sign(signed))

    def key_id(self, generation: int) -> str:
        """Name the key of a generation."""
        return self._key(generation)[1]

    def _derived(self, generation: int) -> tuple[Ed25519PrivateKey, str]:
        key = Ed25519PrivateKey.from_private_bytes(self._keyring.receipt_key(generation))
        return key, jws.key_id(key.public_key().public_bytes_raw())

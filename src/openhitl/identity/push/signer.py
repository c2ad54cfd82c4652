"""The key that push services know this server by: derived, so that none is stored. RFC 8292."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openhitl.keyring import Keyring
from openhitl.protocol.push.encryption import CURVE
from openhitl.protocol.push.vapid import LIFETIME, authorization, signing_input

#: FIPS 186-5 table of P-256: the order of the group.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
#: With another key, every browser would have to subscribe anew.
_GENERATION = 0
_ES256 = ec.ECDSA(hashes.SHA256())
_INTEGER_BYTES = 32
#: For so many push services the token is kept, and used for half its life.
SERVICES = 64


class PushSigner:
    """Signs for push services.

    Args:
        subject: whom their operators can reach.
    """

    def __init__(self, keyring: Keyring, subject: str, *, clock: Callable[[], datetime]) -> None:
        # FIPS 186-5 §A.2.1: more bits than the order has, so that no key is likelier than another.
        number = int.from_bytes(keyring.push_key(_GENERATION)) % (_ORDER - 1) + 1
        self._key = ec.derive_private_key(number, CURVE)
        self._subject = subject
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, str]] = OrderedDict()
        self.public_key = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def authorization(self, origin: str) -> str:
        """Return the header `Authorization` for a push service."""
        now = self._clock()
        kept = self._kept.get(origin)
        if kept is not None and now < kept[0]:
            return kept[1]
        signed = signing_input(origin, self._subject, now=now)
        numbers = decode_dss_signature(self._key.sign(signed, _ES256))
        signature = b"".join(number.to_bytes(_INTEGER_BYTES) for number in numbers)  # RFC 7518 §3.4
        spelled = authorization(signed, signature, self.public_key)
        self._kept[origin] = (now + LIFETIME / 2, spelled)
        if len(self._kept) > SERVICES:
            self._kept.popitem(last=False)
        return spelled

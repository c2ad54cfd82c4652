"""Devices that people read encrypted questions on, and how they come to be somebody's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from openhitl.errors import InvalidDeviceList
from openhitl.protocol.base64url import decode
from openhitl.protocol.people import SessionKind
from openhitl.protocol.record import record
from openhitl.protocol.sealed.device_list import checked_key
from openhitl.protocol.sealed.fingerprint import device_fingerprint
from openhitl.protocol.sealed.keys import is_usable

#: The numbers that two screens compare: two digits, none of them a 0 in front.
NUMBERS = range(10, 100)
#: How often somebody may type one.
NUMBER_TRIES = 3


@record(frozen=True, slots=True)
class DeviceKeys:
    """The public keys of a device, base64url: `box` (X25519) is encrypted to, `sign` (Ed25519) signs."""

    box: str
    sign: str

    @property
    def fingerprint(self) -> str:
        """Six words."""
        return device_fingerprint(decode(self.box), decode(self.sign))


@record(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of somebody's, and where it is signed in: nowhere once that session is over.

    `seen_at` is when it was last used.
    """

    device_id: int
    person_id: int
    session_id: int | None
    kind: SessionKind
    name: str
    keys: DeviceKeys
    created_at: datetime
    seen_at: datetime


@record(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """What a device says of itself. One that cannot keep keys has none: it signs in, and reads no secrets.

    `is_proven`: it has signed that the keys are its own.
    """

    kind: SessionKind
    name: str
    keys: DeviceKeys | None = None
    is_proven: bool = False


class PairingState(StrEnum):
    """How far a pairing is."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ALLOWED = "allowed"
    DENIED = "denied"
    USED = "used"
    EXPIRED = "expired"


@record(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A device on its way in. `device` and the `place` it calls from are known once it has claimed.

    `session_id` is where it was begun; None on the server's own terminal.
    """

    pairing_id: int
    person_id: int
    session_id: int | None
    state: PairingState
    expires_at: datetime
    device: NewDevice | None = None
    place: str = ""


def read_keys(box: object, sign: object) -> DeviceKeys:
    """Read two public keys of a device that is to be written to. Raises: InvalidDeviceList."""
    keys = DeviceKeys(checked_key(box), checked_key(sign))
    if not is_usable(decode(keys.box)):
        raise InvalidDeviceList("Nobody can write to this key: it is not one of X25519.")
    return keys

"""Devices that come in by the server's own terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from openhitl.identity.pairing import Shown, allow, make_pairing
from openhitl.keyring import Keyring
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.devices import Pairing
from openhitl.protocol.people import Person
from openhitl.server.opening import open_store
from openhitl.server.passkey_admin import people_address
from openhitl.server.people_admin import who_signs_in
from openhitl.settings import Settings
from openhitl.store import Store


class Gatekeeper:
    """Lets devices in, as whoever owns the data folder. Raises, in every method: StoreError."""

    def __init__(self, store: Store, keyring: Keyring, public_url: str) -> None:
        self._store = store
        self._keyring = keyring
        self._public_url = public_url

    def begin(self, name: str | None) -> tuple[Person, Shown]:
        """Make a code for a device of somebody's, by default the owner's. Raises: SetupError."""
        person = who_signs_in(self._store, name)
        by, now = OPERATOR, _now()
        return person, make_pairing(self._store, self._keyring, self._public_url, person, by=by, now=now)

    def look(self, pairing_id: int) -> Pairing | None:
        """Say how far a pairing is; None once it is forgotten."""
        return self._store.pairing(pairing_id, _now())

    def allow(self, pairing_id: int, typed: str) -> None:
        """Let the device in that shows a number.

        Raises: WrongNumber, PairingOver, DeviceKeyTaken, TooManyDevices.
        """
        allow(self._store, pairing_id, typed, by=OPERATOR, now=_now())

    def deny(self, pairing_id: int) -> None:
        """Let nobody in, if nobody is in yet."""
        self._store.deny_pairing(pairing_id, by=OPERATOR, now=_now())


@contextmanager
def gatekeeper(settings: Settings) -> Iterator[Gatekeeper]:
    """Open the door of a data folder. Raises: SetupError, StoreError."""
    store, keyring = open_store(settings)
    try:
        yield Gatekeeper(store, keyring, people_address(settings))
    finally:
        store.close()


def _now() -> datetime:
    return datetime.now(UTC)
